"""``EventType``."""

from enum import Enum

__all__ = ["EventType"]


class EventType(Enum):
    """What a handler can be set for by ``KameleoonClient.set_event_handler``. The value names the methods that the
    handler must have. See docs/events-and-logging.md#events.
    """

    HTTP_REQUEST = ("on_request_succeeded", "on_request_failed")
    DATAFILE_UPDATE = ("on_update",)
