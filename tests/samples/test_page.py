"""``docs/middleware.md`` shows parts of the sample programs."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.samples.servers import PROGRAMS

PAGE = (Path(__file__).parents[2] / "docs" / "middleware.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)


@pytest.mark.parametrize("block", BLOCKS)
def test_what_is_shown_is_run(block: str) -> None:
    assert any(block in path.read_text(encoding="utf-8") for path in PROGRAMS.glob("*.py"))


def test_the_page_has_blocks() -> None:
    assert len(BLOCKS) >= 6
