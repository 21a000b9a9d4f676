"""The data file is followed whatever becomes of the stream, and says so where it is not."""

from __future__ import annotations

import socket
import threading
import time
import zlib
from collections.abc import Iterator
from typing import Any

import pytest

from kameleoon.events import DataFileUpdateEvent, EventType
from kameleoon.logging.kameleoon_logger import KameleoonLogger
from kameleoon.logging.log_level import LogLevel
from kameleoon.testing import Platform
from tests.data_files import data_file, flag
from tests.integration.conftest import eventually
from tests.integration.streaming import UPDATE, Service, begin

QUICK = 0.4 / 60
"""A refresh interval of 0.4 s, in minutes."""


@pytest.fixture
def service() -> Iterator[Service]:
    running = Service()
    yield running
    running.close()


def state(client: Any) -> str:
    return client.stats().data_source.state


# A stream that does not stream


@pytest.mark.parametrize("behaviour", ["refuse", "hang_up", "be_half_open"])
def test_without_a_stream_that_works_changes_are_seen_at_the_next_poll(
    service: Service, make_online: Any, log: Any, behaviour: str
) -> None:
    service.stream = getattr(service, behaviour)
    client = make_online(endpoint=service.origin, refresh_interval_minute=QUICK)
    assert client.wait_init()
    eventually(lambda: service.streams > 0)
    for key in ("second", "third"):
        service.set_flag(key)
        eventually(lambda key=key: client.get_feature_list() == [key], 5)


def test_a_streaming_client_polls_conditionally(service: Service, make_online: Any) -> None:
    client = make_online(endpoint=service.origin, refresh_interval_minute=QUICK)
    assert client.wait_init()
    eventually(lambda: service.open_streams == 1)
    eventually(lambda: len(service.fetches) >= 5, 5)
    assert state(client) == "streaming"
    service.set_flag("missed")
    eventually(lambda: client.get_feature_list() == ["missed"], 5)


def test_an_update_in_the_gap_before_the_stream_is_opened_again_is_not_missed(
    service: Service, make_online: Any, log: Any
) -> None:
    client = make_online(endpoint=service.origin)
    assert client.wait_init()
    eventually(lambda: service.open_streams == 1)
    service.said.put(None)
    eventually(lambda: service.open_streams == 0)
    service.set_flag("gap")
    eventually(lambda: client.get_feature_list() == ["gap"], 10)
    eventually(lambda: service.streams == 2)


def test_a_stream_that_never_answers_is_given_up_and_opened_again(service: Service, make_online: Any, log: Any) -> None:
    service.stream = lambda handler: time.sleep(3)
    client = make_online(endpoint=service.origin, default_timeout_millisecond=500)
    assert client.wait_init()
    eventually(lambda: service.streams == 1)
    service.stream = service.follow
    eventually(lambda: state(client) == "streaming", 10)


@pytest.mark.long
def test_a_stream_whose_heartbeats_stay_out_is_opened_again(service: Service, make_online: Any, log: Any) -> None:
    KameleoonLogger.set_log_level(LogLevel.INFO)
    client = make_online(endpoint=service.origin)
    assert client.wait_init()
    eventually(lambda: service.open_streams == 1)
    for _ in range(4):
        service.said.put(b": still here\n")
        time.sleep(0.1)
    eventually(lambda: service.streams == 2, 20)
    eventually(lambda: "no heartbeat for" in log)


# Events


def test_300_events_at_once_are_two_fetches_at_most(service: Service, make_online: Any) -> None:
    client = make_online(endpoint=service.origin)
    assert client.wait_init()
    eventually(lambda: state(client) == "streaming")
    eventually(lambda: len(service.fetches) == 2)  # the first one, and the one for the stream
    service.before_answer = lambda: time.sleep(0.5)
    service.said.put(UPDATE * 300)
    eventually(lambda: len(service.fetches) == 3)
    service.set_flag("last")
    eventually(lambda: client.get_feature_list() == ["last"], 5)
    time.sleep(1.2)
    assert len(service.fetches) <= 4
    assert [path.endswith("?ts=5") for _, path in service.fetches[2:]] == [True] * len(service.fetches[2:])


def test_an_event_whose_fetch_fails_is_followed_all_the_same_and_streaming_goes_on(
    service: Service, make_online: Any, log: Any
) -> None:
    client = make_online(endpoint=service.origin)
    assert client.wait_init()
    eventually(lambda: state(client) == "streaming")
    service.failures = [(500, {})] * 4
    service.set_flag("second")
    service.said.put(UPDATE)
    eventually(lambda: client.get_feature_list() == ["second"], 20)
    assert service.streams == 1
    service.set_flag("third")
    service.said.put(UPDATE)
    eventually(lambda: client.get_feature_list() == ["third"], 5)


@pytest.mark.long
def test_an_event_waits_for_as_long_as_the_service_asks_for(service: Service, make_online: Any, log: Any) -> None:
    client = make_online(endpoint=service.origin, refresh_interval_minute=1)
    assert client.wait_init()
    eventually(lambda: len(service.fetches) == 2)
    service.failures = [(503, {"Retry-After": "2"})]
    service.set_flag("second")
    service.said.put(UPDATE)
    eventually(lambda: len(service.fetches) == 3)
    service.said.put(UPDATE * 3)
    eventually(lambda: client.get_feature_list() == ["second"], 10)
    assert len(service.fetches) == 4
    assert service.fetches[3][0] - service.fetches[2][0] >= 1.9


def test_a_compressed_stream_is_read(service: Service, make_online: Any) -> None:
    def compressed(handler: Any) -> None:
        packer = zlib.compressobj(wbits=31)
        begin(handler, Content_Encoding="gzip")
        while (text := service.said.get()) is not None:
            handler.wfile.write(packer.compress(text) + packer.flush(zlib.Z_SYNC_FLUSH))
            handler.wfile.flush()

    service.stream = compressed
    client = make_online(endpoint=service.origin)
    assert client.wait_init()
    eventually(lambda: len(service.fetches) == 2)
    service.set_flag("second")
    service.said.put(UPDATE)
    eventually(lambda: client.get_feature_list() == ["second"], 5)


def test_an_endless_event_costs_little_and_ends_the_stream(service: Service, make_online: Any, log: Any) -> None:
    sent = []

    def endless(handler: Any) -> None:
        begin(handler)
        while True:
            handler.wfile.write(b"data: " + b"x" * 1000 + b"\n")
            sent.append(1000)

    service.stream = endless
    client = make_online(endpoint=service.origin)
    start = time.process_time()
    assert client.wait_init()
    eventually(lambda: len(sent) > 100)
    service.stream = service.follow
    eventually(lambda: state(client) == "streaming" and service.streams == 2, 20)
    assert sum(sent) < 20_000_000, "what was on its way when it was cut off"
    assert time.process_time() - start < 5
    service.set_flag("second")
    service.said.put(UPDATE)
    eventually(lambda: client.get_feature_list() == ["second"], 5)


# Beginning and end


def stream_threads() -> int:
    return sum(thread.name == "kameleoon-stream" for thread in threading.enumerate())


def test_closing_during_the_first_fetch_leaves_nothing_behind(service: Service, make_online: Any) -> None:
    before = stream_threads()
    is_asked, may_answer = threading.Event(), threading.Event()
    service.before_answer = lambda: (is_asked.set(), may_answer.wait(10))
    client = make_online(endpoint=service.origin)
    assert is_asked.wait(10)
    client.close(0.1)
    may_answer.set()
    time.sleep(1)
    assert service.streams == 0
    assert stream_threads() == before


def test_closing_ends_a_stream_that_is_not_yet_connected(service: Service, make_online: Any) -> None:
    before = stream_threads()
    may_end = threading.Event()
    service.stream = lambda handler: may_end.wait(30)
    client = make_online(endpoint=service.origin, default_timeout_millisecond=30_000)
    assert client.wait_init()
    eventually(lambda: service.streams == 1)
    client.close()
    eventually(lambda: stream_threads() == before, 10)
    may_end.set()


def test_closing_ends_the_stream(service: Service, make_online: Any) -> None:
    before = stream_threads()
    client = make_online(endpoint=service.origin)
    assert client.wait_init()
    eventually(lambda: service.open_streams == 1)
    client.close()
    assert state(client) == "stopped"
    eventually(lambda: service.open_streams == 0, 5)
    eventually(lambda: stream_threads() == before, 5)


def test_a_handler_of_the_first_data_file_finds_the_client_ready(service: Service, make_online: Any) -> None:
    found: list[Any] = []

    class Handler:
        def on_update(self, event: DataFileUpdateEvent) -> None:
            start = time.monotonic()
            found.append((client.is_ready(), client.wait_init(5000), time.monotonic() - start < 1))

    may_answer = threading.Event()
    service.before_answer = lambda: may_answer.wait(10)
    client = make_online(endpoint=service.origin)
    client.set_event_handler(EventType.DATAFILE_UPDATE, Handler())
    may_answer.set()
    eventually(lambda: found == [(True, True, True)])


def test_a_handler_of_an_update_by_the_stream_finds_the_client_ready(service: Service, make_online: Any) -> None:
    found: list[Any] = []
    client = make_online(endpoint=service.origin)
    client.on_update_configuration(lambda: found.append((client.is_ready(), client.wait_init(5000))))
    assert client.wait_init()
    eventually(lambda: state(client) == "streaming")
    service.set_flag("second")
    service.said.put(UPDATE)
    eventually(lambda: found == [(True, True)])


class Refusing:
    """A port at which nobody listens, until ``start``."""

    def __init__(self) -> None:
        self._held = socket.socket()
        self._held.bind(("127.0.0.1", 0))
        self.port = self._held.getsockname()[1]
        self.origin = f"http://127.0.0.1:{self.port}"

    def start(self) -> Service:
        self._held.close()
        return Service(self.port)


@pytest.mark.long
def test_clients_are_ready_soon_after_a_service_that_was_down_for_long_and_not_all_at_once(
    make_online: Any, log: Any
) -> None:
    down = Refusing()
    clients = [make_online(endpoint=down.origin) for _ in range(8)]
    assert clients[0].wait_init() is False
    time.sleep(16)
    service = down.start()
    back = time.monotonic()
    try:
        for client in clients:
            assert client.wait_init(20_000, keep_trying=True)
        assert time.monotonic() - back < 5
        fetches = sorted(moment for moment, _ in service.fetches)  # two of each client: one more as the stream opens
        assert fetches[-1] - fetches[0] > 0.5
    finally:
        service.close()


@pytest.mark.long
@pytest.mark.slow
@pytest.mark.alone
def test_100_clients_that_wait_for_a_service_do_not_come_at_once(service: Service, make_online: Any, log: Any) -> None:
    service.status = 500
    clients = [make_online(endpoint=service.origin) for _ in range(100)]
    time.sleep(8)
    service.status = 200
    back = time.monotonic()
    for client in clients:
        assert client.wait_init(30_000, keep_trying=True)
    first: list[float] = sorted(moment - back for moment, _ in service.fetches if moment > back)[:100]
    busiest = max(sum(start <= moment < start + 0.2 for moment in first) for start in first)
    assert busiest < 50, "an even spread is 10 in 0.2 s"


# What it says


def test_the_figures_say_how_the_data_file_is_followed(service: Service, make_online: Any, log: Any) -> None:
    before = time.time()
    client = make_online(endpoint=service.origin, refresh_interval_minute=2)
    assert client.wait_init()
    eventually(lambda: state(client) == "streaming" and client.stats().data_source.next_fetch)
    found = client.stats().data_source
    assert before - 1 <= found.since <= time.time() + 1
    assert before - 1 <= found.last_fetch <= time.time() + 1
    assert before + 60 <= found.next_fetch <= time.time() + 140
    assert (found.why, found.stale_since, found.is_stale, found.last_failure) == (None, None, False, None)
    service.failures = [(500, {})] * 2
    service.stream = service.refuse
    service.said.put(UPDATE)
    eventually(lambda: client.stats().data_source.last_failure is not None)
    found = client.stats().data_source
    assert "HTTP status 500" in found.last_failure
    assert before - 1 <= found.last_failure_at <= time.time() + 1
    service.said.put(None)
    eventually(lambda: "HTTP status 503" in (client.stats().data_source.why or ""), 20)
    assert state(client) == "polling"


def test_a_client_without_real_time_updates_says_so(platform: Platform, make_online: Any) -> None:
    platform.set_data_file(data_file(flag()))
    client = make_online()
    assert client.wait_init()
    eventually(lambda: state(client) == "polling")
    assert client.stats().data_source.why == "the data file does not ask for real-time updates"


def test_an_offline_client_has_no_data_source(make_client: Any) -> None:
    assert make_client(data_file(flag())).stats().data_source is None
