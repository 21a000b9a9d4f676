"""Each service with each misbehaviour: what the caller sees, and that evaluation goes on."""

from __future__ import annotations

import time
from typing import Any

import pytest

from kameleoon.events import EventType, RequestType
from kameleoon.logging.kameleoon_logger import KameleoonLogger
from kameleoon.logging.log_level import LogLevel
from kameleoon.testing import FaultKind, Platform
from tests.data_files import data_file, flag
from tests.integration.conftest import eventually

pytestmark = pytest.mark.long

FAULTS: dict[str, dict[str, Any]] = {
    "refused": {},
    "black hole": {"kind": FaultKind.BLACK_HOLE},
    "slow": {"kind": FaultKind.LATENCY, "seconds": 1.5},
    "slow bytes": {"kind": FaultKind.SLOW_BYTES, "seconds": 0.05},
    "dropped": {"kind": FaultKind.DROP},
    "reset mid-body": {"kind": FaultKind.RESET},
    "truncated": {"kind": FaultKind.TRUNCATED},
    "malformed": {"kind": FaultKind.MALFORMED},
    "wrong type": {"kind": FaultKind.WRONG_TYPE},
    "huge": {"kind": FaultKind.HUGE, "size": 300 * 1024 * 1024},
    "redirect": {"kind": FaultKind.REDIRECT},
    "403": {"kind": FaultKind.STATUS, "status": 403},
    "429": {"kind": FaultKind.STATUS, "status": 429},
    "500": {"kind": FaultKind.STATUS, "status": 500},
    "401 once": {"kind": FaultKind.STATUS, "status": 401, "times": 1},
    "401 always": {"kind": FaultKind.STATUS, "status": 401},
}
# Faults in spite of which a tracking request has arrived, or has been refused for good.
TRACKING_SUCCEEDS = {"malformed", "wrong type", "403", "401 once"}
REMOTE_SUCCEEDS = {"401 once"}
TIMEOUT = 700


class Recorder:
    def __init__(self) -> None:
        self.succeeded: list[RequestType] = []
        self.failed: list[RequestType] = []

    def on_request_succeeded(self, request_type: RequestType, http_status: int, duration_millis: int) -> None:
        assert isinstance(http_status, int)
        assert duration_millis >= 0
        self.succeeded.append(request_type)

    def on_request_failed(self, request_type: RequestType, failure: Any, duration_millis: int) -> None:
        assert failure.http_status is not None or failure.cause is not None
        self.failed.append(request_type)


@pytest.fixture
def recorder(log: Any) -> Any:
    KameleoonLogger.set_log_level(LogLevel.DEBUG)
    yield Recorder()
    for _, line in log.lines:
        for secret in ("secret-0123456789", "client-0123456789", "Bearer", "Basic"):
            assert secret not in line, line


def misbehave(platform: Platform, service: str, name: str) -> None:
    if name == "refused":
        platform.stop()
    else:
        platform.misbehave(service, **FAULTS[name])


@pytest.mark.parametrize("name", FAULTS)
def test_configuration(platform: Platform, make_online: Any, recorder: Recorder, name: str, log: Any) -> None:
    misbehave(platform, "configuration", name)
    start = time.monotonic()
    client = make_online(default_timeout_millisecond=TIMEOUT)
    client.set_event_handler(EventType.HTTP_REQUEST, recorder)
    succeeds = name == "401 once"
    assert client.wait_init(10_000) is succeeds, name
    assert time.monotonic() - start < 8
    if succeeds:
        return
    assert "is not initialized" in log
    assert client.get_variations("v") == {}
    client.track_conversion("v", 1)
    if name == "refused":
        with Platform(data_file(flag()), platform.port):
            eventually(client.is_ready, 15)
    else:
        platform.behave()
        eventually(client.is_ready, 15)
    assert client.is_feature_active("v", "flag"), "the client recovers by itself"


@pytest.mark.parametrize("name", FAULTS)
def test_a_bad_update_leaves_the_last_data_file_in_use(
    platform: Platform, make_online: Any, recorder: Recorder, name: str
) -> None:
    client = make_online(default_timeout_millisecond=TIMEOUT, refresh_interval_minute=0.3 / 60)
    assert client.wait_init()
    misbehave(platform, "configuration", name)
    platform.set_data_file(data_file(flag("new")))
    failures = set()

    def has_failed_twice() -> bool:
        failures.add(client.stats().data_source.last_failure_at)
        return len(failures - {None}) >= 2

    if name == "401 once":
        eventually(lambda: client.get_feature_list() == ["new"])
    else:
        eventually(has_failed_twice, 15)
    keys = client.get_feature_list()
    assert keys == (["new"] if name == "401 once" else ["flag"])
    assert client.is_feature_active("v", keys[0])


@pytest.mark.parametrize("name", FAULTS)
def test_tracking(platform: Platform, make_online: Any, recorder: Recorder, name: str) -> None:
    client = make_online(default_timeout_millisecond=TIMEOUT)
    client.set_event_handler(EventType.HTTP_REQUEST, recorder)
    assert client.wait_init()
    misbehave(platform, "tracking", name)
    start = time.perf_counter()
    for number in range(5):
        client.track_conversion("v", number)
    client.flush("v", instant=True)
    assert client.is_feature_active("v", "flag")
    assert time.perf_counter() - start < 0.5, "no caller waits for the network"
    if name in TRACKING_SUCCEEDS - {"401 once"}:
        eventually(lambda: RequestType.TRACKING in recorder.succeeded)
        assert client.stats().events_sent > 0
        return
    eventually(lambda: RequestType.TRACKING in recorder.failed)
    if name != "refused":
        platform.behave()
        eventually(lambda: len({e.get("goalId") for e in platform.received.events} - {None}) == 5, 20)
        eventually(lambda: client.stats().queued_visitors == 0, 20)
        conversions = [event for event in platform.received.events if event["eventType"] == "conversion"]
        assert len(conversions) == 5


@pytest.mark.parametrize("service", ["visitor-data", "remote-data"])
@pytest.mark.parametrize("name", FAULTS)
def test_remote_data(
    platform: Platform, make_online: Any, recorder: Recorder, service: str, name: str, log: Any
) -> None:
    visit = {"customDataEvents": [{"data": {"index": 1, "valuesCountMap": {"a": 1}}, "time": 1}]}
    platform.visitor_data["v"] = {"currentVisit": visit}
    platform.remote_data["key"] = {"a": 1}
    client = make_online(default_timeout_millisecond=TIMEOUT)
    client.set_event_handler(EventType.HTTP_REQUEST, recorder)
    assert client.wait_init()
    misbehave(platform, service, name)
    start = time.monotonic()
    if service == "visitor-data":
        found: Any = [datum.values for datum in client.get_remote_visitor_data("v")]
        expected: Any = [("a",)] if name in REMOTE_SUCCEEDS else []
    else:
        found = client.get_remote_data("key")
        # JSON of any shape, an empty object with 403 included, is the caller's.
        expected = {"wrong type": [1, "two"], "403": {}, "401 once": {"a": 1}}.get(name)
    assert found == expected
    assert time.monotonic() - start < 5
    assert client.stats().visitors == (1 if service == "visitor-data" and expected else 0), "nothing is half stored"


@pytest.mark.parametrize("name", FAULTS)
def test_token(platform: Platform, make_online: Any, recorder: Recorder, name: str) -> None:
    platform.remote_data["key"] = 5
    client = make_online(default_timeout_millisecond=TIMEOUT)
    assert client.wait_init()
    if name == "refused":
        return
    misbehave(platform, "token", name)
    assert client.get_remote_data("key", timeout=2) == 5, "without a token if there is none"
    before = len([path for _, path, _ in platform.requests if "/oauth/token" in path])
    assert client.get_remote_data("key", timeout=2) == 5
    after = len([path for _, path, _ in platform.requests if "/oauth/token" in path])
    assert after == before, "no further try for a while"


def test_an_expired_token_is_replaced(platform: Platform, make_online: Any, recorder: Recorder) -> None:
    platform.requires_token = True
    platform.remote_data["key"] = 5
    client = make_online()
    assert client.wait_init()
    assert client.get_remote_data("key") == 5
    platform.tokens.clear()  # the service forgets it
    assert client.get_remote_data("key") is None, "refused with the token, and without one"
    assert client.get_remote_data("key") == 5, "a new token"


def test_stream_faults_and_recovery(platform: Platform, make_online: Any, recorder: Recorder) -> None:
    platform.misbehave("stream", "status", status=500, times=1)
    platform.set_data_file(data_file(flag(), configuration={"realTimeUpdate": True}))
    client = make_online()
    assert client.wait_init()
    eventually(lambda: platform.listeners == 1, 10)
    platform.drop_streams()
    eventually(lambda: platform.listeners == 0, 5)
    eventually(lambda: platform.listeners == 1, 10)
