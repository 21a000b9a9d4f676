"""``DataFileUpdateEvent``."""

from __future__ import annotations

from enum import Enum

from kameleoon.types._record import Record

__all__ = ["DataFileUpdateEvent"]


class DataFileUpdateEvent(Record):
    """Another data file is in use: its ``source``, and its ``date_modified``: milliseconds since the epoch, 0 where it
    does not say.
    """

    class Source(Enum):
        """How the client learnt of it: by asking, or by the real-time event stream."""

        POLLING = "POLLING"
        STREAMING = "STREAMING"

    __slots__ = ("date_modified", "source")

    def __init__(self, source: DataFileUpdateEvent.Source, date_modified: int) -> None:
        self.source: DataFileUpdateEvent.Source = source
        self.date_modified: int = date_modified
