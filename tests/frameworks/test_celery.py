"""A visitor travels with a task, to a real worker with several processes."""

from __future__ import annotations

import os
import subprocess
import sys
import textwrap
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from kameleoon.testing import DataFile, Fault, FaultKind, Platform, ServiceName
from tests.integration.conftest import eventually
from tests.samples.servers import EXAMPLES

pytest.importorskip("celery")
pytestmark = [
    pytest.mark.long,
    pytest.mark.skipif(sys.platform == "win32", reason="Celery does not run on Windows"),
]

FOLDER = EXAMPLES / "celery"


@pytest.fixture
def platform() -> Iterator[Platform]:
    with Platform(DataFile().flag("checkout").experiment(on=100).build()) as platform:
        yield platform


@contextmanager
def worker(platform: Platform, queue: Path, program: str, *options: str) -> Iterator[tuple[Any, dict[str, str]]]:
    """A worker's process, once it is ready, and the environment of its program."""
    environment = {
        **os.environ,
        "QUEUE": str(queue),
        "KAMELEOON_CLIENT_ID": "id",
        "KAMELEOON_CLIENT_SECRET": "secret",
        "KAMELEOON_ENDPOINT": platform.origin,
        "PYTHONPATH": os.pathsep.join(filter(None, (str(FOLDER), str(queue), os.environ.get("PYTHONPATH")))),
    }
    log = queue / "worker.log"
    command = [sys.executable, "-m", "celery", "--app", f"{program}:tasks", "worker", "--loglevel", "INFO", *options]
    with log.open("w") as file:
        process = subprocess.Popen(command, env=environment, stdout=file, stderr=subprocess.STDOUT)
    try:
        eventually(lambda: " ready." in log.read_text(), 60)
        yield process, environment
    finally:
        process.terminate()
        process.wait(30)


def send(environment: dict[str, str], program: str, count: int) -> set[str]:
    """Sends a task for each of so many visitors; gives their codes."""
    code = f"from {program} import order; [order(f'visitor-{{number}}') for number in range({count})]"
    subprocess.run([sys.executable, "-c", code], env=environment, check=True, timeout=60)
    return {f"visitor-{number}" for number in range(count)}


def bought(platform: Platform) -> set[str | None]:
    """The visitors that have converted."""
    events = platform.received.events
    return {event.get("visitorCode") for event in events if event.get("eventType") == "conversion"}


def test_the_worker_knows_the_visitor(platform: Platform, tmp_path: Path) -> None:
    with worker(platform, tmp_path, "celery_shop", "--concurrency", "2") as (_, environment):
        codes = send(environment, "celery_shop", 20)
        eventually(lambda: bought(platform) >= codes, 60)
        assert bought(platform) == codes


NOTING = """
    import os
    import celery_shop
    from celery_shop import kameleoon, send_mail, tasks
    from kameleoon import KameleoonClientFactory
    from kameleoon.celery import Kameleoon, carrying

    def client():
        with open(os.path.join(os.environ["QUEUE"], "made"), "a") as file:
            file.write(f"{os.getpid()}\\n")
        return KameleoonClientFactory.create("shop")

    celery_shop.kameleoon = Kameleoon(client)

    def order(visitor_code):
        send_mail.apply_async(headers={"kameleoon": {"visitor_code": visitor_code, "consent": None}})
"""


@pytest.mark.parametrize("pool", ["prefork", "threads", "solo"])
def test_the_client_is_made_in_the_process_that_works_and_its_first_task_waits(
    platform: Platform, tmp_path: Path, pool: str
) -> None:
    (tmp_path / "noting.py").write_text(textwrap.dedent(NOTING))
    platform.faults.set(ServiceName.CONFIGURATION, Fault(FaultKind.LATENCY, seconds=1.0))
    with worker(platform, tmp_path, "noting", "--pool", pool, "--concurrency", "2") as (process, environment):
        codes = send(environment, "noting", 20)
        eventually(lambda: bought(platform) >= codes, 60)
    made = set((tmp_path / "made").read_text().split())
    assert (str(process.pid) in made) == (pool != "prefork"), "also not when it ends"
    assert bought(platform) == codes, "the first task of each process knew the flag"


def test_a_worker_that_has_had_no_task_has_no_client(platform: Platform, tmp_path: Path) -> None:
    (tmp_path / "noting.py").write_text(textwrap.dedent(NOTING))
    with worker(platform, tmp_path, "noting", "--concurrency", "2"):
        pass
    assert not (tmp_path / "made").exists()


def test_the_example_makes_no_client_where_it_is_imported() -> None:
    done = subprocess.run(
        [sys.executable, "-c", "import celery_shop, threading; print(threading.active_count())"],
        env={
            **os.environ,
            "QUEUE": ".",
            "PYTHONPATH": os.pathsep.join((str(FOLDER), os.environ.get("PYTHONPATH", ""))),
        },
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (done.stdout.strip(), done.stderr) == ("1", "")
