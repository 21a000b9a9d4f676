"""Tells handlers of events (spec 5). A handler that raises is logged and changes nothing."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from kameleoon.events.data_file_update_event import DataFileUpdateEvent
from kameleoon.events.event_type import EventType
from kameleoon.events.http_request_failure import HttpRequestFailure
from kameleoon.events.request_type import RequestType
from kameleoon.logging.kameleoon_logger import KameleoonLogger


class EventDispatcher:
    """The handlers of a client."""

    def __init__(self) -> None:
        self._handlers: dict[EventType, Any] = {}
        self._on_update_configuration: Callable[[], None] | None = None

    def set_handler(self, event_type: EventType, handler: Any) -> None:
        """Sets or, with ``None``, removes a handler. One that lacks a method is refused."""
        if not isinstance(event_type, EventType):
            KameleoonLogger.error("set_event_handler: %r is no EventType; it is ignored", event_type)
            return
        if handler is None:
            self._handlers.pop(event_type, None)
            return
        missing = [name for name in event_type.value if not callable(getattr(handler, name, None))]
        if missing:
            KameleoonLogger.error("handler %r for %s lacks %s; it is refused", handler, event_type.name, missing)
        else:
            self._handlers[event_type] = handler

    def set_on_update_configuration(self, handler: Callable[[], None] | None) -> None:
        """The deprecated handler of updates that come by the real-time stream."""
        self._on_update_configuration = handler

    def request_succeeded(self, request_type: RequestType, status: int, milliseconds: int) -> None:
        """An attempt succeeded."""
        self._tell(EventType.HTTP_REQUEST, "on_request_succeeded", request_type, status, milliseconds)

    def request_failed(self, request_type: RequestType, failure: HttpRequestFailure, milliseconds: int) -> None:
        """An attempt failed."""
        self._tell(EventType.HTTP_REQUEST, "on_request_failed", request_type, failure, milliseconds)

    def data_file_updated(self, event: DataFileUpdateEvent) -> None:
        """Another data file is in use."""
        self._tell(EventType.DATAFILE_UPDATE, "on_update", event)
        if event.source is DataFileUpdateEvent.Source.STREAMING and self._on_update_configuration is not None:
            _call(self._on_update_configuration)

    def _tell(self, event_type: EventType, method: str, *arguments: Any) -> None:
        handler = self._handlers.get(event_type)
        if handler is not None:
            _call(getattr(handler, method), *arguments)


def _call(handler: Callable[..., None], *arguments: Any) -> None:
    try:
        handler(*arguments)
    except Exception as error:  # noqa: BLE001  # a user's handler must not break the client
        KameleoonLogger.error("event handler %r raised %r", handler, error)
