"""What hangs, is slow or raises in one part of a client's background, and all the others, which go on."""

from __future__ import annotations

import threading
import time
from typing import Any

import pytest

from kameleoon import CustomData
from kameleoon.events import EventType
from kameleoon.testing import Platform
from tests.data_files import data_file, flag
from tests.integration.conftest import eventually
from tests.integration.test_lifecycle import conversions, run

STREAMING = {"realTimeUpdate": True}


class Handler:
    """Handles every event by calling ``work``."""

    def __init__(self, work: Any) -> None:
        self.calls = 0
        self._work = work

    def on_request_succeeded(self, *_: object) -> None:
        self.calls += 1
        self._work()

    on_request_failed = on_update = on_request_succeeded


@pytest.mark.parametrize("service", ["tracking", "token", "remote-data"])
def test_a_kill_switch_is_followed_within_a_second_while_another_service_hangs(
    platform: Platform, make_online: Any, service: str
) -> None:
    platform.set_data_file(data_file(flag(), configuration=STREAMING))
    client = make_online(default_timeout_millisecond=5000)
    assert client.wait_init()
    eventually(lambda: platform.listeners == 1)
    platform.misbehave(service, "black-hole")
    platform.tokens.clear()
    client.track_conversion("v", 1)
    client.flush("v", instant=True)
    threading.Thread(target=client.get_remote_data, args=("key", 3), daemon=True).start()
    time.sleep(0.3)
    start = time.monotonic()
    platform.set_environment_enabled("flag", False)
    eventually(lambda: not client.is_feature_active("v", "flag"))
    assert time.monotonic() - start < 1


def test_a_slow_handler_holds_up_nothing(platform: Platform, make_online: Any) -> None:
    platform.set_data_file(data_file(flag(), configuration=STREAMING))
    client, going_on = make_online(session_duration_minute=1 / 60), threading.Event()
    handler = Handler(lambda: going_on.wait(30))
    for event_type in EventType:
        client.set_event_handler(event_type, handler)
    assert client.wait_init()
    for number in range(100):
        client.add_data(f"visitor {number}", CustomData(1, "a"), track=False)
    eventually(lambda: platform.listeners == 1)
    platform.set_environment_enabled("flag", False)
    eventually(lambda: not client.is_feature_active("v", "flag"))
    client.track_conversion("v", 1)
    assert client.flush(timeout=5)
    eventually(lambda: client.stats().visitors <= 1, 10)
    assert handler.calls == 1, "it still handles the first event"
    going_on.set()


@pytest.mark.parametrize("error", [SystemExit(3), KeyboardInterrupt(), RuntimeError("full disk")])
def test_a_handler_that_raises_anything_handles_the_next_event_too(
    platform: Platform, make_online: Any, log: Any, error: BaseException
) -> None:
    def fail() -> None:
        raise error

    client, handler = make_online(), Handler(fail)
    assert client.wait_init()
    client.set_event_handler(EventType.HTTP_REQUEST, handler)
    for number in range(3):
        client.track_conversion("v", number)
        assert client.flush(timeout=5)
        eventually(lambda number=number: handler.calls > number)
    assert repr(error) in log


def test_a_client_may_be_closed_by_its_handler(platform: Platform, make_online: Any) -> None:
    client = make_online()
    assert client.wait_init()
    took: list[float] = []

    def close() -> None:
        start = time.monotonic()
        client.close(5)
        took.append(time.monotonic() - start)

    client.set_event_handler(EventType.HTTP_REQUEST, Handler(close))
    client.track_conversion("v", 1)
    client.flush("v", instant=True)
    eventually(lambda: took)
    assert took[0] < 2
    assert client.is_closed
    assert conversions(platform) == ["v"]


def test_a_thousand_calls_of_flush_beside_a_hanging_service_are_a_few_requests(
    platform: Platform, make_online: Any
) -> None:
    client = make_online(default_timeout_millisecond=500)
    assert client.wait_init()
    platform.misbehave("tracking", "black-hole")
    for number in range(1000):
        client.track_conversion(f"visitor {number % 10}", number)
        client.flush(f"visitor {number % 10}", instant=True)
        client.flush(instant=number % 2 == 0)
    platform.behave()
    before = len(platform.requests)
    assert client.flush(timeout=20)
    assert len(platform.requests) - before < 20
    assert len(conversions(platform)) == 1000
    assert platform.received.duplicated == 0


def test_queueing_everybody_again_and_again_is_done_once(platform: Platform, make_online: Any) -> None:
    client = make_online(default_data_file=data_file(flag()))
    for number in range(100_000):
        client.add_data(f"{number:016x}", CustomData(1, "a"), track=False)
    start = time.thread_time()
    for _ in range(2000):
        client.flush()
    assert time.thread_time() - start < 1, "the caller only wishes for it"
    start = time.monotonic()
    client.flush(timeout=20)
    assert time.monotonic() - start < 10, "nothing has piled up"


DEAD_AND_ALIVE = """
dead = [
    KameleoonClientFactory.create(f"dead {number}", KameleoonClientConfig("id", "secret", endpoint=sys.argv[2]))
    for number in range(3)
]
client.wait_init()
for number, one in enumerate([dead[0], client, dead[1], dead[2]]):
    one.track_conversion("v", number)
"""


@pytest.mark.long
def test_at_exit_a_healthy_client_sends_beside_dead_ones(platform: Platform) -> None:
    with Platform(data_file(flag())) as dead:
        for service in ("configuration", "tracking", "token"):
            dead.misbehave(service, "black-hole")
        for _ in range(6):
            done = run(platform, DEAD_AND_ALIVE, arguments=[dead.origin])
            assert done.returncode == 0, done.stderr
    assert conversions(platform) == ["v"] * 6


@pytest.mark.parametrize("service", ["configuration", "token"])
@pytest.mark.parametrize("pause", [0, 1.5])
def test_at_exit_conversions_arrive_though_another_service_hangs(
    platform: Platform, service: str, pause: float
) -> None:
    platform.misbehave(service, "black-hole")
    program = f"""
        for number in range(100):
            client.track_conversion(f"{{number:03}}", 1)
        time.sleep({pause})
        """
    done = run(platform, program)
    assert done.returncode == 0, done.stderr
    assert conversions(platform) == [f"{number:03}" for number in range(100)]
