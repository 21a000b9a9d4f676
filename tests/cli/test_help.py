"""The help texts: every command has examples, and each of them runs."""

from __future__ import annotations

import json
import os
import re
import shlex
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from kameleoon import KameleoonClient, KameleoonClientConfig
from kameleoon.testing import Platform
from tests.cli.commands import run_command, shop
from tests.cli.help_texts import commands, examples
from tests.cli.page_files import figures, write_files
from tests.cli.transcripts import ORIGIN
from tests.loopback import JsonHandler, QuietServer, serving

COMMANDS = commands()
PROCESSES = re.compile(r"http://10\.0\.0\.\d:9100")


class Figures(JsonHandler):
    """A process that serves its client's figures."""

    def do_GET(self) -> None:
        self.answer(figures())


@pytest.fixture
def files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    import pyarrow.csv
    import pyarrow.parquet

    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(sys.path))
    monkeypatch.delenv("KAMELEOON_CLIENT_ID", raising=False)
    write_files(tmp_path)
    pyarrow.parquet.write_table(pyarrow.csv.read_csv(tmp_path / "visitors.csv"), tmp_path / "visitors.parquet")
    return tmp_path


@pytest.mark.long
@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_every_example_runs(files: Path, command: tuple[str, ...]) -> None:
    found = examples(command)
    assert found
    with Platform(shop()) as platform, serving(QuietServer, Figures) as counting:
        for example in found:
            arguments = shlex.split(PROCESSES.sub(counting, example.replace(ORIGIN, platform.origin)))
            assert arguments[: len(command)] == list(command), "an example is of its own command"
            if command == ("platform",):
                assert_serves(arguments, files)
                continue
            if "--site-code" in arguments and "--endpoint" not in arguments:
                arguments += ["--endpoint", platform.origin]  # the real service is not asked by tests
            if command == ("flags", "stale"):
                write_stats(files / "stats.json")
                arguments = ["stats.json" if "/metrics" in argument else argument for argument in arguments]
            run = run_command(*arguments, cwd=files)
            expected = {("datafile", "check"): 1}.get(command, 0)  # the shares of the shop's banner do not add up
            if "--fail" in arguments:
                expected = 1  # nobody asks for the other flag
            if command == ("doctor",) and "--config" not in arguments:
                expected = 1  # there are no credentials
            if "--fail" in arguments:
                expected = 1  # there are flags that nobody has asked for
            assert run.returncode == expected, run.stdout + run.stderr
            assert "Traceback" not in run.stderr


def write_stats(path: Path) -> None:
    """What a program serves of its figures, which are those of a moment."""
    with KameleoonClient("shop", KameleoonClientConfig.offline(shop())) as client:
        path.write_text(json.dumps(client.stats().to_dict()), encoding="utf-8")


def assert_serves(arguments: list[str], folder: Path) -> None:
    """Runs a command that ends with Ctrl+C."""
    arguments = arguments if "--port" in arguments else [*arguments, "--port", "0"]
    command = [sys.executable, "-m", "kameleoon", *arguments]
    with subprocess.Popen(command, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            assert process.stdout.readline().startswith("The platform serves")
            time.sleep(0.1)
            process.send_signal(signal.SIGINT)
            assert process.wait(30) == 0
        finally:
            process.kill()


def test_every_command_is_found() -> None:
    assert {("doctor",), ("evaluate",), ("datafile", "fetch"), ("platform",)} <= set(COMMANDS)
    assert len(COMMANDS) >= 11
