"""The transcripts of docs/command-line.md are what the commands show, one after another."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from kameleoon.testing import Platform
from tests.cli.commands import shop
from tests.cli.help_texts import commands
from tests.cli.page_files import write_files
from tests.cli.transcripts import PAGE, settled, shown_by, transcripts


def test_the_transcripts_are_true(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(sys.path))
    write_files(tmp_path)
    with Platform(shop()) as platform:
        for command, shown in transcripts(PAGE):
            assert settled(shown_by(command, tmp_path, platform.origin)) == settled(shown), command


def test_there_are_transcripts_of_what_only_this_page_tells() -> None:
    commands = [command.split() for command, _ in transcripts(PAGE)]
    parts = {f"datafile {part}" for part in ("fetch", "check", "show", "explain")}
    assert {" ".join(words[:2]) if words[0] == "datafile" else words[0] for words in commands} >= {"doctor", *parts}


def test_every_command_is_on_the_page() -> None:
    page = PAGE.read_text(encoding="utf-8")
    names = [" ".join(command) for command in commands()]
    assert len(names) > 10
    assert [name for name in names if f"[`{name}`](" not in page] == []
