"""``RequestType``."""

from enum import Enum

__all__ = ["RequestType"]


class RequestType(Enum):
    """What a request to the service is for (docs/network.md#services).

    >>> RequestType.TRACKING.value
    'TRACKING'
    """

    DATAFILE = "DATAFILE"
    TRACKING = "TRACKING"
    REMOTE_VISITOR_DATA = "REMOTE_VISITOR_DATA"
    REMOTE_DATA = "REMOTE_DATA"
    ACCESS_TOKEN = "ACCESS_TOKEN"  # noqa: S105  # a name, no password
