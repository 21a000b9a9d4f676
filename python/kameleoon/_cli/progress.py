"""How far a command is: one line on a terminal, which is written again and again and wiped at the end."""

from __future__ import annotations

import sys
import time

__all__ = ["Progress", "duration"]

_PAUSE = 0.2  # seconds between two writings


class Progress:
    """A line such as ``1,234,567 rows  45 %  812,000 rows/s  0:12 left`` on stderr, if that is a terminal."""

    def __init__(self) -> None:
        """The time begins now."""
        self._is_shown = sys.stderr is not None and sys.stderr.isatty()
        self._began = time.monotonic()
        self._next = self._began + _PAUSE

    @property
    def seconds(self) -> float:
        """Since the beginning."""
        return time.monotonic() - self._began

    def show(self, rows: int, part: float | None) -> None:
        """``part``: how much of the whole is done, from 0 to 1; ``None`` where that is not known."""
        now = time.monotonic()
        if not self._is_shown or now < self._next:
            return
        self._next = now + _PAUSE
        line = line_of(rows, now - self._began, part)
        sys.stderr.write(f"\r\x1b[K{line}")
        sys.stderr.flush()

    def end(self) -> None:
        """Wipes the line."""
        if self._is_shown:
            sys.stderr.write("\r\x1b[K")
            sys.stderr.flush()


def line_of(rows: int, seconds: float, part: float | None) -> str:
    """The line.

    >>> line_of(300_000, 2.0, 0.25)
    '300,000 rows  [#####...............]  25 %  150,000 rows/s  0:06 left'
    """
    speed = f"{rows / max(seconds, 1e-9):,.0f} rows/s"
    if not part:
        return f"{rows:,} rows  {speed}"
    part = min(part, 1.0)
    bar = "#" * int(20 * part)
    return f"{rows:,} rows  [{bar:.<20}]  {part:.0%}".replace("%", " %") + (
        f"  {speed}  {duration(seconds / part - seconds)} left"
    )


def duration(seconds: float) -> str:
    """Hours, minutes and seconds, as a clock shows them.

    >>> duration(75), duration(3 * 3600 + 62)
    ('1:15', '3:01:02')
    """
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"
