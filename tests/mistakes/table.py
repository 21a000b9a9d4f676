"""The page's table: ``python -m tests.mistakes.table`` writes it."""

from __future__ import annotations

from pathlib import Path

from tests.mistakes.rows import SECTIONS

PAGE = Path(__file__).parents[2] / "docs" / "mistakes.md"
_BEGINNING, _END = "<!-- written by tests.mistakes.table -->\n", "<!-- end of what is written -->\n"


def table() -> str:
    """The mistakes, section by section, as Markdown."""
    parts = []
    for title, rows in SECTIONS.items():
        lines = [f"## {title}\n", "| what is written | what is read |", "|---|---|"]
        lines += [f"| {_code(row.code)} | {_text(row.reads)} |" for row in rows]
        parts.append("\n".join(lines) + "\n")
    return "\n".join(parts)


def written(page: str) -> str:
    """The part of the page that is the table."""
    return page.partition(_BEGINNING)[2].partition(_END)[0]


def _code(code: str) -> str:
    return "<br>".join(f"`{line}`" for line in code.replace("|", "\\|").splitlines())


def _text(text: str) -> str:
    return text.replace("|", "\\|").replace("*", "\\*").replace("_", "\\_").replace("<", "&lt;")


if __name__ == "__main__":
    before, _, rest = PAGE.read_text(encoding="utf-8").partition(_BEGINNING)
    PAGE.write_text(before + _BEGINNING + table() + _END + rest.partition(_END)[2], encoding="utf-8")
