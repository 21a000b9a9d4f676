"""The transcripts of docs/batch.md are what the commands show."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet
import pytest

from kameleoon.batch import Snapshot
from tests.cli.commands import shop, write_json
from tests.cli.transcripts import settled, shown_by, transcripts
from tests.docs.pages import ROOT

PAGE = ROOT / "docs" / "batch.md"


def write_files(folder: Path) -> None:
    """The page's files: two data files, and visitors, of whom a twentieth of those with ``on`` is left out."""
    write_json(folder / "data.json", shop())
    new = shop()
    cart, banner = new["featureFlags"]
    for exposure, share in zip(cart["rules"][0]["variationByExposition"], (0.4, 0.6)):
        exposure["exposition"] = share
    banner["variations"][2]["variables"] = [{"key": "color", "type": "STRING", "value": "red"}]
    banner["rules"][1]["exposition"] = 0.5
    new["segments"][0]["conditionsData"]["firstLevel"][0]["conditions"][0]["value"] = "premium"
    write_json(folder / "new.json", new)
    table = pa.table(
        {"code": [f"{number:06}" for number in range(100_000)], "plan": (["pro", "free", None] * 33_334)[:100_000]}
    )
    answers = pa.table(Snapshot(shop()).assign(table, visitor_code="code", flags=["new-cart"]))["new-cart"].to_pylist()
    kept = pa.array([key == "off" or number % 20 != 0 for number, key in enumerate(answers)])
    pa.parquet.write_table(table.filter(kept), folder / "visitors.parquet")


@pytest.fixture
def files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(sys.path))
    monkeypatch.chdir(tmp_path)
    write_files(tmp_path)


def test_there_are_transcripts() -> None:
    assert {command.split()[0] for command, _ in transcripts(PAGE)} == {"assign", "diff"}


@pytest.mark.parametrize(
    ("command", "shown"), transcripts(PAGE), ids=[command.split()[0] for command, _ in transcripts(PAGE)]
)
def test_a_transcript_is_true(files: None, tmp_path: Path, command: str, shown: str) -> None:
    assert settled(shown_by(command, tmp_path)) == settled(shown)
