"""What happens to a data source, as its state machine is told of it.

A stream's events carry the number of the stream that they come from: one that was closed may still have some to report.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass
from typing import Union

__all__ = [
    "Due",
    "Event",
    "FetchFailed",
    "Fetched",
    "Followed",
    "Led",
    "Outcome",
    "Started",
    "Stopped",
    "StreamEvent",
    "StreamHeartbeat",
    "StreamLost",
    "StreamOpened",
    "StreamRefused",
]


class Outcome(enum.Enum):
    """What a fetch that succeeded has brought."""

    CHANGED = "changed"
    """Another data file, which is in use now."""
    NOT_MODIFIED = "not modified"
    """The one in use is still the latest."""
    OLDER = "older"
    """One that is older than the program's own, which stays in use."""


@dataclass(frozen=True)
class Started:
    """The data source begins. ``is_fetched``: the service's data file is in: a forked child has its parent's.
    ``is_shared``: who fetches is still to be told, by ``Led`` or ``Followed``.
    """

    is_fetched: bool = False
    is_shared: bool = False


@dataclass(frozen=True)
class Led:
    """Of the processes that share a data file this one is to fetch, and follows the stream."""


@dataclass(frozen=True)
class Followed:
    """Another process fetches. ``checked_at``: when the data file that it gives was known to be the latest, ``None``
    where it has given none.
    """

    checked_at: float | None


@dataclass(frozen=True)
class Fetched:
    """The fetch under way has succeeded. ``wants_stream``: the data file in use asks for real-time updates."""

    outcome: Outcome
    wants_stream: bool


@dataclass(frozen=True)
class FetchFailed:
    """The fetch under way has failed. ``retry_after``: the seconds for which the service wants to be left alone, if it
    says so. ``is_refused``: the service refuses the site, and is not to be hammered.
    """

    reason: str
    retry_after: float | None = None
    is_refused: bool = False


@dataclass(frozen=True)
class StreamOpened:
    """The stream is connected."""

    number: int


@dataclass(frozen=True)
class StreamEvent:
    """The service tells of another data file; ``timestamp``: the event's own, in milliseconds, if it is readable."""

    number: int
    timestamp: int | None


@dataclass(frozen=True)
class StreamHeartbeat:
    """The stream has shown that it lives: a comment, or an event of another kind."""

    number: int


@dataclass(frozen=True)
class StreamLost:
    """The stream was connected, and has ended."""

    number: int
    reason: str


@dataclass(frozen=True)
class StreamRefused:
    """The stream could not be connected. ``retry_after``: as in ``FetchFailed``."""

    number: int
    reason: str
    retry_after: float | None = None


@dataclass(frozen=True)
class Due:
    """A moment that ``WakeAt`` asked for has come."""

    moment: float


@dataclass(frozen=True)
class Stopped:
    """The data source ends, for good."""


Event = Union[
    Started,
    Led,
    Followed,
    Fetched,
    FetchFailed,
    StreamOpened,
    StreamEvent,
    StreamHeartbeat,
    StreamLost,
    StreamRefused,
    Due,
    Stopped,
]
