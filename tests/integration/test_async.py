"""The asynchronous methods: tasks of the running loop, with ``aiohttp`` and without it."""

from __future__ import annotations

import asyncio
import contextlib
import contextvars
import gc
import os
import subprocess
import sys
import threading
import time
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from kameleoon import CustomData
from kameleoon.events import EventType
from kameleoon.logging.kameleoon_logger import KameleoonLogger
from kameleoon.logging.log_level import LogLevel
from kameleoon.testing import Platform
from tests.integration.conftest import eventually
from tests.slow_service import slow_service

try:
    import uvloop
except ImportError:
    uvloop = None  # type: ignore[assignment]


@pytest.fixture(params=["aiohttp", "threads"])
def library(request: Any, monkeypatch: pytest.MonkeyPatch) -> str:
    """With ``aiohttp``, and as if it were not installed."""
    if request.param == "threads":
        monkeypatch.setitem(sys.modules, "aiohttp", None)
    else:
        pytest.importorskip("aiohttp")
    return str(request.param)


def visit(*values: str) -> dict[str, Any]:
    return {
        "currentVisit": {
            "customDataEvents": [{"data": {"index": 1, "valuesCountMap": dict.fromkeys(values, 1)}, "time": 1}]
        }
    }


def test_what_is_asked_for_comes(platform: Platform, make_online: Any, library: str) -> None:
    platform.requires_token = True
    platform.remote_data["key"] = {"a": 1}
    platform.remote_data["v"] = {"warehouseAudiences": {"x": 1, "y": 2}}
    platform.visitor_data["v"] = visit("a")
    client = make_online(default_timeout_millisecond=20_000)

    async def main() -> None:
        assert await client.wait_init_async()
        assert await client.get_remote_data_async("key") == {"a": 1}
        assert [datum.values for datum in await client.get_remote_visitor_data_async("v")] == [("a",)]
        audience = await client.get_visitor_warehouse_audience_async("v", 3)
        assert isinstance(audience, CustomData)
        assert audience.values == ("x", "y")
        assert await client.get_remote_data_async("missing") is None

    asyncio.run(main())
    requests = client.stats().requests
    assert requests["REMOTE_DATA"]["succeeded"] == 2
    assert requests["REMOTE_DATA"]["failed"] == 1
    assert requests["REMOTE_DATA"]["bytes_received"] > 0
    assert len(platform.tokens) == 1


def is_busy() -> bool:
    """Whether others use the machine's processors as well, more than there are of them."""
    return hasattr(os, "getloadavg") and os.getloadavg()[0] > 2 * (os.cpu_count() or 1)


@pytest.mark.long
def test_a_thousand_at_once_take_as_long_as_one(make_online: Any) -> None:
    pytest.importorskip("aiohttp")
    with slow_service(0.2) as origin:
        client = make_online(endpoint=origin, default_timeout_millisecond=20_000)

        async def main() -> tuple[float, float]:
            assert await client.wait_init_async()
            await client.get_remote_data_async("key")
            taken = []
            for _ in range(5):  # a disturbed measurement is made again
                start, used = time.perf_counter(), time.process_time()
                found = await asyncio.gather(*[client.get_remote_visitor_data_async(f"v{n}") for n in range(1000)])
                taken.append((time.perf_counter() - start, time.process_time() - used))
                assert found == [[]] * 1000
                if taken[-1][0] < 1:
                    break
            return min(taken)

        wall, used = asyncio.run(main())
        assert client.stats().requests["REMOTE_VISITOR_DATA"]["failed"] == 0
        assert wall < 1 or (is_busy() and used + 0.2 < 1), "the issue's own bound"


def threads() -> int:
    return sum(thread.name == "kameleoon-async" for thread in threading.enumerate())


async def hanging(platform: Platform, client: Any) -> None:
    assert await client.wait_init_async()
    await client.get_remote_data_async("key")  # a token, and aiohttp
    platform.misbehave("remote-data", "black-hole")
    platform.misbehave("visitor-data", "black-hole")


@pytest.mark.parametrize("name", ["get_remote_data_async", "get_remote_visitor_data_async"])
def test_a_cancelled_caller_is_free_at_once(platform: Platform, make_online: Any, library: str, name: str) -> None:
    client = make_online(default_timeout_millisecond=20_000)

    async def main() -> float:
        await hanging(platform, client)
        best = float("inf")
        for _ in range(3):
            task = asyncio.ensure_future(getattr(client, name)("v"))
            await asyncio.sleep(0.1)
            start = time.perf_counter()
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task
            best = min(best, time.perf_counter() - start)
            assert task.cancelled()
        return best

    assert asyncio.run(main()) < 0.01, "the issue's own bound"


def test_wait_for_returns_in_time(platform: Platform, make_online: Any, library: str) -> None:
    client = make_online(default_timeout_millisecond=20_000)

    async def main() -> None:
        await hanging(platform, client)
        start = time.monotonic()
        with pytest.raises(asyncio.TimeoutError):
            await asyncio.wait_for(client.get_remote_data_async("key"), 0.3)
        assert time.monotonic() - start < 1

    start = time.monotonic()
    asyncio.run(main())
    assert time.monotonic() - start < 5, "the end of the loop waits for no thread"


def test_more_callers_than_threads_leave_at_their_deadlines(platform: Platform, make_online: Any, library: str) -> None:
    client = make_online(default_timeout_millisecond=20_000)

    async def main() -> None:
        await hanging(platform, client)
        start = time.monotonic()
        before = threads()
        found = await asyncio.gather(*[client.get_remote_data_async("key", timeout=2) for _ in range(200)])
        assert found == [None] * 200
        assert time.monotonic() - start < 8  # one after another, 32 at once, they would take 14
        assert threads() - before <= 32

    asyncio.run(main())
    assert client.stats().requests["REMOTE_DATA"]["failed"] >= 200, "each is counted"


def test_the_loop_goes_on_meanwhile(platform: Platform, make_online: Any, library: str) -> None:
    platform.misbehave("configuration", "latency", seconds=0.5)
    platform.misbehave("token", "latency", seconds=0.5)
    platform.remote_data["key"] = 5
    client = make_online(default_timeout_millisecond=20_000)

    async def main() -> None:
        longest = 0.0

        async def tick() -> None:
            nonlocal longest
            while True:
                start = time.perf_counter()
                await asyncio.sleep(0.01)
                longest = max(longest, time.perf_counter() - start)

        ticking = asyncio.ensure_future(tick())
        assert await client.wait_init_async()
        assert await client.get_remote_data_async("key") == 5
        ticking.cancel()
        assert longest < 0.4, "nothing blocks it for as long as a request takes"

    asyncio.run(main())


def test_context_variables_are_kept(platform: Platform, make_online: Any, library: str, log: Any) -> None:
    request = contextvars.ContextVar("request", default="none")
    seen: list[str] = []

    class Logger:
        def log(self, level: LogLevel, message: str) -> None:
            if "REMOTE_DATA request failed" in message:
                seen.append(request.get())

    client = make_online(default_timeout_millisecond=20_000)

    async def main() -> None:
        assert await client.wait_init_async()
        request.set("mine")
        await client.get_remote_data_async("missing")

    KameleoonLogger.set_logger(Logger())
    asyncio.run(main())
    assert seen == ["mine"]


def in_turn(run: Callable[[Awaitable[Any]], Any], platform: Platform, client: Any) -> None:
    async def main() -> None:
        assert await client.get_remote_data_async("key") == 5
        found = await asyncio.gather(*[client.get_remote_data_async("key") for _ in range(5)])
        assert found == [5] * 5

    for _ in range(3):
        run(main())
        gc.collect()  # what was not closed is a ResourceWarning, which is an error here


@pytest.mark.long
@pytest.mark.parametrize("loop", ["asyncio", "uvloop"])
def test_several_loops_in_turn_leave_nothing_open(
    platform: Platform, make_online: Any, library: str, loop: str
) -> None:
    run: Any = asyncio.run
    if loop == "uvloop":
        if uvloop is None:
            pytest.skip("no uvloop")

        def run(main: Any) -> None:  # uvloop.run wants Python 3.11 for what it does else
            running = uvloop.new_event_loop()
            try:
                running.run_until_complete(main)
            finally:
                running.run_until_complete(running.shutdown_asyncgens())
                running.close()

    platform.remote_data["key"] = 5
    client = make_online(default_timeout_millisecond=20_000)
    assert client.wait_init()
    in_turn(run, platform, client)


UNCEREMONIOUS = """
import asyncio, gc, sys
from kameleoon import KameleoonClientConfig
from kameleoon.kameleoon_client import KameleoonClient

with KameleoonClient("site", KameleoonClientConfig("id", "secret", endpoint=sys.argv[1])) as client:
    for _ in range(3):
        loop = asyncio.new_event_loop()
        assert loop.run_until_complete(client.get_remote_data_async("key")) == 5
        loop.close()
        gc.collect()
"""


def run(program: str, platform: Platform, *options: str) -> str:
    """What the program says on its standard error."""
    platform.remote_data["key"] = 5
    command = [sys.executable, *options, "-c", program, platform.origin]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    return "".join(line for line in done.stderr.splitlines(True) if "top_level_domain" not in line)


def test_a_loop_that_is_closed_without_ceremony_logs_nothing(platform: Platform) -> None:
    assert run(UNCEREMONIOUS, platform) == ""


FORKING = """
import asyncio, gc, os, sys
from kameleoon import KameleoonClientConfig
from kameleoon.kameleoon_client import KameleoonClient

async def main(client):
    assert await client.wait_init_async()
    assert await client.get_remote_data_async("key") == 5
    child = os.fork()
    if child == 0:
        client.is_feature_active("v", "flag")
        assert client.get_remote_data("key") == 5
        gc.collect()
        os._exit(0)
    while os.waitpid(child, os.WNOHANG) == (0, 0):
        await asyncio.sleep(0.01)
    found = await asyncio.gather(*[client.get_remote_data_async("key") for _ in range(5)])
    assert found == [5] * 5, found

with KameleoonClient("site", KameleoonClientConfig("id", "secret", endpoint=sys.argv[1])) as client:
    asyncio.run(main(client))
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork")
def test_a_forked_child_leaves_the_sessions_of_its_parent_alone(platform: Platform) -> None:
    assert run(FORKING, platform, "-W", "error::ResourceWarning", "-W", "ignore::DeprecationWarning") == ""


@pytest.mark.long
def test_loops_in_threads_at_once(platform: Platform, make_online: Any, library: str) -> None:
    platform.remote_data["key"] = 5
    client = make_online(default_timeout_millisecond=20_000)
    assert client.wait_init()
    failures: list[BaseException] = []

    def work() -> None:
        try:
            in_turn(asyncio.run, platform, client)
        except BaseException as error:  # noqa: BLE001  # the test wants none of any kind
            failures.append(error)

    working = [threading.Thread(target=work) for _ in range(4)]
    [thread.start() for thread in working]
    [thread.join() for thread in working]
    assert failures == []
    assert len(platform.tokens) == 1


@pytest.mark.parametrize("closes", ["close", "aclose", "async with", "dropped"])
def test_closing_inside_of_the_loop_leaves_nothing_open(
    platform: Platform, make_online: Any, library: str, closes: str
) -> None:
    platform.remote_data["key"] = 5

    async def main() -> None:
        client = make_online(default_timeout_millisecond=20_000)
        assert await client.wait_init_async()
        assert await client.get_remote_data_async("key") == 5
        if closes == "close":
            client.close()
        elif closes == "aclose":
            await client.aclose()
        elif closes == "async with":
            async with client:
                assert await client.get_remote_data_async("key") == 5
        await asyncio.sleep(0.05)
        if closes != "dropped":
            assert await client.get_remote_data_async("key") is None

    asyncio.run(main())
    gc.collect()


def test_a_token_that_a_thread_fetches_is_awaited(platform: Platform, make_online: Any, library: str) -> None:
    platform.requires_token = True
    platform.remote_data["key"] = 5
    platform.misbehave("token", "latency", seconds=0.5, times=1)
    client = make_online(default_timeout_millisecond=5000)
    assert client.wait_init()
    found: list[Any] = []
    thread = threading.Thread(target=lambda: found.append(client.get_remote_data("key")))
    thread.start()

    async def main() -> None:
        found.extend(await asyncio.gather(*[client.get_remote_data_async("key") for _ in range(20)]))

    asyncio.run(main())
    thread.join()
    assert found == [5] * 21
    assert len(platform.tokens) == 1


def test_waiting_for_the_first_configuration(platform: Platform, make_online: Any, library: str, log: Any) -> None:
    platform.misbehave("configuration", "latency", seconds=1)
    client = make_online(default_timeout_millisecond=5000)

    async def main() -> None:
        start = time.monotonic()
        waits = [client.wait_init_async(200) for _ in range(100)] + [client.wait_init_async(4000) for _ in range(100)]
        assert await asyncio.gather(*waits) == [False] * 100 + [True] * 100
        assert time.monotonic() - start < 4
        assert await client.wait_init_async(0)

    asyncio.run(main())
    assert sum("is not initialized" in line for _, line in log.lines) == 1


def test_where_there_is_no_thread_nothing_is_raised(
    platform: Platform, make_online: Any, library: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    platform.remote_data["key"] = 5
    client = make_online(default_timeout_millisecond=20_000)
    assert client.wait_init()

    def start(self: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    async def main() -> None:
        await client.wait_init_async()
        assert await client.get_remote_data_async("key", timeout=1) in (5, None)
        assert await client.get_remote_visitor_data_async("v", timeout=1) == []

    with monkeypatch.context() as patch:
        patch.setattr(threading.Thread, "start", start)
        asyncio.run(main())


def test_events_are_told(platform: Platform, make_online: Any, library: str) -> None:
    told: list[Any] = []

    class Handler:
        def on_request_succeeded(self, request_type: Any, http_status: int, duration_millis: int) -> None:
            told.append((request_type.value, http_status))

        def on_request_failed(self, request_type: Any, failure: Any, duration_millis: int) -> None:
            told.append((request_type.value, failure.http_status))

    platform.remote_data["key"] = 5
    client = make_online(default_timeout_millisecond=20_000)
    assert client.wait_init()
    client.set_event_handler(EventType.HTTP_REQUEST, Handler())

    async def main() -> None:
        await client.get_remote_data_async("key")
        await client.get_remote_data_async("missing")

    asyncio.run(main())
    eventually(lambda: ("REMOTE_DATA", 404) in told)
    assert [event for event in told if event[0] == "REMOTE_DATA"] == [("REMOTE_DATA", 200), ("REMOTE_DATA", 404)]


def test_importing_needs_none_of_it() -> None:
    program = (
        "import sys, kameleoon\n"
        "for name in ('asyncio', 'aiohttp', 'requests', 'urllib3', 'kameleoon._async', 'kameleoon._network.http'):\n"
        "    assert name not in sys.modules, name\n"
    )
    subprocess.run([sys.executable, "-c", program], check=True, timeout=60)
