"""``Source``: where data files come from."""

from __future__ import annotations

from typing import Protocol

from kameleoon._source.events import Outcome

__all__ = ["Source", "SourceError"]


class SourceError(Exception):
    """There is no data file to be had. ``retry_after``: the seconds for which the source wants to be left alone, if it
    says so. ``is_refused``: it refuses for good, as far as one can tell, and is not to be hammered.
    """

    def __init__(self, reason: str, retry_after: float | None = None, *, is_refused: bool = False) -> None:
        super().__init__(reason)
        self.retry_after = retry_after
        self.is_refused = is_refused


class Source(Protocol):
    """A service, a file, a program's own function: whatever can be asked for the latest data file."""

    def fetch(self, timestamp: int | None) -> Outcome:
        """Puts the latest data file into its slot, unless it is there already, and says what became of it.

        ``timestamp``: of the event that tells of it, in milliseconds, if one does. Raises ``SourceError``; whatever
        else is raised counts as a failure as well. Takes a bounded time: nothing else is fetched meanwhile.
        """
        ...
