"""Forgets visitors whose session is over, a part of all at a time."""

from __future__ import annotations

from math import ceil

from kameleoon._lanes import Lane
from kameleoon._native import Visitors

__all__ = ["Purge"]

_TICK_SECONDS = 1.0
_LOOKS_PER_SESSION = 4
"""So often each visitor is looked at within a session's time."""


class Purge:
    """Purges visitors on a lane."""

    def __init__(self, visitors: Visitors, session_seconds: float, lane: Lane) -> None:
        """Raises ``RuntimeError``, ``OSError`` or ``MemoryError`` where no thread can be started."""
        self._visitors = visitors
        self._session_seconds = session_seconds
        steps = ceil(visitors.PURGE_STEPS * _LOOKS_PER_SESSION * _TICK_SECONDS / session_seconds)
        self._steps = min(steps, visitors.PURGE_STEPS)
        lane.repeat(_TICK_SECONDS, self.tick)

    def tick(self) -> None:
        """What is done every second."""
        self._visitors.advance_clock()
        for _ in range(self._steps):
            self._visitors.purge(self._session_seconds)

    def pass_time(self, milliseconds: int) -> None:
        """For tests: so much time passes at once, and everybody whose session is over then is forgotten."""
        self._visitors.elapse(milliseconds)
        for _ in range(self._visitors.PURGE_STEPS):
            self._visitors.purge(self._session_seconds)
