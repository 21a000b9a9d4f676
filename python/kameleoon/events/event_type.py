"""``EventType``."""

from enum import Enum

__all__ = ["EventType"]


class EventType(Enum):
    """What a handler can be set for. The value names the methods that the handler must have."""

    HTTP_REQUEST = ("on_request_succeeded", "on_request_failed")
    DATAFILE_UPDATE = ("on_update",)
