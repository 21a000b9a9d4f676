"""What the state machine of a data source wants done. Moments are seconds of the clock that it is given."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Union

__all__ = ["Action", "CloseStream", "Fetch", "OpenStream", "Status", "TellStatus", "WakeAt"]


@dataclass(frozen=True)
class Fetch:
    """Fetch the data file. ``is_by_stream``: the stream asks for it, because it has just been connected or by an event;
    ``timestamp``: that event's, in milliseconds.
    """

    timestamp: int | None = None
    is_by_stream: bool = False


@dataclass(frozen=True)
class OpenStream:
    """Connect the stream, and report under this number."""

    number: int


@dataclass(frozen=True)
class CloseStream:
    """End the stream of this number, be it connected or not yet; what it reports from now on is ignored."""

    number: int


@dataclass(frozen=True)
class WakeAt:
    """Report ``Due`` at a moment."""

    moment: float


@dataclass(frozen=True)
class Status:
    """How a data source stands.

    ``name``: ``"connecting"`` (nothing has succeeded or failed yet), ``"streaming"``, ``"polling"``, ``"following"``
    (another process fetches) or ``"stopped"``;
    ``since``: when that began; ``why``: why it polls. ``stale_since``: since when a fetch that was due has not
    succeeded, ``None`` as long as that is not for longer than usual.
    """

    name: str
    since: float
    why: str | None = None
    stale_since: float | None = None


@dataclass(frozen=True)
class TellStatus:
    """Tell the listeners: the status is another one."""

    status: Status


Action = Union[Fetch, OpenStream, CloseStream, WakeAt, TellStatus]
