"""``EventHandler``."""

from typing import Protocol

__all__ = ["EventHandler"]


class EventHandler(Protocol):
    """A handler of some type of event; see ``HttpRequestHandler`` and ``DataFileUpdateHandler``."""
