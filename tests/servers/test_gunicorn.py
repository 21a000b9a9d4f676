"""gunicorn with each class of worker, the client made before the fork (``--preload``) and after it."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path

import pytest

from kameleoon.testing import Platform
from tests.servers.harness import ROOT, Server, assert_each_answered_arrived_once, visitors

pytest.importorskip("gunicorn")
COUNT = 400
WORKERS = {
    "sync": ("--worker-class", "sync", "tests.servers.programs.web:application"),
    "gthread": ("--worker-class", "gthread", "--threads", "4", "tests.servers.programs.web:application"),
    "gevent": ("--worker-class", "gevent", "tests.servers.programs.web:application"),
    "uvicorn": ("--worker-class", "uvicorn_worker.UvicornWorker", "tests.servers.programs.site:application"),
}
NEEDS = {"gevent": "gevent", "uvicorn": "uvicorn_worker"}


@pytest.mark.parametrize("options", [(), ("--preload",), ("--max-requests", "100")], ids=" ".join)
@pytest.mark.parametrize("worker", WORKERS)
def test_every_conversion_arrives_once(
    platform: Platform, tmp_path: Path, worker: str, options: tuple[str, ...]
) -> None:
    if worker in NEEDS and importlib.util.find_spec(NEEDS[worker]) is None:
        pytest.skip(f"{NEEDS[worker]} is not installed")
    command = [
        sys.executable, "-m", "gunicorn", "--config", ROOT / "tests/servers/programs/gunicorn_settings.py",
        "--bind", "127.0.0.1:0", "--workers", "2", *options, *WORKERS[worker],
    ]  # fmt: skip
    with Server(command, platform, tmp_path / "gunicorn.log") as server:
        server.listens(r"Listening at: http://127\.0\.0\.1:(\d+)")
        answers = server.visit(visitors(COUNT))
        server.stop()
        assert_each_answered_arrived_once(platform, answers, server.log)
        assert {answer.is_active for answer in answers} == {"True"}
