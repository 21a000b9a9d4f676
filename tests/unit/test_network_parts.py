"""The parts of the network: names, idle connections, bodies, waiting for readiness."""

from __future__ import annotations

import asyncio
import gzip
import socket
import threading
import time
import zlib
from queue import Empty
from typing import Any

import pytest

from kameleoon._async.readiness import until_ready
from kameleoon._async.threads import DaemonThreads, NoThread
from kameleoon._network.deadline import Deadline
from kameleoon._network.decoding import BoundedBody
from kameleoon._network.idle import IdleConnections
from kameleoon._network.resolver import Resolver
from tests.oldest import oldest

FOUND = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", 80))]


class Names:
    """Answers once it is released."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.calls = 0
        self.released = threading.Event()
        monkeypatch.setattr(socket, "getaddrinfo", self.look_up)

    def look_up(self, *_: Any, **__: Any) -> Any:
        self.calls += 1
        self.released.wait(20)
        return FOUND


@pytest.fixture
def names(monkeypatch: pytest.MonkeyPatch) -> Any:
    names = Names(monkeypatch)
    yield names
    names.released.set()


def test_who_asks_for_the_same_name_shares_the_look_up(names: Names) -> None:
    resolver, found = Resolver(), []
    threads = [
        threading.Thread(target=lambda: found.append(resolver.resolve("name", 80, 0, Deadline.after(20))))
        for _ in range(20)
    ]
    [thread.start() for thread in threads]
    time.sleep(0.1)
    with pytest.raises(socket.timeout, match="'name'"):
        resolver.resolve("name", 80, 0, Deadline.after(0.01))
    names.released.set()
    [thread.join() for thread in threads]
    assert found == [FOUND] * 20
    assert names.calls == 1


def test_look_ups_that_never_end_are_few(names: Names) -> None:
    resolver = Resolver()
    for number in range(8):
        resolver.begin(f"name{number}", 80, 0)
    with pytest.raises(OSError, match="other look-ups do not end"):
        resolver.begin("name", 80, 0)
    assert names.calls <= 8


@pytest.mark.parametrize(
    ("host", "family"), [("127.0.0.1", socket.AF_INET), ("::1", socket.AF_INET6), ("fe80::1", socket.AF_INET6)]
)
def test_numeric_hosts_are_not_looked_up(names: Names, host: str, family: int) -> None:
    assert Resolver().resolve(host, 80, 0, Deadline.after(0.01))[0][0] == family
    assert names.calls == 0


@pytest.mark.parametrize("host", ["x" * 80 + ".test", "", "nowhere.invalid"])
def test_a_name_that_is_none_is_an_os_error(host: str) -> None:
    with pytest.raises(OSError):
        Resolver().resolve(f"{host}.invalid", 80, 0, Deadline.after(20))


class Connection:
    is_closed = False

    def close(self) -> None:
        self.is_closed = True


def test_idle_connections_are_bounded_and_the_last_one_is_used_first() -> None:
    idle, connections = IdleConnections(1), [Connection() for _ in range(100)]
    idle.put(None)
    with pytest.raises(Empty):
        idle.get(block=False)
    for connection in connections:
        idle.put(connection, block=False)
    assert idle.qsize() == 64
    assert [connection.is_closed for connection in connections] == [True] * 36 + [False] * 64
    assert idle.get() is connections[-1]


def test_bodies() -> None:
    def whole(encoding: str, body: bytes, step: int) -> bytes:
        bounded = BoundedBody(encoding, 1000)
        for start in range(0, len(body), step):
            bounded.feed(body[start : start + step])
        return bounded.whole()

    text = bytes(range(256)) * 3
    raw = zlib.compressobj(9, zlib.DEFLATED, -15)
    bodies = [
        ("", text),
        ("gzip", gzip.compress(text[:100]) + gzip.compress(text[100:]) + b"something else"),
        ("X-GZIP ", gzip.compress(text)),
        ("deflate", zlib.compress(text)),
        ("deflate", raw.compress(text) + raw.flush()),
    ]
    for encoding, body in bodies:
        for step in (7, 10_000):
            assert whole(encoding, body, step) == text, (encoding, step)
    with pytest.raises(OverflowError):
        whole("gzip", gzip.compress(b" " * 1001), 10_000)
    assert len(whole("gzip", gzip.compress(b" " * 1000), 10_000)) == 1000
    with pytest.raises(zlib.error):
        whole("gzip", b"no such thing", 100)
    with pytest.raises(ValueError, match="'br'"):
        BoundedBody("br", 1000)


class Readiness:
    """What a data source tells of its first data file."""

    def __init__(self) -> None:
        self.now: bool | None = None
        self.waiters: list[Any] = []
        self.told: list[float] = []

    def outcome(self, *, keep_trying: bool) -> bool | None:
        return None if keep_trying and self.now is False else self.now

    def tell_failure(self, seconds: float) -> None:
        self.told.append(seconds)

    def add_waiter(self, callback: Any) -> Any:
        self.waiters.append(callback)
        return lambda: self.waiters.remove(callback)

    def becomes(self, now: bool) -> None:
        self.now = now
        for waiter in list(self.waiters):
            waiter()


@pytest.mark.parametrize(("now", "keep_trying", "expected"), [(True, False, True), (False, False, False), (False, True, False)])  # fmt: skip
def test_many_wait_for_readiness_without_a_thread(now: bool, keep_trying: bool, expected: bool) -> None:
    readiness = Readiness()

    async def main() -> None:
        before = threading.active_count()
        seconds = 1 if keep_trying else 20
        waits = [until_ready(readiness, Deadline.after(seconds), keep_trying=keep_trying) for _ in range(1000)]
        waiting = asyncio.gather(*waits)
        await asyncio.sleep(0.05)
        assert threading.active_count() == before
        threading.Thread(target=readiness.becomes, args=(now,)).start()
        assert await waiting == [expected] * 1000

    start = time.monotonic()
    asyncio.run(main())
    assert time.monotonic() - start < 15
    assert readiness.waiters == []
    assert len(readiness.told) == (0 if expected else 1000)


def test_a_cancelled_wait_for_readiness_leaves_nothing() -> None:
    readiness = Readiness()

    async def main() -> None:
        with pytest.raises(asyncio.TimeoutError):
            await asyncio.wait_for(until_ready(readiness, Deadline.after(20), keep_trying=False), 0.05)

    asyncio.run(main())
    assert readiness.waiters == []
    assert readiness.told == []


def test_threads_are_started_when_needed_and_end_when_not() -> None:
    threads, release = DaemonThreads("few", most=3, idle_seconds=0.1), threading.Event()
    futures = [threads.submit(lambda: release.wait(20)) for _ in range(10)]
    assert futures[-1].cancel()
    assert sum(thread.name == "few" for thread in threading.enumerate()) == 3
    release.set()
    assert [future.result(20) for future in futures[:-1]] == [True] * 9
    deadline = time.monotonic() + 20
    while any(thread.name == "few" for thread in threading.enumerate()):
        assert time.monotonic() < deadline
        time.sleep(0.02)
    assert threads.submit(lambda: 5).result(20) == 5


def test_where_there_is_no_thread(monkeypatch: pytest.MonkeyPatch) -> None:
    def start(self: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr(threading.Thread, "start", start)
    threads = DaemonThreads("none")
    assert asyncio.run(threads.run(lambda: 5)) == 5
    with pytest.raises(NoThread, match="can't start"):
        asyncio.run(threads.run_until(lambda: 5, Deadline.after(5)))
    with pytest.raises(OSError, match="can't start"):
        Resolver().resolve("name.invalid", 80, 0, Deadline.after(5))


def test_the_oldest_dependencies() -> None:
    project = 'dependencies = ["a-b>=2.30", "C>=6.0.1,<7"]\nasync = ["d>=3"]\n'
    assert oldest(project) == ["a-b==2.30", "C==6.0.1", "d==3"]
