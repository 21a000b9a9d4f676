"""Writes the table of ``docs/migrating.md``, section "Odd arguments", from ``differences``.

usage: python -m tests.differential.arguments.table
"""

from __future__ import annotations

from pathlib import Path

from tests.differential.arguments.differences import DIFFERENCES

PAGE = Path(__file__).parents[3] / "docs" / "migrating.md"
BEGIN, END = "<!-- written by tests.differential.arguments.table -->", "<!-- end of what is written -->"


def table() -> str:
    lines = ["| call | `kameleoon-client-python` 3.22.2 | here | why |", "|---|---|---|---|"]
    lines += [f"| {known.calls} | {known.reference} | {known.here} | {known.reason} |" for known in DIFFERENCES]
    return "\n".join(lines)


def written(page: str) -> str:
    """The page with the table as it is now."""
    before, rest = page.split(BEGIN)
    after = rest.split(END)[1]
    return f"{before}{BEGIN}\n{table()}\n{END}{after}"


if __name__ == "__main__":
    PAGE.write_text(written(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
