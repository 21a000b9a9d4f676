"""``clock``: lets time pass for clients, without waiting and without patching ``time``."""

from __future__ import annotations

import threading
from datetime import timedelta
from typing import TYPE_CHECKING

from kameleoon import _lifecycle
from kameleoon._native import shift_clock

if TYPE_CHECKING:
    from types import TracebackType

__all__ = ["Clock", "clock"]

_lock = threading.RLock()
_running: list[Clock] = []


class Clock:
    """The clock of all clients in the process; see ``clock``."""

    def __init__(self) -> None:
        self._milliseconds = 0

    def advance(
        self,
        *,
        days: float = 0,
        hours: float = 0,
        minutes: float = 0,
        seconds: float = 0,
        milliseconds: float = 0,
    ) -> None:
        """Lets so much time pass, all together, for every client. Visitors whose session is over by then are forgotten
        at once. Raises ``ValueError`` for a time that is negative, ``RuntimeError`` outside of the ``with`` block.

        >>> from kameleoon.testing import clock
        >>> with clock() as now:
        ...     client.set_forced_variation("alice", 11, "off")
        ...     print(client.is_feature_active("alice", "new-checkout"))
        ...     now.advance(minutes=31)
        ...     print(client.is_feature_active("alice", "new-checkout"))
        False
        True
        """
        delta = timedelta(days=days, hours=hours, minutes=minutes, seconds=seconds, milliseconds=milliseconds)
        passed = round(delta / timedelta(milliseconds=1))
        if passed < 0:
            raise ValueError(f"clock: time cannot pass by {delta}. hint: leaving the block sets the clock back")
        with _lock:
            if self not in _running:
                raise RuntimeError("clock: it runs in its with block alone. hint: with clock() as now: now.advance(…)")
            self._milliseconds += passed
            shift_clock(passed)
            _lifecycle.pass_time(passed)

    def __enter__(self) -> Clock:
        with _lock:
            if self in _running:
                raise RuntimeError("clock: it runs already. hint: each with statement takes a clock() of its own")
            self._milliseconds = 0
            _running.append(self)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        with _lock:
            _running.remove(self)
            if not _running:
                shift_clock(None)
            elif self._milliseconds:
                shift_clock(-self._milliseconds)


def clock() -> Clock:
    """A clock to advance in a ``with`` block, whose end sets it back. It is that of every client in the process, in all
    threads.

    Sessions of visitors and targeting conditions that look at the time go by it, and what Python does at its own times
    does not: polls of the data file, the tracking interval, time-outs. ``time.time()`` stays what it is. What a visitor
    has done before the clock is set back stays with the visitor, with the time that it had.

    >>> from kameleoon.testing import clock
    >>> with clock() as now:
    ...     now.advance(hours=1, minutes=30)
    """
    return Clock()
