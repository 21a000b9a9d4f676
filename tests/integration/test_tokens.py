"""Access tokens: how often one is fetched, who waits for it, and what goes on without one."""

from __future__ import annotations

import threading
import time
from typing import Any

import pytest

from kameleoon.events import EventType, RequestType
from kameleoon.logging.kameleoon_logger import KameleoonLogger
from kameleoon.logging.log_level import LogLevel
from kameleoon.testing import Platform
from tests.integration.conftest import eventually
from tests.loopback import JsonHandler, QuietServer, serving


def fetches(platform: Platform) -> int:
    return sum("/oauth/token" in path for _, path, _ in platform.requests)


@pytest.mark.parametrize("service", ["remote-data", "visitor-data"])
def test_tokens_that_are_always_refused_are_not_fetched_by_each_call(
    platform: Platform, make_online: Any, service: str
) -> None:
    client = make_online()
    assert client.wait_init()
    platform.misbehave(service, "status", status=401)
    end, calls = time.monotonic() + 1.5, 0
    while time.monotonic() < end:
        if service == "remote-data":
            assert client.get_remote_data("key") is None
        else:
            assert client.get_remote_visitor_data("v") == []
        calls += 1
    assert calls > 20
    assert fetches(platform) <= 4, "pauses from 5 s, growing, at random from a tenth on"


def test_a_service_that_refuses_some_requests_only_does_not_cost_a_token_each(
    platform: Platform, make_online: Any
) -> None:
    platform.remote_data["key"] = 5
    platform.misbehave("visitor-data", "status", status=401)
    client = make_online()
    assert client.wait_init()
    for _ in range(50):
        assert client.get_remote_data("key") == 5
        assert client.get_remote_visitor_data("v") == []
    assert fetches(platform) <= 4


def test_many_callers_at_once_fetch_one_token(platform: Platform, make_online: Any) -> None:
    platform.requires_token = True
    platform.remote_data["key"] = 5
    platform.misbehave("token", "latency", seconds=0.3)
    client = make_online(default_timeout_millisecond=20_000)
    assert client.wait_init()
    found: list[Any] = []
    threads = [threading.Thread(target=lambda: found.append(client.get_remote_data("key"))) for _ in range(30)]
    [thread.start() for thread in threads]
    [thread.join() for thread in threads]
    assert found == [5] * 30
    assert fetches(platform) == 1


def test_the_short_time_of_one_caller_does_not_fail_the_fetch_for_the_others(
    platform: Platform, make_online: Any
) -> None:
    platform.requires_token = True
    platform.remote_data["key"] = 5
    platform.misbehave("token", "latency", seconds=0.5)
    client = make_online()
    assert client.wait_init()
    start = time.monotonic()
    assert client.get_remote_data("key", timeout=0.1) is None
    assert time.monotonic() - start < 0.4
    assert client.get_remote_data("key", timeout=5) == 5
    assert fetches(platform) == 1


@pytest.mark.parametrize("teller", ["handler", "logger"])
def test_who_is_told_of_a_fetch_may_ask_for_data(platform: Platform, make_online: Any, teller: str, log: Any) -> None:
    platform.remote_data["key"] = 5
    client = make_online(default_timeout_millisecond=3000)
    assert client.wait_init()
    found: list[Any] = []

    class Handler:
        def on_request_succeeded(self, request_type: RequestType, *_: Any) -> None:
            if request_type is RequestType.ACCESS_TOKEN:
                found.append(client.get_remote_data("key"))

        def on_request_failed(self, request_type: RequestType, *_: Any) -> None:
            self.on_request_succeeded(request_type)

    class Logger:
        def log(self, level: LogLevel, message: str) -> None:
            if "ACCESS_TOKEN" in message and "succeeded" in message:
                found.append(client.get_remote_data("key"))

    if teller == "handler":
        client.set_event_handler(EventType.HTTP_REQUEST, Handler())
    else:
        KameleoonLogger.set_log_level(LogLevel.DEBUG)
        KameleoonLogger.set_logger(Logger())
    asking = threading.Thread(target=client.get_remote_data, args=("key",), daemon=True)
    asking.start()
    asking.join(20)
    assert not asking.is_alive()
    eventually(lambda: found == [5], 20)


class RetryAfter(JsonHandler):
    """Answers some services with 429 and asks to be left alone."""

    busy: tuple[str, ...]
    seconds: str
    asked: list[str]

    def do_GET(self) -> None:
        self.asked.append(self.path)
        if self.path.startswith(self.busy):
            self.send_response(429)
            self.send_header("Retry-After", self.seconds)
            self.send_header("Content-Length", "0")
            self.end_headers()
        else:
            self.answer({"featureFlags": []} if "/v3/" in self.path else {"a": 1})

    def do_POST(self) -> None:
        self.body()
        if self.path.startswith(self.busy):
            self.do_GET()
        else:
            self.asked.append(self.path)
            self.answer({"access_token": "token", "expires_in": 7200})


def retry_after(seconds: str, *busy: str) -> type[RetryAfter]:
    return type("_RetryAfter", (RetryAfter,), {"busy": busy, "seconds": seconds, "asked": []})


@pytest.mark.long
def test_a_token_service_that_asks_to_be_left_alone_is(make_online: Any) -> None:
    handler = retry_after("30", "/oauth/")
    with serving(QuietServer, handler) as origin:
        client = make_online(endpoint=origin)
        assert client.wait_init()
        end = time.monotonic() + 6
        while time.monotonic() < end:  # without the header it would be asked again within 5 s
            assert client.get_remote_data("key") == {"a": 1}
            time.sleep(0.05)
    assert sum("/oauth/" in path for path in handler.asked) == 1


def test_a_data_service_that_asks_to_be_left_alone_is(make_online: Any, log: Any) -> None:
    handler = retry_after("1", "/map/")
    with serving(QuietServer, handler) as origin:
        client = make_online(endpoint=origin)
        assert client.wait_init()
        for _ in range(20):
            assert client.get_remote_data("key") is None
        assert client.get_remote_visitor_data("v") == []
        assert any("/visit/visitor" in path for path in handler.asked), "the other kind is asked"
        assert sum("/map/" in path for path in handler.asked) == 1
        assert "the service asks for it" in log
        handler.busy = ()
        eventually(lambda: client.get_remote_data("key") == {"a": 1}, 10)


def test_tracking_goes_on_while_the_token_service_hangs(platform: Platform, make_online: Any) -> None:
    platform.misbehave("token", "black-hole")
    client = make_online(default_timeout_millisecond=4000)
    assert client.wait_init()
    start = time.monotonic()
    for number in range(3):
        client.track_conversion("v", number)
        client.flush("v", instant=True)
        arrived = number + 1
        eventually(lambda arrived=arrived: len(conversions(platform)) == arrived, 10)  # type: ignore[misc]
    assert time.monotonic() - start < 8, "at most half of its own time is spent on the token, and once"


def conversions(platform: Platform) -> list[Any]:
    return [event for event in platform.received.events if event["eventType"] == "conversion"]


def test_a_conversion_at_the_end_arrives_though_the_token_service_hangs(platform: Platform, make_online: Any) -> None:
    platform.misbehave("token", "black-hole")
    client = make_online(default_timeout_millisecond=10_000)
    assert client.wait_init()
    client.track_conversion("v", 1)
    client.close(2)
    assert len(conversions(platform)) == 1


@pytest.mark.long
@pytest.mark.slow
def test_tracking_is_back_soon_after_the_token_service(platform: Platform, make_online: Any) -> None:
    platform.requires_token = True
    platform.misbehave("token", "status", status=503)
    client = make_online()
    assert client.wait_init()
    client.track_conversion("v", 1)
    client.flush("v", instant=True)
    time.sleep(2)
    platform.behave()
    start = time.monotonic()
    eventually(lambda: len(conversions(platform)) == 1, 60)
    assert time.monotonic() - start < 25
