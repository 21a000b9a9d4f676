"""Citations lead somewhere: to pages and headings of this repository, which every reader has."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SUFFIXES = {".md", ".py", ".pyi", ".rs", ".toml", ".html"}
FOLDERS = ["python", "rust/src", "rust/tests", "tests", "benches", "docs", "examples"]

# Of the paper that this client was written from, which no reader has.
_SPECIFICATION = re.compile(r"\bspec(ification)?\s*(§|\d)|\(spec\)|`spec", re.IGNORECASE)
_PAGE = re.compile(r"\bdocs/([\w-]+\.md)(?:#([\w-]+))?")
_LINK = re.compile(r"\]\((?!https?:|mailto:)([^)#\s]*)(?:#([^)\s]+))?\)")
_HEADING = re.compile(r"^#{1,6} +(.+?) *#* *$", re.MULTILINE)
_FENCE = re.compile(r"^(```|~~~).*?^\1 *$", re.DOTALL | re.MULTILINE)


def files() -> Iterator[Path]:
    """Everything that people read: sources, pages and settings."""
    yield from (path for path in sorted(ROOT.iterdir()) if path.suffix in SUFFIXES)
    for folder in FOLDERS:
        yield from (
            path
            for path in sorted((ROOT / folder).rglob("*"))
            if path.suffix in SUFFIXES and path != Path(__file__) and "target" not in path.parts
        )


def anchors(page: str) -> set[str]:
    """The anchors of a page's headings, as GitHub makes them."""
    found: set[str] = set()
    for heading in _HEADING.findall(_FENCE.sub("", page)):
        text = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", heading)  # of a link, what it shows
        anchor = re.sub(r"[^\w\- ]", "", text.lower()).replace(" ", "-")
        number, base = 0, anchor
        while anchor in found:
            number += 1
            anchor = f"{base}-{number}"
        found.add(anchor)
    return found


def broken(text: str, folder: Path, *, is_page: bool) -> Iterator[str]:
    """The citations in a text that lead nowhere; a page's links are relative to its folder."""
    cited = [(ROOT / "docs" / name, anchor, f"docs/{name}#{anchor}") for name, anchor in _PAGE.findall(text)]
    if is_page:
        links = _LINK.findall(_FENCE.sub("", text))
        cited += [(folder / target, anchor, f"({target}#{anchor})") for target, anchor in links if target]
        own = anchors(text)
        yield from (f"(#{anchor})" for target, anchor in links if not target and anchor not in own)
    for path, anchor, shown in cited:
        if not path.exists() or (
            anchor and path.suffix == ".md" and anchor not in anchors(path.read_text(encoding="utf-8"))
        ):
            yield shown


def test_nobody_cites_what_a_reader_does_not_have() -> None:
    found = []
    for path in files():
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
            if _SPECIFICATION.search(line):
                found.append(f"{path.relative_to(ROOT)}:{number}: {line.strip()}")
    assert found == []


def test_what_is_cited_is_there() -> None:
    found = []
    for path in files():
        text = path.read_text(encoding="utf-8")
        found += [
            f"{path.relative_to(ROOT)}: {citation}"
            for citation in broken(text, path.parent, is_page=path.suffix == ".md")
        ]
    assert found == []


def test_pages_are_cited() -> None:
    """The check sees what it is meant to see."""
    sources = [path.read_text(encoding="utf-8") for path in files() if path.suffix in {".py", ".rs"}]
    assert sum(len(_PAGE.findall(text)) for text in sources) > 40


@pytest.mark.parametrize(
    "line", ["(spec 4 §3)", "the source (`spec §`)", "as spec 1 §5 has it", "Specification 3", "see (spec)"]
)
def test_a_citation_of_the_paper_would_be_found(line: str) -> None:
    assert _SPECIFICATION.search(line)


@pytest.mark.parametrize("line", ["the specification of HTTP", "specs(parts[2])", "inspect.getfullargspec(f)"])
def test_other_words_are_left_alone(line: str) -> None:
    assert not _SPECIFICATION.search(line)


def test_anchors_are_those_of_the_page() -> None:
    page = "# One page\n\n## `flush`, and more\n\n```python\n# no heading\n```\n\n## A [link](x.md)\n\n## One page\n"
    assert anchors(page) == {"one-page", "flush-and-more", "a-link", "one-page-1"}


def test_a_citation_that_leads_nowhere_would_be_found() -> None:
    def of_source(text: str) -> list[str]:
        return list(broken(text, ROOT, is_page=False))

    assert of_source("# docs/nowhere.md") == ["docs/nowhere.md#"]
    assert of_source("# docs/bucketing.md#no-such-heading") == ["docs/bucketing.md#no-such-heading"]
    assert of_source("# docs/bucketing.md#a-bucket") == []

    def of_page(text: str) -> list[str]:
        return list(broken(text, ROOT / "docs", is_page=True))

    assert of_page("# Page\n[a](#page) [b](bucketing.md#a-bucket) [c](https://x.example/#y)") == []
    assert of_page("[a](#page) [b](bucketing.md#no) [c](nowhere.md)") == [
        "(#page)",
        "(bucketing.md#no)",
        "(nowhere.md#)",
    ]
