"""``EventType``."""

from __future__ import annotations

from enum import Enum
from typing import Any

from kameleoon._deprecated import Find, moved
from kameleoon.events.data_file_update_handler import DataFileUpdateHandler
from kameleoon.events.http_request_handler import HttpRequestHandler

__all__ = ["EventType"]

__getattr__: Find = moved(__name__)


class EventType(Enum):
    """What a handler can be set for by ``KameleoonClient.set_event_handler``. The value names the methods that the
    handler must have. See docs/events-and-logging.md#events.

    >>> EventType.DATAFILE_UPDATE.required_methods
    ('on_update',)
    """

    HTTP_REQUEST = ("on_request_succeeded", "on_request_failed")
    DATAFILE_UPDATE = ("on_update",)

    @property
    def required_methods(self) -> tuple[str, ...]:
        """The methods that a handler must have."""
        methods: tuple[str, ...] = self.value
        return methods

    @property
    def handler_type(self) -> type[Any]:
        """The protocol of its handlers: ``HttpRequestHandler`` or ``DataFileUpdateHandler``."""
        return HttpRequestHandler if self is EventType.HTTP_REQUEST else DataFileUpdateHandler

    def __str__(self) -> str:
        """The name alone."""
        return self.name
