"""``DataFileUpdateEvent``."""

from __future__ import annotations

from enum import Enum

from kameleoon.types._record import Record

__all__ = ["DataFileUpdateEvent"]


class DataFileUpdateEvent(Record):
    """Another data file is in use: where it came from, and its ``date_modified`` in milliseconds."""

    class Source(Enum):
        """How the client learnt of it."""

        POLLING = "POLLING"
        STREAMING = "STREAMING"

    __slots__ = ("date_modified", "source")

    def __init__(self, source: Source, date_modified: int) -> None:
        self.source: DataFileUpdateEvent.Source = source
        self.date_modified: int = date_modified
