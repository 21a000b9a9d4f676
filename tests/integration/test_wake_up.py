"""A client in a forked child for which the system has no thread at first."""

from __future__ import annotations

import os
import threading
from typing import Any

import pytest

from kameleoon.kameleoon_client import KameleoonClient
from kameleoon.testing import Platform
from tests.data_files import data_file, flag
from tests.integration.conftest import eventually
from tests.integration.test_lifecycle import conversions, run

needs_fork = pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork here")
PROGRAM = """
from kameleoon.logging.kameleoon_logger import KameleoonLogger
class Logger:
    def log(self, level, message): print(message, file=sys.stderr, flush=True)
KameleoonLogger.set_logger(Logger())
client.wait_init()
start, fails, tries = threading.Thread.start, [True], []
def refuse(thread):
    if fails[0]:
        tries.append(time.monotonic())
        raise {error}
    start(thread)
child = os.fork()
if child == 0:
    threading.Thread.start = refuse
    try:
        for number in range(1000):
            assert client.is_feature_active(f"v{{number}}", "flag") is True
            client.track_conversion("early", 1) if number == 0 else None
            client.flush(instant=True)
        assert len(tries) == 1, tries
        {then}
    except BaseException as error:
        print("child:", repr(error), file=sys.stderr, flush=True)
        os._exit(1)
    os._exit(0)
status = os.waitpid(child, 0)[1]
client.close()
sys.exit(status and 1)
"""
RECOVERS = """
        deadline = time.monotonic() + 20
        while len(tries) < 3:
            assert client.get_variation("v0", "flag").is_active
            time.sleep(0.01); assert time.monotonic() < deadline
        pauses = [later - earlier for earlier, later in zip(tries, tries[1:])]
        assert 0.9 < pauses[0] < 1.8 and 1.8 < pauses[1] < 3.5, pauses
        fails[0] = False
        client.track_conversion("late", 1)
        while client.stats().queued_visitors or not client.stats().events_sent:
            client.is_feature_active("late", "flag")
            time.sleep(0.01); assert time.monotonic() < deadline
        client.close()
"""


@pytest.mark.long
@needs_fork
@pytest.mark.parametrize("error", ['RuntimeError("can\'t start new thread")', "MemoryError()"])
def test_it_answers_tells_once_tries_again_and_sends_what_was_queued(platform: Platform, error: str) -> None:
    done = run(platform, PROGRAM.format(error=error, then=RECOVERS), timeout=60)
    assert done.returncode == 0, done.stderr
    assert done.stderr.count("cannot be started") == 1, done.stderr
    assert "'site'" in done.stderr and "hint: raise the limit of threads" in done.stderr
    assert conversions(platform) == ["early", "late"]


@needs_fork
def test_it_sends_what_was_queued_when_it_is_closed(platform: Platform) -> None:
    then = "fails[0] = False; client.close()"
    done = run(platform, PROGRAM.format(error='RuntimeError("can\'t start new thread")', then=then))
    assert done.returncode == 0, done.stderr
    assert conversions(platform) == ["early"]


@needs_fork
def test_closing_a_client_that_still_cannot_ends_in_time(platform: Platform) -> None:
    done = run(platform, PROGRAM.format(error='RuntimeError("can\'t start new thread")', then="client.close()"))
    assert done.returncode == 0, done.stderr


@needs_fork
def test_an_interrupted_wake_up_is_tried_again_at_the_next_use(platform: Platform) -> None:
    then = """
        pass
    except KeyboardInterrupt:
        fails[0] = False
        for number in range(2):
            assert client.is_feature_active("v", "flag") is True
        client.track_conversion("early", 1)
        client.close()
"""
    done = run(platform, PROGRAM.format(error="KeyboardInterrupt()", then=then))
    assert done.returncode == 0, done.stderr
    assert conversions(platform) == ["early"]


def test_a_new_client_is_made_without_threads_too(make_online: Any, log: Any, monkeypatch: Any) -> None:
    with monkeypatch.context() as patched:
        patched.setattr(threading.Thread, "start", _refuse)
        client: KameleoonClient = make_online(default_data_file=data_file(flag()))
        assert client.is_feature_active("v", "flag") is True
        assert client.is_ready()
    assert "hint" in log
    client.track_conversion("v", 1)
    eventually(lambda: client.is_feature_active("v", "flag") and client.stats().events_sent)


def _refuse(_: object) -> None:
    raise RuntimeError("can't start new thread")
