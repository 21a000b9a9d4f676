"""The console script ``kameleoon``, made as installers make it."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.commands import run_command
from tests.docs.pages import ROOT


@pytest.fixture
def script(tmp_path: Path) -> list[str]:
    """The command that runs the script that ``pyproject.toml`` declares."""
    settings = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    declared = re.search(r"^\[project\.scripts\]\n(\w+) = \"([\w.]+):(\w+)\"$", settings, re.MULTILINE)
    assert declared is not None
    name, module, function = declared.groups()
    path = tmp_path / name
    path.write_text(f"import sys\nfrom {module} import {function}\nsys.exit({function}())\n")
    return [sys.executable, str(path)]


def run(*command: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)


def test_help_and_hints_call_the_program_as_it_was_called(script: list[str], tmp_path: Path) -> None:
    shown = run(*script, "datafile", "check", "--help").stdout
    assert shown.startswith("usage: kameleoon datafile check ")
    assert "\n  kameleoon datafile check data.json\n" in shown
    missing = str(tmp_path / "missing.json")
    assert (
        "hint: kameleoon evaluate --help" in run(*script, "evaluate", "--data-file", missing, "--visitor", "a").stderr
    )
    as_module = run_command("datafile", "check", "--help").stdout
    assert as_module == shown.replace("kameleoon datafile", "python -m kameleoon datafile")


def test_the_exit_status_is_the_command_s(script: list[str], tmp_path: Path) -> None:
    (tmp_path / "data.json").write_text("[]")
    assert run(*script, "datafile", "check", str(tmp_path / "data.json")).returncode == 1
    assert run(*script, "no-such-command").returncode == 2
    assert run(*script, "--version").returncode == 0
