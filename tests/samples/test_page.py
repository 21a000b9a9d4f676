"""Pages show parts of the sample programs and of the examples."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.samples.servers import EXAMPLES, PROGRAMS

DOCS = Path(__file__).parents[2] / "docs"
PAGES = [(DOCS / f"{name}.md").read_text(encoding="utf-8") for name in ("middleware", "frameworks", "django")]
BLOCKS = [block for page in PAGES for block in re.findall(r"```python\n(.*?)```", page, re.DOTALL)]
SHOWN = [path.read_text(encoding="utf-8") for path in (*PROGRAMS.glob("*.py"), *EXAMPLES.glob("*/*_shop.py"))]


@pytest.mark.parametrize("block", BLOCKS)
def test_what_is_shown_is_run(block: str) -> None:
    assert any(block in text for text in SHOWN)


def test_the_page_has_blocks() -> None:
    assert len(BLOCKS) >= 14
