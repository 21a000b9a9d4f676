"""A time-out bounds the whole call: the token, the name, the connection, the TLS handshake, the answer."""

from __future__ import annotations

import asyncio
import logging
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from kameleoon.testing import FaultKind, Platform
from tests.loopback import JsonHandler, QuietServer, serving

pytestmark = pytest.mark.long

TIMEOUT = 0.2
BOUND = 0.25
"""The issue's own: a time-out of 0.2 s is over within 0.25 s."""

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
    "huge": {"kind": FaultKind.HUGE, "size": 20 * 1024 * 1024},
    "redirect": {"kind": FaultKind.REDIRECT},
    "403": {"kind": FaultKind.STATUS, "status": 403},
    "429": {"kind": FaultKind.STATUS, "status": 429},
    "500": {"kind": FaultKind.STATUS, "status": 500},
    "401 always": {"kind": FaultKind.STATUS, "status": 401},
}

Call = Callable[[Any], Any]
CALLS: dict[str, Call] = {
    "get_remote_data": lambda client: client.get_remote_data("key", timeout=TIMEOUT),
    "get_remote_visitor_data": lambda client: client.get_remote_visitor_data("v", timeout=TIMEOUT),
    "get_visitor_warehouse_audience": lambda client: client.get_visitor_warehouse_audience("v", 1, timeout=TIMEOUT),
    "wait_init": lambda client: client.wait_init(TIMEOUT * 1000),
    "flush": lambda client: client.flush("v", instant=True),
    "flush with a time-out": lambda client: client.flush("v", timeout=TIMEOUT),
}
ASYNC_CALLS: dict[str, Call] = {
    "get_remote_data_async": lambda client: client.get_remote_data_async("key", timeout=TIMEOUT),
    "get_remote_visitor_data_async": lambda client: client.get_remote_visitor_data_async("v", timeout=TIMEOUT),
    "get_visitor_warehouse_audience_async": lambda client: client.get_visitor_warehouse_audience_async(
        "v", 1, timeout=TIMEOUT
    ),
    "wait_init_async": lambda client: client.wait_init_async(TIMEOUT * 1000),
    "flush_async": lambda client: client.flush_async("v", timeout=TIMEOUT),
}


def fastest(call: Callable[[], Any], tries: int = 5) -> float:
    """How long the call takes when nothing else disturbs it, which on a busy machine may need more than one try."""
    best = float("inf")
    for _ in range(tries):
        start = time.perf_counter()
        call()
        best = min(best, time.perf_counter() - start)
        if best < BOUND:
            break
    return best


def assert_all_keep_their_time(client: Any) -> None:
    for name, call in CALLS.items():
        assert fastest(lambda call=call: call(client)) < BOUND, name  # type: ignore[misc]
    asyncio.run(_assert_all_keep_their_time(client))


async def _assert_all_keep_their_time(client: Any) -> None:
    await client.get_remote_data_async("key", timeout=2)  # loads aiohttp
    for name, call in ASYNC_CALLS.items():
        best = float("inf")
        for _ in range(5):
            start = time.perf_counter()
            await call(client)
            best = min(best, time.perf_counter() - start)
            if best < BOUND:
                break
        assert best < BOUND, name


@pytest.mark.parametrize("name", FAULTS)
def test_every_call_keeps_its_time_whatever_the_services_do(platform: Platform, make_online: Any, name: str) -> None:
    client = make_online(default_timeout_millisecond=500)
    client.wait_init()
    for service in ("configuration", "token", "tracking", "visitor-data", "remote-data"):
        if name != "refused":
            platform.misbehave(service, **FAULTS[name])
    if name == "refused":
        platform.stop()
    assert_all_keep_their_time(client)
    assert_all_keep_their_time(make_online(default_timeout_millisecond=500))


def test_a_token_service_that_hangs_takes_half_of_the_time(platform: Platform, make_online: Any) -> None:
    platform.remote_data["key"] = 5
    platform.misbehave("token", "black-hole")
    client = make_online(default_timeout_millisecond=20_000)
    assert client.wait_init()
    found: list[Any] = []
    assert fastest(lambda: found.append(client.get_remote_data("key", timeout=TIMEOUT))) < BOUND
    assert found[-1] == 5, "asked without a token"
    start = time.monotonic()
    found = [client.get_remote_data("key", timeout=2) for _ in range(5)]
    assert found == [5] * 5
    assert time.monotonic() - start < 3, "a fetch that has taken so long is not waited for again and again"


class Dripping(JsonHandler):
    def do_GET(self) -> None:
        self.wfile.write(b"HTTP/1.1 200 OK\r\nX: ")
        for _ in range(200):
            self.wfile.write(b"x")
            self.wfile.flush()
            time.sleep(0.02)

    def do_POST(self) -> None:
        self.body()
        self.do_GET()


def test_headers_that_drip(make_online: Any) -> None:
    with serving(QuietServer, Dripping) as origin:
        assert_all_keep_their_time(make_online(endpoint=origin, default_timeout_millisecond=500))


@contextmanager
def full_backlog() -> Iterator[str]:
    """A port that answers no connection: nobody accepts, and the queue is full."""
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen(0)
        queued = []
        for _ in range(8):
            waiting = socket.socket()
            waiting.setblocking(False)
            waiting.connect_ex(listening.getsockname())
            queued.append(waiting)
        time.sleep(0.05)
        try:
            yield f"127.0.0.1:{listening.getsockname()[1]}"
        finally:
            for waiting in queued:
                waiting.close()


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_a_black_hole_on_connecting(make_online: Any, scheme: str) -> None:
    with full_backlog() as address:
        assert_all_keep_their_time(make_online(endpoint=f"{scheme}://{address}", default_timeout_millisecond=500))


def test_a_tls_handshake_that_is_not_answered(make_online: Any) -> None:
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen(64)
        origin = f"https://127.0.0.1:{listening.getsockname()[1]}"
        assert_all_keep_their_time(make_online(endpoint=origin, default_timeout_millisecond=500))


def test_a_name_that_is_never_found(make_online: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    released = threading.Event()

    def hang(*_: Any, **__: Any) -> Any:
        released.wait(60)
        raise socket.gaierror(socket.EAI_AGAIN, "given up")

    monkeypatch.setattr(socket, "getaddrinfo", hang)
    try:
        assert_all_keep_their_time(make_online(endpoint="http://nowhere.test", default_timeout_millisecond=500))
        names = [thread.name for thread in threading.enumerate()]
        assert 1 <= names.count("kameleoon-resolver") <= 8
    finally:
        released.set()


def test_several_addresses_share_the_time_and_the_first_that_answers_is_used(
    platform: Platform, make_online: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    port = int(platform.origin.rsplit(":", 1)[1])
    platform.remote_data["key"] = 5
    with full_backlog() as address:
        silent = int(address.split(":")[1])
        addresses = [
            (socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", number)) for number in (silent, silent, port)
        ]
        monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: addresses)
        client = make_online(endpoint=f"http://some.test:{port}", default_timeout_millisecond=3000)
        assert client.wait_init()
        assert client.get_remote_data("key", timeout=3) == 5


@pytest.mark.parametrize("timeout", [0, -1, float("-inf"), float("nan")])
def test_no_time_at_all(platform: Platform, make_online: Any, timeout: float) -> None:
    client = make_online()
    assert client.wait_init()
    start = time.monotonic()
    assert client.get_remote_data("key", timeout=timeout) is None
    assert asyncio.run(client.get_remote_data_async("key", timeout=timeout)) is None
    assert time.monotonic() - start < 2


def test_time_without_end_and_what_is_no_time(platform: Platform, make_online: Any, log: Any) -> None:
    platform.remote_data["key"] = 5
    client = make_online()
    assert client.wait_init()
    assert client.get_remote_data("key", timeout=float("inf")) == 5
    assert client.get_remote_data("key", timeout="soon") == 5
    assert "timeout: expected a positive number of seconds, got 'soon'" in log


def test_there_are_as_many_connections_as_callers(
    make_online: Any, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    connections = []

    class Slow(JsonHandler):
        def setup(self) -> None:
            super().setup()
            connections.append(self.client_address)

        def do_GET(self) -> None:
            if self.path.startswith("/map/"):
                time.sleep(0.3)
            self.answer({"featureFlags": []})

        def do_POST(self) -> None:
            self.body()
            self.answer({"access_token": "token", "expires_in": 7200})

    class Server(QuietServer):
        request_queue_size = 128

    with serving(Server, Slow) as origin, caplog.at_level(logging.DEBUG, logger="urllib3"):
        client = make_online(endpoint=origin, default_timeout_millisecond=10_000)
        assert client.wait_init()
        for _ in range(3):
            threads = [threading.Thread(target=client.get_remote_data, args=("key",)) for _ in range(60)]
            [thread.start() for thread in threads]
            [thread.join() for thread in threads]
        assert client.stats().requests["REMOTE_DATA"]["succeeded"] == 180
        assert len(connections) < 70, "kept for the next callers"
    assert "pool is full" not in caplog.text
    assert "Resetting dropped" not in caplog.text
