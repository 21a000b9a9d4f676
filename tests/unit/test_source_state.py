"""The state machine of the data source, as a table: what it does after which events; and what always holds."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kameleoon._network.backoff import Backoff
from kameleoon._source.actions import Action, CloseStream, Fetch, OpenStream, Status, TellStatus, WakeAt
from kameleoon._source.events import (
    Due,
    Event,
    Fetched,
    FetchFailed,
    Followed,
    Led,
    Outcome,
    Started,
    Stopped,
    StreamEvent,
    StreamHeartbeat,
    StreamLost,
    StreamOpened,
    StreamRefused,
)
from kameleoon._source.pace import Pace
from kameleoon._source.state import State, step


def middle() -> float:
    return 0.5


def latest() -> float:
    return 1.0


def pace(chance: Any = middle, **changes: Any) -> Pace:
    """Polls every 100 s; with chance in the middle a pause is 0.55 of the longest one."""
    times = {
        "refresh_interval": 100.0,
        "first_retries": Backoff(0.5, 4.0, chance),
        "retries": Backoff(2.0, 60.0, chance),
        "reopenings": Backoff(3.0, 60.0, chance),
        "opening": 10.0,
        "chance": chance,
    }
    return Pace(**{**times, **changes})


class Machine:
    """A state with its clock: wakes it up when it asks for that, and notes what it does and when."""

    def __init__(self, pace: Pace) -> None:
        self.pace = pace
        self.now = 0.0
        self.state = State()
        self.wakes: list[float] = []
        self.done: list[tuple[float, Action]] = []
        self.told: list[Status] = []

    def tell(self, *events: Event) -> Machine:
        for event in events:
            self.state, actions = step(self.state, event, self.now, self.pace)
            for action in actions:
                if isinstance(action, WakeAt):
                    assert action.moment > self.now, "never at once again"
                    self.wakes.append(action.moment)
                elif isinstance(action, TellStatus):
                    self.told.append(action.status)
                else:
                    self.done.append((round(self.now, 3), action))
            assert self.state.status.name == "stopped" or sorted(self.wakes) == sorted(self.state.wakes)
        return self

    def wait(self, seconds: float) -> Machine:
        until = self.now + seconds
        while self.wakes and min(self.wakes) <= until:
            self.now = min(self.wakes)
            self.wakes.remove(self.now)
            self.tell(Due(self.now))
        self.now = until
        return self

    def take(self) -> list[tuple[float, Action]]:
        done, self.done = self.done, []
        return done


CHANGED = Fetched(Outcome.CHANGED, wants_stream=False)
STREAMED = Fetched(Outcome.CHANGED, wants_stream=True)
SAME = Fetched(Outcome.NOT_MODIFIED, wants_stream=True)
FAILED = FetchFailed("HTTP status 500")
POLL = Fetch()
OPENED = Fetch(is_by_stream=True)
NEWS = Fetch(7, is_by_stream=True)

# Each row: events, and pauses in seconds between them; then what is done, with its moment.
SHARED = Started(is_shared=True)

TABLE: dict[str, tuple[list[Any], list[tuple[float, Action]]]] = {
    "who shares a data file waits to be told to fetch": ([SHARED, 2.9], []),
    "who is told nothing fetches, soon where there is no data file": ([SHARED, 3.1], [(3, POLL)]),
    "and later where there is one": ([Started(True, True), 23], [(22.5, POLL)]),
    "who leads fetches, and streams": (
        [SHARED, 1, Led(), STREAMED, StreamOpened(1), SAME, 1],
        [(1, POLL), (1, OpenStream(1)), (1, OPENED)],
    ),
    "who follows does neither": ([SHARED, *[Followed(0.0), 10] * 9], []),
    "who follows no more ends the stream": (
        [SHARED, Led(), STREAMED, StreamOpened(1), SAME, 5, Followed(5.0), 10, Followed(5.0), 1],
        [(0, POLL), (0, OpenStream(1)), (0, OPENED), (5, CloseStream(1))],
    ),
    "who began to follow while it fetched opens no stream": (
        [SHARED, Led(), Followed(0.0), STREAMED, 10],
        [(0, POLL)],
    ),
    "who leads again fetches again": (
        [SHARED, Led(), CHANGED, 5, Led()],
        [(0, POLL), (5, POLL)],
    ),
    "who follows and is told no more goes on alone after a while": (
        [SHARED, Followed(0.0), 23, CHANGED, 100],
        [(0 + 22.5, POLL), (123, POLL)],
    ),
    "who follows fetches once where what it is given is too old": (
        # Due after 110 s, too old 60 to 120 s later; then again an interval after its own.
        [SHARED, *[Followed(0.0), 10] * 20, CHANGED, *[Followed(0.0), 10] * 10],
        [(200, POLL), (300, POLL)],
    ),
    "and not if it is given a later one": (
        [SHARED, *[Followed(0.0), 10] * 15, *[Followed(150.0), 10] * 15],
        [],
    ),
    "it fetches when it starts": ([Started()], [(0, POLL)]),
    "it polls each interval": ([Started(), CHANGED, 100, CHANGED, 100], [(0, POLL), (100, POLL), (200, POLL)]),
    "it opens the stream when the data file asks for it": ([Started(), STREAMED], [(0, POLL), (0, OpenStream(1))]),
    "it fetches when the stream opens: something may have changed before": (
        [Started(), STREAMED, 1, StreamOpened(1)],
        [(0, POLL), (0, OpenStream(1)), (1, OPENED)],
    ),
    "it polls while it streams": (
        [Started(), STREAMED, 1, StreamOpened(1), SAME, 100, SAME, 100],
        [(0, POLL), (0, OpenStream(1)), (1, OPENED), (101, POLL), (201, POLL)],
    ),
    "it polls while the stream is refused": (
        [Started(), STREAMED, 1, StreamRefused(1, "HTTP status 503", 1000.0), 150],
        [(0, POLL), (0, OpenStream(1)), (100, POLL)],
    ),
    "an event is a fetch": (
        [Started(), STREAMED, StreamOpened(1), SAME, 5, StreamEvent(1, 7)],
        [(0, POLL), (0, OpenStream(1)), (0, OPENED), (5, NEWS)],
    ),
    "300 events are one fetch and one more": (
        [Started(), STREAMED, StreamOpened(1), SAME, 5, *[StreamEvent(1, number) for number in range(300)], SAME, SAME],
        [(0, POLL), (0, OpenStream(1)), (0, OPENED), (5, Fetch(0, True)), (5, Fetch(299, True))],
    ),
    "an event during a fetch that fails is followed, and so is the one that the fetch was for": (
        [Started(), STREAMED, StreamOpened(1), SAME, 5, StreamEvent(1, 7), FAILED, 1.2, SAME],
        [(0, POLL), (0, OpenStream(1)), (0, OPENED), (5, NEWS), (6.1, NEWS)],
    ),
    "an event while fetches fail is followed soon, but not at once": (
        [Started(), STREAMED, StreamOpened(1), SAME, 5, *[StreamEvent(1, 7), FAILED] * 1, 0.1, StreamEvent(1, 8), 2],
        [(0, POLL), (0, OpenStream(1)), (0, OPENED), (5, NEWS), (6.1, Fetch(8, True))],
    ),
    "failed fetches are tried again with growing pauses": (
        [Started(True), CHANGED, 100, FAILED, 1.1, FAILED, 2.2, FAILED, 4.4, CHANGED],
        [(0, POLL), (100, POLL), (101.1, POLL), (103.3, POLL), (107.7, POLL)],
    ),
    "before the first data file pauses are short, and stay so": (
        [Started(), *[FAILED, 2.2] * 8],
        [(0, POLL), (0.275, POLL), *[(2.2 * n + p, POLL) for n, p in [(1, 0.55), (2, 1.1)]], *[(2.2 * n, POLL) for n in range(4, 9)]],
    ),
    "a service that refuses the site is not hammered": (
        [Started(), FetchFailed("HTTP status 403", is_refused=True), 1.2, CHANGED, 100, FetchFailed("403", None, True), 99],
        [(0, POLL), (1.1, POLL), (101.2, POLL)],
    ),
    "polls wait as long as the service asks for": (
        [Started(True), CHANGED, 100, FetchFailed("HTTP status 503", 300.0), 290, 12],
        [(0, POLL), (100, POLL), (401.0, POLL)],
    ),
    "the first fetch waits as long as the service asks for": (
        [Started(), FetchFailed("HTTP status 503", 30.0), 29, 2],
        [(0, POLL), (30.25, POLL)],
    ),
    "events wait as long as the service asks for": (
        [Started(), STREAMED, StreamOpened(1), FetchFailed("HTTP status 503", 30.0), 5, StreamEvent(1, 7), 24, 5],
        [(0, POLL), (0, OpenStream(1)), (0, OPENED), (31.0, NEWS)],
    ),
    "a reopened stream waits with its fetch as long as the service asks for": (
        [Started(), STREAMED, StreamOpened(1), FetchFailed("HTTP status 503", 30.0), StreamLost(1, "reset"), 2, StreamOpened(2), 27, 3],
        [(0, POLL), (0, OpenStream(1)), (0, OPENED), (1.65, OpenStream(2)), (31.0, OPENED)],
    ),
    "a lost stream is opened again with growing pauses": (
        [Started(), STREAMED, StreamRefused(1, "503"), 2, StreamRefused(2, "503"), 4, StreamRefused(3, "503"), 7],
        [(0, POLL), (0, OpenStream(1)), (1.65, OpenStream(2)), (5.3, OpenStream(3)), (12.6, OpenStream(4))],
    ),
    "a stream that is accepted and lost at once is a failure as well": (
        [
            *[Started(), STREAMED, StreamOpened(1), SAME, StreamLost(1, "closed"), 2],
            *[StreamOpened(2), SAME, StreamLost(2, "closed"), 4, StreamOpened(3), SAME],
        ],
        [(0, POLL), (0, OpenStream(1)), (0, OPENED), (1.65, OpenStream(2)), (2, OPENED), (5.3, OpenStream(3)), (6, OPENED)],
    ),
    "after a stream that stayed up the pauses start anew": (
        [
            *[Started(), STREAMED, StreamRefused(1, "503"), 2, StreamRefused(2, "503"), 4, StreamOpened(3), SAME, 30],
            *[StreamLost(3, "closed"), 2],
        ],
        [(0, POLL), (0, OpenStream(1)), (1.65, OpenStream(2)), (5.3, OpenStream(3)), (6, OPENED), (37.65, OpenStream(4))],
    ),
    "a refused stream waits as long as the service asks for": (
        [Started(), STREAMED, StreamRefused(1, "HTTP status 503", 20.0), 19, 3],
        [(0, POLL), (0, OpenStream(1)), (21.5, OpenStream(2))],
    ),
    "a stream that does not connect is given up": (
        [Started(), STREAMED, 12],
        [(0, POLL), (0, OpenStream(1)), (10, CloseStream(1)), (11.65, OpenStream(2))],
    ),
    "a stream that was given up is heard no more": (
        [Started(), STREAMED, 12, StreamOpened(1), StreamEvent(1, 7), StreamLost(1, "closed")],
        [(0, POLL), (0, OpenStream(1)), (10, CloseStream(1)), (11.65, OpenStream(2))],
    ),
    "a stream without heartbeats is never too silent": (
        [Started(), STREAMED, StreamOpened(1), SAME, 99],
        [(0, POLL), (0, OpenStream(1)), (0, OPENED)],
    ),
    "one whose heartbeats stay out is": (
        [Started(), STREAMED, StreamOpened(1), SAME, *[StreamHeartbeat(1), 5] * 3, 16],
        [(0, POLL), (0, OpenStream(1)), (0, OPENED), (30, CloseStream(1))],
    ),
    "events are signs of life": (
        [Started(), STREAMED, StreamOpened(1), SAME, *[StreamHeartbeat(1), 5] * 3, StreamEvent(1, 7), SAME, 19, 2, 2],
        [(0, POLL), (0, OpenStream(1)), (0, OPENED), (15, NEWS), (35, CloseStream(1)), (36.65, OpenStream(2))],
    ),
    "the stream is closed when the data file asks for it no more": (
        [Started(), STREAMED, StreamOpened(1), CHANGED, 1, StreamEvent(1, 7), StreamLost(1, "closed"), 9],
        [(0, POLL), (0, OpenStream(1)), (0, OPENED), (0, CloseStream(1))],
    ),
    "and opened when it asks for it again": (
        [Started(), STREAMED, StreamOpened(1), CHANGED, 100, STREAMED],
        [(0, POLL), (0, OpenStream(1)), (0, OPENED), (0, CloseStream(1)), (100, POLL), (100, OpenStream(2))],
    ),
    "a failed fetch leaves the stream alone": (
        [Started(), STREAMED, StreamOpened(1), FAILED, 0.5, StreamEvent(1, 7), 2],
        [(0, POLL), (0, OpenStream(1)), (0, OPENED), (1.1, NEWS)],
    ),
    "the end closes the stream, and nothing follows": (
        [Started(), STREAMED, StreamOpened(1), Stopped(), SAME, StreamEvent(1, 7), Stopped(), 1000],
        [(0, POLL), (0, OpenStream(1)), (0, OPENED), (0, CloseStream(1))],
    ),
    "an end during the first fetch opens no stream": ([Started(), Stopped(), STREAMED, 1000], [(0, POLL)]),
}  # fmt: skip


@pytest.mark.parametrize("row", TABLE)
def test_what_it_does(row: str) -> None:
    script, expected = TABLE[row]
    machine = Machine(pace())
    for item in script:
        if isinstance(item, (int, float)):
            machine.wait(item)
        else:
            machine.tell(item)
    assert machine.done == [(pytest.approx(moment), action) for moment, action in expected]


def statuses(*script: Any) -> list[tuple[float, str, str | None, float | None]]:
    machine = Machine(pace())
    for item in script:
        machine.wait(item) if isinstance(item, (int, float)) else machine.tell(item)
    return [(round(status.since, 3), status.name, status.why, status.stale_since) for status in machine.told]


def test_it_tells_how_it_stands() -> None:
    lost = "the event stream was lost: it was closed"
    assert statuses(
        Started(), 1, STREAMED, 1, StreamOpened(1), SAME, StreamLost(1, "it was closed"), 2, StreamOpened(2)
    ) == [
        (0, "connecting", None, None),
        (2, "streaming", None, None),
        (2, "polling", lost, None),
        (4, "streaming", None, None),
    ]
    no_stream = "the data file does not ask for real-time updates"
    assert statuses(Started(), FAILED, 0.3, CHANGED, Stopped()) == [
        (0, "connecting", None, None),
        (0, "polling", "no data file could be fetched: HTTP status 500", None),
        (0, "polling", no_stream, None),
        (0.3, "stopped", None, None),
    ]


def test_it_tells_when_the_data_file_is_stale_and_when_it_is_not() -> None:
    no_stream = "the data file does not ask for real-time updates"
    again = [*[FAILED, 33.0] * 8]
    assert statuses(Started(True), CHANGED, 100, *again[:2])[1:] == [(0, "polling", no_stream, None)]
    told = statuses(Started(True), CHANGED, 100, *again, CHANGED)
    assert told[1:] == [
        (0, "polling", no_stream, None),
        (0, "polling", no_stream, 100.0),
        (0, "polling", no_stream, None),
    ]


def test_an_event_that_cannot_be_followed_for_a_minute_makes_the_data_file_stale() -> None:
    told = statuses(Started(), STREAMED, StreamOpened(1), SAME, 5, StreamEvent(1, 7), *[FAILED, 33.0] * 3)
    assert told[-1] == (0, "streaming", None, 5.0)


def test_polls_are_spread() -> None:
    moments = []
    for chance in (0.0, 0.999):
        machine = Machine(pace(lambda chance=chance: chance)).tell(Started(), CHANGED).wait(120)
        moments.append(machine.take()[-1][0])
    assert moments == [pytest.approx(90), pytest.approx(110, abs=0.1)]


def test_the_usual_pace_keeps_the_promise_of_five_seconds() -> None:
    usual = Pace.usual(3600, 10)
    for failures in range(1, 100):
        assert 0 < usual.first_retries.pause(failures) <= 4


def test_the_page_tells_the_times() -> None:
    usual = Pace.usual(3600, 10)
    page = " ".join((Path(__file__).parents[2] / "docs" / "data-file.md").read_text("utf-8").split())
    assert f"the pauses are at most {usual.first_retries.cap:.0f} s" in page
    assert f"after a pause: at random up to {usual.retries.base:.0f} s" in page
    assert f"after a pause: at random up to {usual.reopenings.base:.0f} s" in page
    assert f"({usual.shortest_silence:.0f} s at least)" in page
    assert f"{usual.spread:.0%} more or less" in page.replace(" %", "%")
    assert (usual.retries.cap, usual.reopenings.cap, usual.patience, usual.steady) == (60, 60, 60, 30), (
        "a minute, half a one"
    )


def test_wake_ups_do_not_pile_up() -> None:
    machine = Machine(pace(opening=5.0)).tell(Started(), STREAMED)
    for _ in range(500):
        number = machine.state.stream_number
        machine.tell(StreamOpened(number), *[StreamHeartbeat(number)] * 3, SAME, StreamLost(number, "closed")).wait(61)
    assert len(machine.wakes) < 10


# Whatever happens, there is a next thing to do.

PERIOD = st.sampled_from([0.0, 0.001, 0.5, 3.0, 20.0, 120.0])
RETRY_AFTER = st.sampled_from([None, None, None, 1.0, 500.0])
MOVES = st.one_of(
    st.tuples(st.just("wait"), PERIOD),
    st.tuples(st.just("fetched"), st.booleans()),
    st.tuples(st.just("failed"), RETRY_AFTER),
    st.tuples(st.just("opened"), st.integers(0, 1)),
    st.tuples(st.just("event"), st.integers(0, 1)),
    st.tuples(st.just("heartbeat"), st.integers(0, 1)),
    st.tuples(st.just("lost"), st.integers(0, 1)),
    st.tuples(st.just("refused"), RETRY_AFTER),
    st.tuples(st.just("led"), st.none()),
    st.tuples(st.just("followed"), st.sampled_from([None, 0.0, 5.0, 100.0])),
)


class World:
    """The service, the stream and the network, as a machine sees them."""

    def __init__(self, chance: Any) -> None:
        self.machine = Machine(pace(chance)).tell(Started())
        self.left_alone_until = 0.0
        self.streams: set[int] = set()

    def play(self, kind: str, value: Any) -> None:
        """``opened``, ``event``, …: of the latest stream, or of the one before."""
        machine = self.machine
        number = machine.state.stream_number - (value if isinstance(value, int) else 0)
        if kind == "wait":
            machine.wait(value)
        elif kind in ("fetched", "failed"):
            if machine.state.under_way is not None:
                if kind == "failed" and value is not None:
                    self.left_alone_until = machine.now + value + 2.0
                machine.tell(Fetched(Outcome.CHANGED, value) if kind == "fetched" else FetchFailed("down", value))
        elif kind in ("refused", "lost"):
            if number in self.streams:
                self.streams.discard(number)
                retry_after = value if kind == "refused" else None
                machine.tell(
                    StreamRefused(number, "503", retry_after) if kind == "refused" else StreamLost(number, "x")
                )
        elif kind == "led":
            machine.tell(Led())
        elif kind == "followed":
            machine.tell(Followed(None if value is None else max(0.0, machine.now - value)))
        elif kind == "opened":
            machine.tell(StreamOpened(number))
        else:
            machine.tell(StreamEvent(number, 1) if kind == "event" else StreamHeartbeat(number))

    def look(self) -> None:
        """What always holds."""
        machine, state = self.machine, self.machine.state
        for _, action in machine.take():
            if isinstance(action, OpenStream):
                assert not self.streams, "never two streams"
                self.streams.add(action.number)
            elif isinstance(action, CloseStream):
                self.streams.remove(action.number)
        latest_moment = max(machine.now + 110.1, self.left_alone_until)
        if state.following is not None:
            assert not self.streams, "who follows has no stream"
            latest_moment = machine.now + 30.0  # then it goes on alone
        if state.under_way is None:
            assert machine.wakes, "a wake-up is asked for"
            assert min(machine.wakes) <= latest_moment
            assert state.following is not None or state.fetch_at <= latest_moment


@settings(max_examples=300, deadline=None)
@given(st.lists(MOVES, max_size=60), st.sampled_from([middle, latest]))
def test_there_is_always_a_next_thing_to_do_and_the_last_event_is_followed(moves: list[Any], chance: Any) -> None:
    world = World(chance)
    machine = world.machine
    world.look()
    for kind, value in moves:
        world.play(kind, value)
        world.look()
    if machine.state.status.name == "streaming":
        machine.tell(StreamEvent(machine.state.stream_number, 99))
        if Fetch(99, is_by_stream=True) not in [action for _, action in machine.done] and machine.state.under_way:
            machine.tell(FetchFailed("down"))  # the fetch under way, which began before the event
        machine.wait(max(world.left_alone_until - machine.now, 0.0) + 61)
        assert Fetch(99, is_by_stream=True) in [action for _, action in machine.done]
    machine.tell(Stopped())
    machine.take()
    machine.wait(10_000)
    assert machine.done == []
