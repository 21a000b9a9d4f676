"""``Pulse``: how often a stream shows that it lives, and after which silence it does no more."""

from __future__ import annotations

from dataclasses import dataclass, replace

__all__ = ["Pulse"]

_REMEMBERED = 4
_BEATS_NEEDED = 2
"""So many intervals must have been seen: nothing follows from one heartbeat, or from two."""
_TIMES = 4.0
"""So many times the longest interval seen lately is too long."""


@dataclass(frozen=True)
class Pulse:
    """The service promises no heartbeat, so a stream without any is never too silent. Moments are in seconds."""

    heard_at: float
    """When anything came last."""
    beat_at: float | None = None
    """When a heartbeat came last."""
    intervals: tuple[float, ...] = ()
    """The latest ones between heartbeats."""

    def heard(self, now: float) -> Pulse:
        """Something came that is no heartbeat: it comes when it comes, but the stream lives."""
        return replace(self, heard_at=now)

    def beat(self, now: float) -> Pulse:
        """A heartbeat came."""
        intervals = self.intervals
        if self.beat_at is not None:
            intervals = (*intervals, now - self.beat_at)[-_REMEMBERED:]
        return Pulse(now, now, intervals)

    def silent_at(self, shortest: float) -> float | None:
        """The moment at which the silence is too long, at least ``shortest`` seconds; ``None`` for never."""
        if len(self.intervals) < _BEATS_NEEDED:
            return None
        return self.heard_at + max(_TIMES * max(self.intervals), shortest)
