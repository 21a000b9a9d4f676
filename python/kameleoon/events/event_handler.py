"""``EventHandler``."""

from typing import Protocol

__all__ = ["EventHandler"]


class EventHandler(Protocol):
    """A handler of some type of event; see ``HttpRequestHandler`` and ``DataFileUpdateHandler``. Its methods are called
    on a thread of their own; one that is slow or raises holds up nothing else (docs/events-and-logging.md#events).
    """
