"""``DataFileUpdateEvent``."""

from __future__ import annotations

from enum import Enum

from kameleoon.types._record import Record

__all__ = ["DataFileUpdateEvent"]


class DataFileUpdateEvent(Record):
    """Another data file is in use: its ``source``, and its ``date_modified``: milliseconds since the epoch, 0 where it
    does not say.

    >>> event = DataFileUpdateEvent(DataFileUpdateEvent.Source.POLLING, 1_764_000_000_000)
    >>> event.source.name, event.date_modified
    ('POLLING', 1764000000000)
    """

    class Source(Enum):
        """How the client learnt of it: by asking, or by the real-time event stream."""

        POLLING = "POLLING"
        STREAMING = "STREAMING"

    __slots__ = ("date_modified", "source")

    def __init__(self, source: DataFileUpdateEvent.Source, date_modified: int) -> None:
        self.source: DataFileUpdateEvent.Source = source
        self.date_modified: int = date_modified
