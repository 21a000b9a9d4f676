"""uWSGI forks its workers without Python's fork hooks; before 2.0.27 it ran Python's threads only if told to.

The matrix asks uWSGI of today; here are options on forks, and the last version that has threads off by default.
"""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from kameleoon.testing import Platform
from tests.integration.conftest import eventually
from tests.servers.harness import BIN, Server, assert_each_answered_arrived_once, visitors

COUNT = 400
UWSGI = BIN / "uwsgi"
OLD_UWSGI = BIN.parent / "uwsgi-2.0.26" / "bin" / "uwsgi"
# At a plain SIGTERM a worker that is still busy with its last request ends at once, without running anything.
MASTER = ("--master", "--hook-master-start", "unix_signal:15 gracefully_kill_them_all")
THREADED = {
    "default": ("--enable-threads",),
    "master": ("--enable-threads", *MASTER),
    "lazy apps": ("--enable-threads", *MASTER, "--lazy-apps"),
    "threads": ("--master", "--threads", "2"),  # 2.0.26 does not end gracefully then, whatever the application
}
WITHOUT_THREADS = {
    "default": (),
    "master": MASTER,
    "lazy apps": (*MASTER, "--lazy-apps"),
}
OF_TODAY = {
    "no master": ("--enable-threads",),
    "all fork hooks": (*MASTER, "--py-call-uwsgi-fork-hooks"),
    "the child's fork hooks": (*MASTER, "--py-call-osafterfork"),
    "workers that end": (*MASTER, "--max-requests", "50", "--min-worker-lifetime", "0"),
}


@pytest.fixture
def program() -> Path:
    """The last one that has threads off by default."""
    return installed(OLD_UWSGI)


def installed(program: Path) -> Path:
    if not program.exists():
        pytest.skip("this uWSGI is not installed; make test-servers installs it, with a C compiler")
    return program


@contextmanager
def serving(program: Path, platform: Platform, log: Path, options: tuple[str, ...]) -> Iterator[Server]:
    command = [
        program, "--http-socket", "127.0.0.1:0", "--need-app", "--die-on-term", "--disable-logging",
        "--processes", "2", "--virtualenv", BIN.parent, "--module", "tests.servers.programs.web", *options,
    ]  # fmt: skip
    with Server(command, platform, log) as server:
        server.listens(r"bound to TCP address 127\.0\.0\.1:(\d+)")
        # A worker that is still loading its application misses the signal to end.
        server.wait_for("WSGI app 0 .* ready", 2 if "--lazy-apps" in options else 1)
        yield server


def check(program: Path, platform: Platform, log: Path, options: tuple[str, ...]) -> str:
    """Every conversion arrives once. Returns the log."""
    with serving(program, platform, log, options) as server:
        answers = server.visit(visitors(COUNT))
        if "--hook-master-start" not in options:
            time.sleep(0.5)
        server.stop(everybody="--master" not in options)
        assert_each_answered_arrived_once(platform, answers, server.log)
        assert {answer.is_active for answer in answers} == {"True"}
        return server.log


@pytest.mark.parametrize("options", THREADED.values(), ids=list(THREADED))
def test_with_threads_every_conversion_arrives_once(
    program: Path, platform: Platform, tmp_path: Path, options: tuple[str, ...]
) -> None:
    assert "enable-threads" not in check(program, platform, tmp_path / "log", options)


@pytest.mark.parametrize("options", THREADED.values(), ids=list(THREADED))
def test_with_threads_conversions_arrive_while_it_serves_and_a_kill_switch_is_followed(
    program: Path, platform: Platform, tmp_path: Path, options: tuple[str, ...]
) -> None:
    platform.update_data_file(lambda file: file.update(configuration={"realTimeUpdate": True}))
    with serving(program, platform, tmp_path / "log", options) as server:
        answers = server.visit(visitors(100))
        assert {answer.is_active for answer in answers} == {"True"}
        eventually(lambda: platform.received.summary()["kinds"].get("conversion") == 100)
        platform.set_environment_enabled("flag", False)
        eventually(lambda: {answer.is_active for answer in server.visit(visitors(8))} == {"False"})


@pytest.mark.parametrize("options", OF_TODAY.values(), ids=list(OF_TODAY))
def test_every_conversion_arrives_once_with(platform: Platform, tmp_path: Path, options: tuple[str, ...]) -> None:
    check(installed(UWSGI), platform, tmp_path / "log", options)


@pytest.mark.parametrize("options", WITHOUT_THREADS.values(), ids=list(WITHOUT_THREADS))
def test_without_threads_it_says_so_and_sends_at_the_end(
    platform: Platform, tmp_path: Path, options: tuple[str, ...]
) -> None:
    log = check(installed(OLD_UWSGI), platform, tmp_path / "log", options)
    errors = re.findall("ERROR.*uWSGI runs no Python threads", log)
    assert 1 <= len(errors) <= 3, "once a process"
    assert "RuntimeWarning: uWSGI runs no Python threads" in log, "also where nobody has set up logging"
    assert "hint: set 'enable-threads = true'" in log
