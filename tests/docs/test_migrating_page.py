"""``docs/migrating.md``: each claim names a test, and the test is there."""

from __future__ import annotations

import re

from tests.docs import pages

PAGE = (pages.ROOT / "docs" / "migrating.md").read_text(encoding="utf-8")
SHORT = PAGE.partition("## In short")[2].partition("\n## ")[0]


def test_each_claim_names_a_test_that_is_there() -> None:
    claims = [line for line in SHORT.splitlines() if line.startswith("| ") and not line.endswith(" test |")]
    assert len(claims) > 15
    missing = []
    for claim in claims:
        named = re.findall(r"`(tests/[\w/]+\.py)::(\w+)`", claim)
        if not named:
            missing.append(claim)
        for path, name in named:
            text = (pages.ROOT / path).read_text(encoding="utf-8") if (pages.ROOT / path).exists() else ""
            if not re.search(rf"^(?:async )?def {name}\(", text, re.MULTILINE):
                missing.append(f"{path}::{name}")
    assert missing == []
