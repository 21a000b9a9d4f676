"""Tells a client's handlers of events, on a lane of their own: one that is slow, hangs or raises holds up nothing."""

from __future__ import annotations

import weakref
from collections.abc import Callable
from functools import partial
from typing import Any

from kameleoon._lanes import Lane
from kameleoon.events.data_file_update_event import DataFileUpdateEvent
from kameleoon.events.event_type import EventType
from kameleoon.events.http_request_failure import HttpRequestFailure
from kameleoon.events.request_type import RequestType
from kameleoon.logging.kameleoon_logger import KameleoonLogger
from kameleoon.types.data_source_status import DataSourceStatus

__all__ = ["EventDispatcher", "Handlers"]

LANE_CAPACITY = 1000
"""So many events wait for handlers that are too slow; further ones they do not learn of."""


class Handlers:
    """The handlers of a client's events, as its user sets them."""

    def __init__(self) -> None:
        self._handlers: dict[EventType, Any] = {}
        self._others: dict[EventType, tuple[Any, ...]] = {}
        self.on_update_configuration: Callable[[], None] | None = None
        """The deprecated handler of updates that come by the real-time stream."""

    def set(self, event_type: EventType, handler: Any) -> None:
        """Sets or, with ``None``, removes a handler. One that lacks a method is refused."""
        if not isinstance(event_type, EventType):
            names = " or ".join(f"EventType.{each.name}" for each in EventType)
            KameleoonLogger.error(
                "set_event_handler: %r is no EventType; it is ignored. hint: %s is one", event_type, names
            )
            return
        if handler is None:
            self._handlers.pop(event_type, None)
            return
        if _is_complete(event_type, handler):
            self._handlers[event_type] = handler

    def add(self, event_type: EventType, handler: Any) -> None:
        """Adds a handler beside the one that is set. One that lacks a method is refused."""
        if _is_complete(event_type, handler):
            self._others[event_type] = (*self._others.get(event_type, ()), handler)

    def remove(self, event_type: EventType, handler: Any) -> None:
        """Removes one that was added, if it was."""
        others = self._others.get(event_type, ())
        self._others[event_type] = tuple(other for other in others if other is not handler)

    def methods(self, event_type: EventType, name: str) -> list[Callable[..., None]]:
        """A method of each handler of a type of event that has it."""
        handler = self._handlers.get(event_type)
        handlers = [*(() if handler is None else (handler,)), *self._others.get(event_type, ())]
        return [getattr(each, name) for each in handlers if callable(getattr(each, name, None))]


def _is_complete(event_type: EventType, handler: Any) -> bool:
    missing = [name for name in event_type.required_methods if not callable(getattr(handler, name, None))]
    if missing:
        KameleoonLogger.error("handler %r for %s lacks %s; it is refused", handler, event_type.name, missing)
    return not missing


class EventDispatcher:
    """Tells a client's handlers as long as they live: the background must keep neither them nor the client alive."""

    def __init__(self, handlers: Handlers, lane: Lane) -> None:
        self._handlers = weakref.ref(handlers)
        self._lane = lane
        self._is_full = False
        self._is_stale = False

    def request_succeeded(self, request_type: RequestType, status: int, milliseconds: int) -> None:
        """An attempt succeeded."""
        self._tell(EventType.HTTP_REQUEST, "on_request_succeeded", request_type, status, milliseconds)

    def request_failed(self, request_type: RequestType, failure: HttpRequestFailure, milliseconds: int) -> None:
        """An attempt failed."""
        self._tell(EventType.HTTP_REQUEST, "on_request_failed", request_type, failure, milliseconds)

    def data_file_updated(self, event: DataFileUpdateEvent) -> None:
        """Another data file is in use."""
        self._tell(EventType.DATAFILE_UPDATE, "on_update", event)
        handlers = self._handlers()
        if handlers is not None and event.source is DataFileUpdateEvent.Source.STREAMING:
            self._call(handlers.on_update_configuration)

    def data_source_changed(self, status: DataSourceStatus) -> None:
        """The data source stands otherwise: maybe the data file is stale now, or no longer."""
        was_stale, self._is_stale = self._is_stale, status.is_stale
        if self._is_stale != was_stale:
            self._tell(EventType.DATAFILE_UPDATE, "on_staleness_changed", self._is_stale)

    def _tell(self, event_type: EventType, name: str, *arguments: Any) -> None:
        handlers = self._handlers()
        if handlers is not None:
            for method in handlers.methods(event_type, name):
                self._call(method, *arguments)

    def _call(self, handler: Callable[..., None] | None, *arguments: Any) -> None:
        if handler is None:
            return
        try:
            is_taken = self._lane.schedule(0, partial(_call, handler, *arguments))
        except (RuntimeError, OSError, MemoryError) as error:  # no thread can be started; the next event tries again
            KameleoonLogger.error("event handler %r does not learn of an event: %r", handler, error)
            return
        was_full, self._is_full = self._is_full, not is_taken
        if self._is_full and not was_full:
            KameleoonLogger.warning(
                "event handler %r is too slow: %d events wait for it; it does not learn of further ones until then",
                handler,
                LANE_CAPACITY,
            )


def _call(handler: Callable[..., None], *arguments: Any) -> None:
    try:
        handler(*arguments)
    except BaseException as error:  # noqa: BLE001  # a user's handler must not stop the background
        KameleoonLogger.error("event handler %r raised %r", handler, error)
