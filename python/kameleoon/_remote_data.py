"""Remote data, remote visitor data and warehouse audiences: asked for by a caller, who waits."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from kameleoon._network.access_token import AccessTokens
from kameleoon._network.authenticated import AuthenticatedHttp
from kameleoon._network.data_call import DataCall, fetched
from kameleoon._network.endpoints import Endpoints
from kameleoon._network.http import HttpService
from kameleoon._network.request import Request
from kameleoon.data import CustomData, Data
from kameleoon.events.request_type import RequestType
from kameleoon.types.remote_visitor_data_filter import RemoteVisitorDataFilter

if TYPE_CHECKING:
    from kameleoon._async.calls import AsyncCalls

__all__ = ["RemoteData", "warehouse_audience"]


class RemoteData:
    """Fetches what the data services hold. A time-out is in seconds; ``None`` is the default one."""

    def __init__(self, endpoints: Endpoints, http: HttpService, tokens: AccessTokens) -> None:
        self._endpoints = endpoints
        self._http = http
        self._tokens = tokens
        self._authenticated = AuthenticatedHttp(http, tokens)
        self._lock = threading.Lock()
        self._asynchronous: AsyncCalls | None = None

    def value(self, key: str, timeout: float | None) -> Any:
        """The decoded JSON under ``key``; ``None`` if it cannot be had within ``timeout``."""
        return fetched(self._authenticated, self._value(key), self._http.deadline(timeout))

    async def value_async(self, key: str, timeout: float | None) -> Any:
        """As ``value``, without blocking the running event loop."""
        deadline = self._http.deadline(timeout)
        return await self.asynchronous.fetched(self._value(key), deadline)

    def visitor(
        self,
        visitor_code: str,
        wanted: RemoteVisitorDataFilter,
        is_unique_identifier: bool,
        read: Callable[[bytes], list[Data]],
        timeout: float | None,
    ) -> list[Data]:
        """The visitor's remote data, as ``read`` makes them of an answer; an empty list if they cannot be had within
        ``timeout``.
        """
        call = self._visitor(visitor_code, wanted, is_unique_identifier, read)
        found: list[Data] = fetched(self._authenticated, call, self._http.deadline(timeout))
        return found

    async def visitor_async(
        self,
        visitor_code: str,
        wanted: RemoteVisitorDataFilter,
        is_unique_identifier: bool,
        read: Callable[[bytes], list[Data]],
        timeout: float | None,
    ) -> list[Data]:
        """As ``visitor``, without blocking the running event loop."""
        deadline = self._http.deadline(timeout)
        call = self._visitor(visitor_code, wanted, is_unique_identifier, read)
        found: list[Data] = await self.asynchronous.fetched(call, deadline)
        return found

    @property
    def asynchronous(self) -> AsyncCalls:
        """What makes the calls of event loops, made when it is first needed."""
        if self._asynchronous is None:
            from kameleoon._async.calls import AsyncCalls  # here: others need no asyncio

            with self._lock:
                if self._asynchronous is None:
                    self._asynchronous = AsyncCalls(self._http, self._tokens, self._authenticated)
        return self._asynchronous

    def close(self) -> None:
        """Closes the connections of event loops, soon."""
        if self._asynchronous is not None:
            self._asynchronous.close()

    async def aclose(self) -> None:
        """Closes the connections of the running event loop now, and those of others soon."""
        if self._asynchronous is not None:
            await self._asynchronous.aclose()

    def _value(self, key: str) -> DataCall:
        request = Request(RequestType.REMOTE_DATA, "GET", self._endpoints.remote_data(key))
        return DataCall(request, json.loads, lambda: None)

    def _visitor(
        self,
        visitor_code: str,
        wanted: RemoteVisitorDataFilter,
        is_unique_identifier: bool,
        read: Callable[[bytes], list[Data]],
    ) -> DataCall:
        url = self._endpoints.visitor_data(visitor_code, wanted, is_unique_identifier)
        return DataCall(Request(RequestType.REMOTE_VISITOR_DATA, "GET", url), read, list)


def warehouse_audience(remote_data: Any, custom_data_index: int) -> CustomData | None:
    """The custom datum of a visitor's warehouse audiences; ``None`` where the request failed."""
    if remote_data is None:
        return None
    audiences = remote_data.get("warehouseAudiences") if isinstance(remote_data, dict) else None
    return CustomData(custom_data_index, *(audiences if isinstance(audiences, dict) else ()))
