"""The state machine of a data source: ``step`` takes a state, an event and the time, and gives the next state and what
to do. No clock, no network, no chance but what the pace holds.

>>> from kameleoon._source.events import Started
>>> from kameleoon._source.pace import Pace
>>> state, actions = step(State(), Started(), 100.0, Pace.usual(3600.0, 10.0))
>>> actions[0]
Fetch(timestamp=None, is_by_stream=False)

What holds after each step, until the end: a fetch is under way, or a wake-up is asked for at the moment of the next
one. An event of the stream marks that a fetch is wanted, and so does its connection; the mark is taken away by the
fetch that begins after it, and put back if that one fails. So any number of events during a fetch are one more fetch,
and the last of them is always followed by one.

Where processes share a data file, one that follows another fetches nothing and has no stream; but if what it is given
gets too old, it fetches once, and if nobody tells it of the other any more, it goes on alone.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Union

from kameleoon._source.actions import Action, CloseStream, Fetch, OpenStream, Status, TellStatus, WakeAt
from kameleoon._source.events import (
    Due,
    Event,
    Fetched,
    FetchFailed,
    Followed,
    Led,
    Started,
    Stopped,
    StreamEvent,
    StreamHeartbeat,
    StreamLost,
    StreamOpened,
    StreamRefused,
)
from kameleoon._source.pace import Pace
from kameleoon._source.pulse import Pulse

__all__ = ["Absent", "Following", "Open", "Opening", "Pausing", "State", "Stream", "step"]

_NEW = Status("new", 0.0)
_NOT_WANTED = "the data file does not ask for real-time updates"


@dataclass(frozen=True)
class Absent:
    """There is no stream, and none is wanted."""


@dataclass(frozen=True)
class Opening:
    """The stream is being connected, until a moment at most. ``why``: what became of the one before, if any."""

    until: float
    why: str | None


@dataclass(frozen=True)
class Open:
    """The stream is connected."""

    since: float
    pulse: Pulse


@dataclass(frozen=True)
class Pausing:
    """The stream was lost or refused, and is opened again at a moment."""

    until: float
    why: str | None


Stream = Union[Absent, Opening, Open, Pausing]


@dataclass(frozen=True)
class Following:
    """Another process fetches, as was told last; nothing more is heard of it: this one does so from ``until`` on.
    ``is_certain``: it was told; at the start it is only possible.
    """

    until: float
    is_certain: bool


@dataclass(frozen=True)
class State:
    """All that a data source knows. Moments are seconds of the clock that ``step`` is given."""

    is_fetched: bool = False
    """Whether the service has sent a data file."""
    under_way: Fetch | None = None
    """The fetch under way."""
    wanted: Fetch | None = None
    """The fetch that is to follow, beyond polling."""
    fetch_at: float = 0.0
    """When the next fetch begins, if none is under way."""
    not_before: float = 0.0
    """Until then the service wants to be left alone."""
    failures: int = 0
    """Fetches that failed in a row."""
    failure: str | None = None
    """Why the last of them failed."""
    overdue_since: float | None = None
    """Since when a fetch is due that has not succeeded; ``None`` while the data file is known to be the latest."""
    checked_at: float | None = None
    """When the data file in use was last known to be the latest."""
    following: Following | None = None
    """Whether another process fetches; ``None`` where this one does."""
    stream: Stream = field(default_factory=Absent)
    stream_number: int = 0
    """The number of the latest stream."""
    stream_failures: int = 0
    """Streams in a row that were refused, or did not stay up."""
    wakes: tuple[float, ...] = ()
    """The wake-ups that were asked for and have not come."""
    status: Status = _NEW
    """As it was told last."""


def step(state: State, event: Event, now: float, pace: Pace) -> tuple[State, list[Action]]:
    """The state after an event at the moment ``now``, and what is to be done."""
    if state.status.name == "stopped":
        return state, []
    actions: list[Action] = []
    if isinstance(event, Stopped):
        actions += _closing(state)
        status = Status("stopped", now)
        return replace(state, under_way=None, wanted=None, stream=Absent(), status=status), [
            *actions,
            TellStatus(status),
        ]
    if isinstance(event, Due):
        now = max(now, event.moment)  # clocks may differ by a rounding
        state = replace(state, wakes=tuple(moment for moment in state.wakes if moment != event.moment))
    elif isinstance(event, Started):
        state = replace(state, is_fetched=event.is_fetched, fetch_at=now)
        if event.is_shared:
            state = _follow(state, Following(_alone_at(state, now, pace), is_certain=False), now, pace)
    elif isinstance(event, Led):
        state = _want(replace(state, following=None), state.wanted or Fetch(), now, pace)
    elif isinstance(event, Followed):
        state, actions = _followed(state, event, now, pace)
    elif isinstance(event, Fetched):
        state, actions = _fetched(state, event, now, pace)
    elif isinstance(event, FetchFailed):
        state = _fetch_failed(state, event, now, pace)
    elif event.number == state.stream_number:  # else it is of a stream that was closed
        state = _stream_event(state, event, now, pace)
    return _continue(state, now, pace, actions)


def _fetched(state: State, event: Fetched, now: float, pace: Pace) -> tuple[State, list[Action]]:
    is_wanted_again = state.wanted is not None
    state = replace(
        state,
        is_fetched=True,
        under_way=None,
        fetch_at=now if is_wanted_again else now + pace.next_poll(),
        not_before=0.0,
        failures=0,
        failure=None,
        overdue_since=now if is_wanted_again else None,
        checked_at=now,
    )
    wants_stream = event.wants_stream and state.following is None
    if wants_stream and isinstance(state.stream, Absent):
        return replace(state, stream=Pausing(now, None)), []  # a pause that is over
    if not wants_stream and not isinstance(state.stream, Absent):
        return replace(state, stream=Absent(), stream_failures=0), _closing(state)
    return state, []


def _fetch_failed(state: State, event: FetchFailed, now: float, pace: Pace) -> State:
    failures = state.failures + 1
    retries = pace.retries if state.is_fetched or event.is_refused else pace.first_retries
    pause = retries.pause(failures, event.retry_after)
    if event.retry_after is None and state.is_fetched:
        pause = pace.next_poll() if event.is_refused else min(pause, pace.next_poll())
    if state.following is not None:  # the other process tries again
        pause = max(pause, pace.next_poll() if state.is_fetched else pace.silence)
    wanted = state.wanted
    if wanted is None and state.under_way is not None and state.under_way.is_by_stream:
        wanted = state.under_way  # it was not followed
    return replace(
        state,
        under_way=None,
        wanted=wanted,
        fetch_at=now + pause,
        not_before=0.0 if event.retry_after is None else now + pause,
        failures=failures,
        failure=event.reason,
    )


def _followed(state: State, event: Followed, now: float, pace: Pace) -> tuple[State, list[Action]]:
    actions = _closing(state)
    state = replace(state, is_fetched=state.is_fetched or event.checked_at is not None)
    is_news = event.checked_at is not None and (state.checked_at is None or event.checked_at > state.checked_at)
    began = state.following is None or not state.following.is_certain
    following = Following(_alone_at(state, now, pace), is_certain=True)
    if is_news:
        state = replace(state, checked_at=event.checked_at, failures=0, failure=None)
    if is_news or began:
        return _follow(state, following, now, pace), actions
    return replace(state, following=following), actions


def _follow(state: State, following: Following, now: float, pace: Pace) -> State:
    """Leaves fetching to another process, until what it gives is too old."""
    due = now if state.checked_at is None else pace.latest_check(state.checked_at)
    return replace(
        state,
        following=following,
        wanted=None,
        fetch_at=max(due, now) + (pace.patience if state.is_fetched else pace.first_patience) * (1 + pace.chance()),
        overdue_since=due if due <= now else None,
        stream=Absent(),
        stream_failures=0,
    )


def _alone_at(state: State, now: float, pace: Pace) -> float:
    silence = pace.silence if state.is_fetched else pace.first_silence
    return now + silence * (1 + pace.chance())


def _stream_event(
    state: State,
    event: StreamOpened | StreamEvent | StreamHeartbeat | StreamLost | StreamRefused,
    now: float,
    pace: Pace,
) -> State:
    stream = state.stream
    if isinstance(event, StreamOpened):
        if not isinstance(stream, Opening):
            return state
        # What has changed while there was no stream was not told of.
        fetch = state.wanted or Fetch(is_by_stream=True)
        return _want(replace(state, stream=Open(now, Pulse(now))), fetch, now, pace)
    if isinstance(event, (StreamLost, StreamRefused)):
        if not isinstance(stream, (Opening, Open)):
            return state
        retry_after = event.retry_after if isinstance(event, StreamRefused) else None
        return _pause_stream(state, event.reason, retry_after, now, pace)
    if not isinstance(stream, Open):
        return state
    if isinstance(event, StreamHeartbeat):
        return replace(state, stream=replace(stream, pulse=stream.pulse.beat(now)))
    state = replace(state, stream=replace(stream, pulse=stream.pulse.heard(now)))
    return _want(state, Fetch(event.timestamp, is_by_stream=True), now, pace)


def _want(state: State, fetch: Fetch, now: float, pace: Pace) -> State:
    """Fetches as soon as it may be: the service may want to be left alone, or may just have failed."""
    soon = now if state.failures == 0 else now + pace.retries.pause(1)
    return replace(
        state,
        wanted=fetch,
        fetch_at=min(state.fetch_at, max(soon, state.not_before)),
        overdue_since=now if state.overdue_since is None else state.overdue_since,
    )


def _pause_stream(state: State, reason: str, retry_after: float | None, now: float, pace: Pace) -> State:
    stream = state.stream
    was_steady = isinstance(stream, Open) and now - stream.since >= pace.steady
    failures = 1 if was_steady else state.stream_failures + 1
    pause = pace.reopenings.pause(failures, retry_after)
    return replace(state, stream=Pausing(now + pause, reason), stream_failures=failures)


def _closing(state: State) -> list[Action]:
    return [CloseStream(state.stream_number)] if isinstance(state.stream, (Opening, Open)) else []


def _continue(state: State, now: float, pace: Pace, actions: list[Action]) -> tuple[State, list[Action]]:
    """Does what is due, and sees to it that there is a next thing to do."""
    if state.following is not None and now >= state.following.until:
        state = _want(replace(state, following=None), Fetch(), now, pace)
    stream_due = _stream_due(state, pace)
    if stream_due is not None and now >= stream_due:
        state, stream_actions = _tend_stream(state, now, pace)
        actions += stream_actions
    if state.under_way is None and now >= state.fetch_at:
        fetch = state.wanted or Fetch()
        since = now if state.overdue_since is None else state.overdue_since
        state = replace(state, under_way=fetch, wanted=None, overdue_since=since)
        actions.append(fetch)
    status = _status(state, now, pace)
    if (status.name, status.why, status.stale_since) != (state.status.name, state.status.why, state.status.stale_since):
        actions.append(TellStatus(status))
    state = replace(state, status=status)
    moment = _next_moment(state, pace)
    if moment is not None and not (state.wakes and min(state.wakes) <= moment):
        state = replace(state, wakes=(*state.wakes, moment))
        actions.append(WakeAt(moment))
    return state, actions


def _tend_stream(state: State, now: float, pace: Pace) -> tuple[State, list[Action]]:
    """Opens the stream after its pause, or gives it up."""
    stream = state.stream
    if isinstance(stream, Pausing):
        number = state.stream_number + 1
        state = replace(state, stream=Opening(now + pace.opening, stream.why), stream_number=number)
        return state, [OpenStream(number)]
    reason = f"it was not connected within {pace.opening:.0f} s"
    if isinstance(stream, Open):
        reason = f"no heartbeat for {now - stream.pulse.heard_at:.0f} s"
    return _pause_stream(state, reason, None, now, pace), _closing(state)


def _stream_due(state: State, pace: Pace) -> float | None:
    """When something is to be done about the stream."""
    stream = state.stream
    if isinstance(stream, (Opening, Pausing)):
        return stream.until
    return stream.pulse.silent_at(pace.shortest_silence) if isinstance(stream, Open) else None


def _next_moment(state: State, pace: Pace) -> float | None:
    stream_due = _stream_due(state, pace)
    moments = [] if stream_due is None else [stream_due]
    if state.following is not None:
        moments.append(state.following.until)
    if state.under_way is None:
        moments.append(state.fetch_at)
    if state.overdue_since is not None and state.status.stale_since is None:
        moments.append(state.overdue_since + pace.patience)
    return min(moments, default=None)


def _status(state: State, now: float, pace: Pace) -> Status:
    stream = state.stream
    name, why = "polling", None
    has_begun = state.status.name not in ("new", "connecting") or state.failures > 0
    if state.following is not None:
        name = "following" if state.following.is_certain else "connecting"
    elif isinstance(stream, Open):
        name = "streaming"
    elif isinstance(stream, (Opening, Pausing)):
        name = "polling" if stream.why is not None else "connecting"
        why = f"the event stream was lost: {stream.why}" if stream.why is not None else None
    elif state.under_way is not None and not has_begun:
        name = "connecting"
    elif state.is_fetched:
        why = _NOT_WANTED
    else:
        why = f"no data file could be fetched: {state.failure}"
    since = state.status.since if name == state.status.name else now
    overdue = state.overdue_since
    is_stale = overdue is not None and now >= overdue + pace.patience
    return Status(name, since, why, overdue if is_stale else None)
