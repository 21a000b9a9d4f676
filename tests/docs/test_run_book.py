"""``docs/run-book.md`` has every line that the client can log, and no other."""

from __future__ import annotations

import doctest
import re

import pytest

from tests.docs import log_lines, pages

PAGE = pages.ROOT / "docs" / "run-book.md"


def on_the_page() -> list[str]:
    """The lines in the first column of its tables, and those that a row of such a line names."""
    text = PAGE.read_text(encoding="utf-8").partition("## The data file")[2]
    return re.findall(r"`([^`]+)`", "\n".join(line for line in text.splitlines() if line.startswith("| `")))


def first_columns() -> list[str]:
    text = PAGE.read_text(encoding="utf-8").partition("## The data file")[2]
    return re.findall(r"^\| `([^`]+)` \|", text, re.MULTILINE)


def test_every_line_is_on_the_page() -> None:
    told = set(on_the_page())
    missing = [f"{line.where}: {line.text}" for line in log_lines.all_lines() if line.text not in told]
    assert missing == [], "hint: a row of docs/run-book.md, with these very words"


def test_every_line_of_the_page_can_be_logged() -> None:
    known = {line.text for line in log_lines.all_lines()}
    assert [line for line in first_columns() if line not in known] == [], "hint: no source has these words any more"
    assert len(first_columns()) == len(set(first_columns())) > 60


def test_lines_are_found() -> None:
    python, rust = list(log_lines.of_python()), list(log_lines.of_rust())
    assert len(python) > 55
    assert len(rust) > 15
    assert {line.where.partition("/")[0] for line in python} == {"python"}
    assert doctest.testmod(log_lines).failed == 0


def test_a_line_that_cannot_be_read_would_be_found(tmp_path, monkeypatch) -> None:
    package = tmp_path / "python" / "kameleoon"
    package.mkdir(parents=True)
    program = package / "program.py"
    monkeypatch.setattr(log_lines, "PACKAGE", package)
    monkeypatch.setattr(log_lines, "ROOT", tmp_path)
    program.write_text("def f(n):\n    text = 'one %s' if n else f'two {n}'\n    KameleoonLogger.info(text, n)\n")
    assert [line.text for line in log_lines.of_python()] == ["one …", "two …"]
    for call in ("KameleoonLogger.info(made(n))", "KameleoonLogger.info('%s', made(n))"):
        program.write_text(f"def f(n):\n    {call}\n")
        with pytest.raises(LookupError, match="cannot be read"):
            list(log_lines.of_python())
