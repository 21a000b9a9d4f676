"""The pages of the documentation, and the code on them."""

from __future__ import annotations

import doctest
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
PAGES = sorted((ROOT / "docs").glob("*.md"))

_BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.DOTALL | re.MULTILINE)


def blocks(page: Path, *languages: str) -> Iterator[tuple[int, str, str]]:
    """The blocks of a page in these languages, each with the number of its first line and its language."""
    text = page.read_text(encoding="utf-8")
    for block in _BLOCK.finditer(text):
        if block[1] in languages:
            yield text.count("\n", 0, block.start(2)) + 1, block[1], block[2]


def code_blocks(page: Path) -> Iterator[tuple[int, str]]:
    """The Python blocks of a page, each with the number of its first line."""
    return ((line, block) for line, _, block in blocks(page, "python"))


def run(page: Path) -> dict[str, Any]:
    """Runs the blocks of a page one after another, as one program; returns the names that it defines. What a block
    raises has the page's own lines in its traceback; a session (``pycon``) answers what the page shows.
    """
    names: dict[str, Any] = {"__name__": page.stem}
    for line, language, block in blocks(page, "python", "pycon"):
        if language == "python":
            exec(compile("\n" * (line - 1) + block, str(page), "exec"), names)
        else:
            session = doctest.DocTestParser().get_doctest(block, names, page.stem, str(page), line - 1)
            said: list[str] = []
            doctest.DocTestRunner().run(session, out=said.append, clear_globs=False)
            assert said == [], "".join(said)
            names.update(session.globs)
    return names
