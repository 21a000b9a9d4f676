"""``Repeated``: which of many failures are logged. A service that is down is told of once, not with every attempt."""

from __future__ import annotations

__all__ = ["Repeated"]

_REMINDER_SECONDS = 60.0
_MOST_ASPECTS = 5
"""So many ways to fail are told of at once; where each time is another way, reminders have to do."""


class Repeated:
    """One row of failures after another. Moments are seconds of ``time.monotonic``.

    Not thread-safe: its owner has a lock. It logs nothing: whoever logs may be a program's own code, which no lock
    should wait for.
    """

    __slots__ = ("_aspects", "_since", "_told_at", "_untold", "failures")

    def __init__(self) -> None:
        self.failures = 0
        """How many there were since the last success."""
        self._since = 0.0
        self._told_at = 0.0
        self._untold = 0
        self._aspects: set[str] = set()

    def failed(self, aspect: str, now: float) -> str | None:
        """What the line about this failure is to end with; ``None`` where there is to be no line.

        There is one for the first failure of a row, for the first one of each ``aspect`` (an exception's type, a
        status), and as a reminder, which counts what was not told, at most once a minute.
        """
        if self.failures == 0:
            self._since, self._told_at, self._untold = now, now, 0
            self._aspects = set()
        self.failures += 1
        is_new = aspect not in self._aspects and len(self._aspects) < _MOST_ASPECTS
        if is_new:
            self._aspects.add(aspect)
        elif now < self._told_at + _REMINDER_SECONDS:
            self._untold += 1
            return None
        untold, self._untold, self._told_at = self._untold, 0, now
        if self.failures == 1:
            return ""
        repeated = f", {untold} of them since the last line" if untold else ""
        return f" (failure {self.failures} in a row within {now - self._since:.0f} s{repeated})"

    def succeeded(self, now: float) -> tuple[int, float] | None:
        """How many failures have come to an end, and the seconds since the first one; ``None`` if there were none."""
        failures, self.failures = self.failures, 0
        return (failures, now - self._since) if failures else None
