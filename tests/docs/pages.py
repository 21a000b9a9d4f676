"""The pages of the documentation, and the code on them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
PAGES = sorted((ROOT / "docs").glob("*.md"))

_BLOCK = re.compile(r"^```python\n(.*?)^```$", re.DOTALL | re.MULTILINE)


def code_blocks(page: Path) -> Iterator[tuple[int, str]]:
    """The Python blocks of a page, each with the number of its first line."""
    text = page.read_text(encoding="utf-8")
    for block in _BLOCK.finditer(text):
        yield text.count("\n", 0, block.start(1)) + 1, block.group(1)


def run(page: Path) -> dict[str, Any]:
    """Runs the blocks of a page one after another, as one program; returns the names that it defines. What a block
    raises has the page's own lines in its traceback.
    """
    names: dict[str, Any] = {"__name__": page.stem}
    for line, block in code_blocks(page):
        exec(compile("\n" * (line - 1) + block, str(page), "exec"), names)
    return names
