"""The site's navigation: the tables of ``docs/README.md``, a section for each heading above one.

A page that no table names stands under "Further pages", until a row names it.
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Union

DOCS = Path(__file__).parents[1]
FURTHER = "Further pages"

Entry = dict[str, Union[str, list[dict[str, str]]]]
"""A title, with a page or with the pages of a section."""

_HEADING = re.compile(r"^## +(.+?) *$")
_ROW = re.compile(r"^\| *\[([^\]]+)\]\(([^)#/]+\.md)\)")


def sections(index: str) -> dict[str, dict[str, str]]:
    r"""Of each section the pages with their titles: what the first column of its table links to.

    >>> sections("## Start\n\n| page | |\n|---|---|\n| [First steps](first.md) | says [more](more.md) |\n")
    {'Start': {'first.md': 'First steps'}}
    """
    found: dict[str, dict[str, str]] = {}
    heading = ""
    for line in index.splitlines():
        if match := _HEADING.match(line):
            heading = match[1]
        elif match := _ROW.match(line):
            found.setdefault(heading, {})[match[2]] = match[1]
    return found


def navigation() -> list[Entry]:
    """All pages of ``docs/``."""
    tables = sections((DOCS / "README.md").read_text(encoding="utf-8"))
    entries: list[Entry] = [{"Home": "index.md"}]
    entries += [{heading: [{title: page} for page, title in pages.items()]} for heading, pages in tables.items()]
    named = {page for pages in tables.values() for page in pages} | {"README.md"}
    further = sorted(page.name for page in DOCS.glob("*.md") if page.name not in named)
    if further:
        entries.append({FURTHER: [{Path(page).stem.replace("-", " ").capitalize(): page} for page in further]})
    return entries


def as_toml(entries: list[Entry]) -> str:
    """The navigation as a value of TOML, whose strings are JSON's."""

    def value(entry: Entry | dict[str, str]) -> str:
        ((title, content),) = entry.items()
        if isinstance(content, str):
            return f"{{ {json.dumps(title)} = {json.dumps(content)} }}"
        return f"{{ {json.dumps(title)} = [{', '.join(map(value, content))}] }}"

    return f"[{', '.join(map(value, entries))}]"
