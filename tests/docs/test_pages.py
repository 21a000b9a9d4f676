"""What the pages show is true: each Python block of ``docs/`` runs, and holds what it asserts."""

from __future__ import annotations

import inspect
import json
import logging
import re
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from kameleoon import KameleoonClient
from kameleoon._settings.table import rows
from kameleoon.logging.kameleoon_logger import KameleoonLogger
from tests.docs import pages

IN_SAMPLES = {"django", "frameworks", "middleware"}
"""Pages that show parts of whole programs, which ``tests/samples`` runs and compares with the page."""
NEEDED = {
    "batch": ["duckdb", "pandas", "polars", "pyarrow"],
    "deployment": ["redis"],
    "figures": ["opentelemetry", "prometheus_client", "sentry_sdk"],
    "openfeature": ["openfeature"],
}
"""What a page's blocks import beside the package, where it need not be installed."""
WITH_CODE = [page for page in pages.PAGES if any(pages.blocks(page, "python", "pycon")) and page.stem not in IN_SAMPLES]


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
        "five-minutes",
        "network",
        "targeting",
        "tracking",
        "visitor-data",
    }


def test_the_readme_runs_and_is_one_screen(capsys: pytest.CaptureFixture[str]) -> None:
    readme = pages.ROOT / "README.md"
    assert len(readme.read_text(encoding="utf-8").splitlines()) <= 60
    pages.run(readme)["client"].close()
    assert capsys.readouterr().out.startswith("green\ncheckout for visitor 'alice'\n")


def test_a_block_that_is_wrong_is_found_on_its_line(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text("# Page\n\n```python\none = 1\n```\n\ntext\n\n```python\nassert one == 2\n```\n", encoding="utf-8")
    with pytest.raises(AssertionError) as caught:
        pages.run(page)
    assert inspect.getinnerframes(caught.tb)[-1].lineno == 10


def test_a_session_that_answers_otherwise_is_found(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text("```python\none = 1\n```\n```pycon\n>>> one + 1\n3\n```\n", encoding="utf-8")
    with pytest.raises(AssertionError, match="Expected:\n    3\nGot:\n    2"):
        pages.run(page)


@pytest.mark.parametrize("page", pages.PAGES, ids=lambda page: page.stem)
def test_settings_of_other_programs_can_be_read(page: Path) -> None:
    for _, language, block in pages.blocks(page, "yaml", "json", "toml"):
        if language == "yaml":
            assert isinstance(yaml.safe_load(block), (dict, list))
        elif language == "json":
            json.loads(block)
        elif sys.version_info >= (3, 11):
            import tomllib

            tomllib.loads(block)


OF_FLASK = {f"KAMELEOON_{name}" for name in ("CLIENT", "CONFIG", "DEFAULT_VISITOR_CODE", "SITE_CODE")}
"""Settings of an app that are no parameters."""


def test_variables_of_the_process_environment_exist() -> None:
    known = {f"KAMELEOON_{row.parameter.upper()}" for row in rows().values()} | OF_FLASK
    named = {
        name for page in pages.PAGES for name in re.findall(r"(?<![\w.])KAMELEOON_[A-Z_]+\b", page.read_text("utf-8"))
    }
    assert len(named) > 5
    assert named - known == set()


def test_every_page_is_in_the_index() -> None:
    index = (pages.ROOT / "docs" / "README.md").read_text(encoding="utf-8")
    assert [page.name for page in pages.PAGES if page.stem != "README" and f"({page.name})" not in index] == []
