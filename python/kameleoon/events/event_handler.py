"""``EventHandler``."""

from typing import Protocol

__all__ = ["EventHandler"]


class EventHandler(Protocol):
    """A handler of some type of event; see ``HttpRequestHandler`` and ``DataFileUpdateHandler``. Its methods are called
    on a thread of their own; one that is slow or raises holds up nothing else (docs/events-and-logging.md#events).

    >>> from kameleoon.events import EventType
    >>> class Failures:
    ...     def on_request_succeeded(self, request_type, http_status, duration_millis):
    ...         pass
    ...     def on_request_failed(self, request_type, failure, duration_millis):
    ...         print(request_type.name, failure.reason.name)
    >>> client.set_event_handler(EventType.HTTP_REQUEST, Failures())
    """
