"""Celery ends the processes of its pool with ``os._exit``."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from kameleoon.testing import Platform
from tests.servers.harness import ROOT, Server, assert_each_arrived_once, environment, visitors

pytest.importorskip("celery")
COUNT = 60
POOLS = {
    "prefork": ("--pool", "prefork"),
    "prefork with max-tasks-per-child": ("--pool", "prefork", "--max-tasks-per-child", "10"),
    "threads": ("--pool", "threads"),
}


@pytest.mark.parametrize("options", POOLS.values(), ids=list(POOLS))
def test_every_conversion_arrives_once(
    platform: Platform, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, options: tuple[str, ...]
) -> None:
    monkeypatch.setenv("QUEUE", str(tmp_path))
    command = [
        sys.executable, "-m", "celery", "--app", "tests.servers.programs.tasks:application", "worker",
        "--concurrency", "2", "--loglevel", "INFO", *options,
    ]  # fmt: skip
    with Server(command, platform, tmp_path / "worker.log") as worker:
        worker.wait_for("ready")
        send = (
            "import sys; from tests.servers.programs.tasks import convert; "
            "[convert.delay(code) for code in sys.argv[1:]]; import os; os._exit(0)"
        )
        subprocess.run(
            [sys.executable, "-c", send, *visitors(COUNT)], env=environment(platform), cwd=ROOT, check=True, timeout=60
        )
        worker.wait_for("succeeded in", COUNT, 60)
        worker.stop()
        assert_each_arrived_once(platform, visitors(COUNT), worker.log)
