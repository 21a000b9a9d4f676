"""``HttpRequestHandler``."""

from typing import Protocol

from kameleoon.events.event_handler import EventHandler
from kameleoon.events.http_request_failure import HttpRequestFailure
from kameleoon.events.request_type import RequestType

__all__ = ["HttpRequestHandler"]


class HttpRequestHandler(EventHandler, Protocol):
    """Is told of every attempt of a request to the service; durations are in milliseconds.

    >>> from kameleoon.events import EventType
    >>> class Durations:
    ...     def on_request_succeeded(self, request_type, http_status, duration_millis):
    ...         print(request_type.name, duration_millis)
    ...     def on_request_failed(self, request_type, failure, duration_millis):
    ...         print(request_type.name, failure.http_status or failure.cause)
    >>> client.set_event_handler(EventType.HTTP_REQUEST, Durations())
    """

    def on_request_succeeded(self, request_type: RequestType, http_status: int, duration_millis: int) -> None:
        """An attempt succeeded."""

    def on_request_failed(self, request_type: RequestType, failure: HttpRequestFailure, duration_millis: int) -> None:
        """An attempt failed."""
