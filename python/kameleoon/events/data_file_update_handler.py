"""``DataFileUpdateHandler``."""

from typing import Protocol

from kameleoon.events.data_file_update_event import DataFileUpdateEvent
from kameleoon.events.event_handler import EventHandler

__all__ = ["DataFileUpdateHandler"]


class DataFileUpdateHandler(EventHandler, Protocol):
    """Is told whenever another data file is in use.

    >>> from kameleoon.events import EventType
    >>> class Updates:
    ...     def on_update(self, update_event):
    ...         print("another data file, by", update_event.source.name)
    >>> client.set_event_handler(EventType.DATAFILE_UPDATE, Updates())
    """

    def on_update(self, update_event: DataFileUpdateEvent) -> None:
        """Another data file is in use."""
