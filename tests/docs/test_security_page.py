"""``docs/security.md``: whoever tries something meets a test that is there, or is told in bold that nothing stops it."""

from __future__ import annotations

import re

from tests.docs import pages

PAGE = (pages.ROOT / "docs" / "security.md").read_text(encoding="utf-8")
THREATS = PAGE.partition("## Who may do what")[2].partition("\n## ")[0]


def test_each_threat_names_a_test_that_is_there() -> None:
    rows = [line for line in THREATS.splitlines() if line.startswith("| ") and not line.endswith(" test |")]
    assert len(rows) > 20
    missing = []
    for row in rows:
        named = re.findall(r"`(tests/[\w/]+\.py)::(\w+)`", row)
        if not named and "**" not in row:
            missing.append(row)
        for path, name in named:
            text = (pages.ROOT / path).read_text(encoding="utf-8") if (pages.ROOT / path).exists() else ""
            if not re.search(rf"^(?:async )?def {name}\(", text, re.MULTILINE):
                missing.append(f"{path}::{name}")
    assert missing == []
