"""The driver of the data source, with a source that does what the test says, at a quick pace."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from types import SimpleNamespace
from typing import Any

import pytest

from kameleoon._lanes import Lane
from kameleoon._network.backoff import Backoff
from kameleoon._network.deadline import Deadline
from kameleoon._source.data_source import DataSource
from kameleoon._source.events import Outcome
from kameleoon._source.pace import Pace
from kameleoon._source.readiness import Readiness
from kameleoon._source.source import SourceError
from kameleoon.events import DataFileUpdateEvent
from kameleoon.logging.kameleoon_logger import KameleoonLogger
from kameleoon.logging.log_level import LogLevel
from tests.integration.conftest import eventually


class Source:
    def __init__(self) -> None:
        self.slot = SimpleNamespace(
            is_fetched=False,
            source="none",
            settings=SimpleNamespace(real_time_update=False, date_modified=7),
            note_failure=lambda reason: None,
        )
        self.answer: Any = Outcome.CHANGED
        self.timestamps: list[int | None] = []

    def fetch(self, timestamp: int | None) -> Outcome:
        self.timestamps.append(timestamp)
        answer = self.answer() if callable(self.answer) else self.answer
        if isinstance(answer, BaseException):
            raise answer
        self.slot.is_fetched, self.slot.source = True, "service"
        return answer


class Bench:
    """A data source with everything that it needs, and what it has told."""

    def __init__(self) -> None:
        self.source = Source()
        self.lane = Lane("test-configuration")
        self.updates: list[DataFileUpdateEvent] = []
        self.statuses: list[Any] = []
        self.made: DataSource | None = None

    def make(self, open_stream: Callable[[Any], Any] | None = None, **changes: Any) -> DataSource:
        retries = Backoff(0.05, 0.1)
        times = {"refresh_interval": 0.2, "first_retries": retries, "retries": retries, "reopenings": retries}
        pace = Pace(**{"opening": 2.0, "patience": 0.5, **times, **changes})
        slot: Any = self.source.slot
        self.made = DataSource(
            self.source,
            open_stream,
            pace,
            slot,
            self.lane,
            Readiness("site", None, is_ready=slot.is_fetched),
            on_update=self.updates.append,
        )
        self.made.add_listener(self.statuses.append)
        return self.made

    def start(self, open_stream: Callable[[Any], Any] | None = None, **changes: Any) -> DataSource:
        made = self.make(open_stream, **changes)
        made.start()
        return made


@pytest.fixture
def bench() -> Iterator[Bench]:
    made = Bench()
    yield made
    if made.made is not None:
        made.made.stop()
    made.lane.stop()


def wait(source: DataSource, seconds: float = 10, *, keep_trying: bool = False) -> bool:
    return source.wait(Deadline.after(seconds), keep_trying=keep_trying)


def test_it_fetches_polls_and_tells(bench: Bench) -> None:
    source = bench.start()
    assert wait(source)
    eventually(lambda: len(bench.source.timestamps) >= 3)
    assert bench.updates[0] == DataFileUpdateEvent(DataFileUpdateEvent.Source.POLLING, 7)
    eventually(lambda: [status.state for status in bench.statuses] == ["connecting", "polling"])
    assert source.status.state == "polling"


@pytest.mark.parametrize("outcome", [Outcome.NOT_MODIFIED, Outcome.OLDER])
def test_what_is_not_put_to_use_is_no_update(bench: Bench, outcome: Outcome) -> None:
    bench.source.answer = outcome
    assert wait(bench.start())
    eventually(lambda: len(bench.source.timestamps) >= 2)
    assert bench.updates == []


@pytest.mark.parametrize(
    "error", [SourceError("down"), RuntimeError("bug"), SystemExit(1), KeyboardInterrupt(), MemoryError()]
)
def test_whatever_a_source_raises_it_is_asked_again(bench: Bench, log: Any, error: BaseException) -> None:
    bench.source.answer = error
    source = bench.start()
    assert wait(source) is False
    bench.source.answer = Outcome.CHANGED
    assert wait(source, keep_trying=True)
    assert source.status.last_failure is not None


def test_a_data_file_that_stays_out_is_told_of_once_and_so_is_its_return(bench: Bench, log: Any) -> None:
    KameleoonLogger.set_log_level(LogLevel.INFO)
    source = bench.start()
    assert wait(source)
    bench.source.answer = SourceError("the service is down")
    eventually(lambda: source.status.is_stale)
    eventually(lambda: any("is stale since" in line for _, line in log.lines))
    time.sleep(1)
    stale = [(level, line) for level, line in log.lines if "is stale since" in line]
    assert [level for level, _ in stale] == [LogLevel.WARNING]
    assert "the service is down" in stale[0][1]
    assert not any("is fetched again" in line for _, line in log.lines)
    bench.source.answer = Outcome.NOT_MODIFIED
    eventually(lambda: any(level is LogLevel.INFO and "is fetched again" in line for level, line in log.lines))
    eventually(lambda: not source.status.is_stale)
    assert [status.is_stale for status in bench.statuses] == [False, False, True, False]


def test_without_any_data_file_that_is_told_as_well(bench: Bench, log: Any) -> None:
    bench.source.answer = SourceError("the service is down")
    bench.start()
    eventually(lambda: any("there is no data file:" in line for _, line in log.lines))
    assert sum("there is no data file:" in line for _, line in log.lines) == 1


def test_a_stream_that_cannot_be_opened_does_no_harm(bench: Bench, log: Any) -> None:
    tried = []

    def refuse(_: Any) -> Any:
        tried.append(1)
        raise SystemExit(1)

    bench.source.slot.settings.real_time_update = True
    source = bench.start(refuse)
    assert wait(source)
    eventually(lambda: len(tried) >= 3 and len(bench.source.timestamps) >= 3)
    assert source.status.why == "the event stream was lost: SystemExit"


def test_where_no_thread_can_be_started_for_the_stream_it_polls_and_tries_again(
    bench: Bench, log: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    start, refused = threading.Thread.start, []

    def refuse(thread: threading.Thread) -> None:
        if thread.name == "kameleoon-stream":
            refused.append(thread)
            raise RuntimeError("can't start new thread")
        start(thread)

    monkeypatch.setattr(threading.Thread, "start", refuse)
    bench.source.slot.settings.real_time_update = True
    source = bench.start(lambda _: None)
    eventually(lambda: len(refused) >= 2 and len(bench.source.timestamps) >= 3)
    assert "RuntimeError" in source.status.why


def test_the_end_during_a_fetch_is_the_end(bench: Bench) -> None:
    is_asked, may_answer = threading.Event(), threading.Event()

    def answer() -> Outcome:
        is_asked.set()
        may_answer.wait(10)
        return Outcome.CHANGED

    bench.source.answer = answer
    bench.source.slot.settings.real_time_update = True
    opened: list[int] = []
    source = bench.start(lambda _: opened.append(1))
    assert is_asked.wait(10)
    source.stop()
    may_answer.set()
    time.sleep(0.5)
    assert (bench.updates, opened, bench.source.timestamps) == ([], [], [None])
    assert source.status.state == "stopped"
    assert source.status.next_fetch is None


def test_the_end_ends_waits(bench: Bench, log: Any) -> None:
    bench.source.answer = SourceError("down")
    source = bench.start()
    threading.Timer(0.3, source.stop).start()
    start = time.monotonic()
    assert wait(source, 30, keep_trying=True) is False
    assert time.monotonic() - start < 10


def test_waiters_are_told_without_a_thread_of_their_own(bench: Bench, log: Any) -> None:
    bench.source.answer = SourceError("down")
    source = bench.make()
    told = threading.Event()
    remove = source.readiness.add_waiter(told.set)
    assert source.readiness.outcome(keep_trying=False) is None
    source.start()
    assert told.wait(10)
    eventually(lambda: source.readiness.outcome(keep_trying=False) is False)
    assert source.readiness.outcome(keep_trying=True) is None
    bench.source.answer = Outcome.CHANGED
    eventually(lambda: source.readiness.outcome(keep_trying=True))
    remove()
    remove()


def test_a_listener_that_raises_is_no_hindrance(bench: Bench, log: Any) -> None:
    def raise_it(status: Any) -> None:
        raise SystemExit(1)

    source = bench.make()
    source.add_listener(raise_it)
    source.start()
    assert wait(source)
    eventually(lambda: len(bench.source.timestamps) >= 3)
