"""A visitor travels with a task, to a real worker with several processes."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from kameleoon.testing import DataFile, Platform
from tests.integration.conftest import eventually
from tests.samples.servers import EXAMPLES

pytest.importorskip("celery")
pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="Celery does not run on Windows")

FOLDER = EXAMPLES / "celery"


@pytest.fixture
def platform() -> Iterator[Platform]:
    with Platform(DataFile().flag("checkout").experiment(on=100).build()) as platform:
        yield platform


def test_the_worker_knows_the_visitor(platform: Platform, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {
        "QUEUE": str(tmp_path),
        "KAMELEOON_CLIENT_ID": "id",
        "KAMELEOON_CLIENT_SECRET": "secret",
        "KAMELEOON_ENDPOINT": platform.origin,
    }.items():
        monkeypatch.setenv(name, value)
    log = tmp_path / "worker.log"
    command = [sys.executable, "-m", "celery", "--app", "celery_shop:tasks", "worker", "--concurrency", "2"]
    with log.open("w") as file:
        worker = subprocess.Popen([*command, "--loglevel", "INFO"], cwd=FOLDER, stdout=file, stderr=subprocess.STDOUT)
    try:
        eventually(lambda: " ready." in log.read_text(), 60)
        send = "from celery_shop import order; [order(f'visitor-{number}') for number in range(20)]"
        subprocess.run([sys.executable, "-c", send], cwd=FOLDER, check=True, timeout=60)

        def bought() -> set[str]:
            events = platform.received.events
            return {event["visitorCode"] for event in events if event.get("eventType") == "conversion"}

        eventually(lambda: len(bought()) == 20, 60)
        assert bought() == {f"visitor-{number}" for number in range(20)}
    finally:
        worker.terminate()
        worker.wait(30)
