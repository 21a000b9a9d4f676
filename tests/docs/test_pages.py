"""What the pages show is true: each Python block of ``docs/`` runs, and holds what it asserts."""

from __future__ import annotations

import inspect
import logging
from collections.abc import Iterator
from pathlib import Path

import pytest

from kameleoon import KameleoonClient
from kameleoon.logging.kameleoon_logger import KameleoonLogger
from tests.docs import pages

IN_SAMPLES = {"django", "frameworks", "middleware"}
"""Pages that show parts of whole programs, which ``tests/samples`` runs and compares with the page."""
NEEDED = {"batch": ["duckdb", "pandas", "polars", "pyarrow"], "openfeature": ["openfeature"]}
"""What a page's blocks import beside the package, where it need not be installed."""
WITH_CODE = [page for page in pages.PAGES if any(pages.code_blocks(page)) and page.stem not in IN_SAMPLES]


@pytest.fixture(autouse=True)
def somewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A page may write files, and sets its logger back."""
    monkeypatch.chdir(tmp_path)
    yield
    KameleoonLogger.set_logger(None)
    logging.getLogger("Kameleoon SDK").setLevel(logging.NOTSET)


@pytest.mark.parametrize("page", WITH_CODE, ids=lambda page: page.stem)
def test_the_blocks_of_a_page_run(page: Path) -> None:
    for module in NEEDED.get(page.stem, ()):
        pytest.importorskip(module)
    names = pages.run(page)
    for client in filter(lambda value: isinstance(value, KameleoonClient), names.values()):
        client.close()


def test_pages_have_code() -> None:
    assert {page.stem for page in WITH_CODE} >= {
        "bucketing",
        "evaluation",
        "events-and-logging",
        "network",
        "targeting",
        "tracking",
        "visitor-data",
    }


def test_a_block_that_is_wrong_is_found_on_its_line(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text("# Page\n\n```python\none = 1\n```\n\ntext\n\n```python\nassert one == 2\n```\n", encoding="utf-8")
    with pytest.raises(AssertionError) as caught:
        pages.run(page)
    assert inspect.getinnerframes(caught.tb)[-1].lineno == 10


def test_every_page_is_in_the_index() -> None:
    index = (pages.ROOT / "docs" / "README.md").read_text(encoding="utf-8")
    assert [page.name for page in pages.PAGES if page.stem != "README" and f"({page.name})" not in index] == []
