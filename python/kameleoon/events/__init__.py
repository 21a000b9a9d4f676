"""Events that a client tells handlers of (docs/events-and-logging.md#events)."""

from kameleoon.events.data_file_update_event import DataFileUpdateEvent
from kameleoon.events.data_file_update_handler import DataFileUpdateHandler
from kameleoon.events.event_handler import EventHandler
from kameleoon.events.event_type import EventType
from kameleoon.events.http_request_failure import HttpRequestFailure
from kameleoon.events.http_request_handler import HttpRequestHandler
from kameleoon.events.request_type import RequestType

__all__ = [
    "DataFileUpdateEvent",
    "DataFileUpdateHandler",
    "EventHandler",
    "EventType",
    "HttpRequestFailure",
    "HttpRequestHandler",
    "RequestType",
]
