"""Remote data, remote visitor data and warehouse audiences (spec 4 §4): what is asked for, and how it is read.

Who waits for it is somebody else's: a thread (``fetched``) or an event loop (``kameleoon._async``).
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from kameleoon._network.authenticated import AuthenticatedHttp
from kameleoon._network.deadline import Deadline
from kameleoon._network.endpoints import Endpoints
from kameleoon._network.request import Answer, Request, RequestError
from kameleoon.data import CustomData
from kameleoon.events.request_type import RequestType
from kameleoon.logging.kameleoon_logger import KameleoonLogger
from kameleoon.types.remote_visitor_data_filter import RemoteVisitorDataFilter

__all__ = ["DataCall", "fetched", "remote_data", "remote_visitor_data", "warehouse_audience"]


class DataCall:
    """A request whose answer is read into what the caller gets."""

    __slots__ = ("_read", "_without", "request")

    def __init__(self, request: Request, read: Callable[[bytes], Any], without: Callable[[], Any]) -> None:
        """``read`` may raise ``ValueError``; ``without`` gives what the caller gets where there is nothing to read."""
        self.request = request
        self._read = read
        self._without = without

    def read(self, answer: Answer) -> Any:
        """What the caller gets."""
        try:
            return self._read(answer.body)
        except (ValueError, RecursionError) as error:
            kind = self.request.request_type.value
            KameleoonLogger.error("%s request failed: the answer cannot be used: %s", kind, error)
            return self._without()

    def failed(self) -> Any:
        """What the caller gets where the request failed."""
        return self._without()


def fetched(http: AuthenticatedHttp, call: DataCall, deadline: Deadline) -> Any:
    """What the caller of ``call`` gets, by ``deadline``."""
    try:
        answer = http.make(call.request, deadline)
    except RequestError:
        return call.failed()
    return call.read(answer)


def remote_data(endpoints: Endpoints, key: str) -> DataCall:
    """The decoded JSON under ``key``, or ``None``."""
    request = Request(RequestType.REMOTE_DATA, "GET", endpoints.remote_data(key))
    return DataCall(request, json.loads, lambda: None)


def remote_visitor_data(
    endpoints: Endpoints,
    visitor_code: str,
    wanted: RemoteVisitorDataFilter,
    *,
    is_unique_identifier: bool,
    read: Callable[[bytes], Any],
) -> DataCall:
    """The list of a visitor's remote data, an empty one where there are none. ``read`` makes it of an answer."""
    url = endpoints.visitor_data(visitor_code, wanted, is_unique_identifier)
    return DataCall(Request(RequestType.REMOTE_VISITOR_DATA, "GET", url), read, list)


def warehouse_audience(data: Any, custom_data_index: int) -> CustomData | None:
    """The custom datum of a visitor's warehouse audiences; ``None`` where the request failed."""
    if data is None:
        return None
    audiences = data.get("warehouseAudiences") if isinstance(data, dict) else None
    return CustomData(custom_data_index, *(audiences if isinstance(audiences, dict) else ()))
