"""Remote data, remote visitor data and warehouse audiences: asked for by a caller, who waits."""

from __future__ import annotations

import json
from typing import Any

from kameleoon._network.access_token import AuthenticatedHttp
from kameleoon._network.endpoints import Endpoints
from kameleoon._network.http import RequestError
from kameleoon.data import CustomData
from kameleoon.events.request_type import RequestType
from kameleoon.logging.kameleoon_logger import KameleoonLogger
from kameleoon.types.remote_visitor_data_filter import RemoteVisitorDataFilter

__all__ = ["RemoteData", "warehouse_audience"]


class RemoteData:
    """Fetches what the data services hold."""

    def __init__(self, endpoints: Endpoints, http: AuthenticatedHttp) -> None:
        self._endpoints = endpoints
        self._http = http

    def value(self, key: str, timeout: float | None) -> Any:
        """The decoded JSON under ``key``; ``None`` if it cannot be had within ``timeout`` seconds."""
        try:
            answer = self._http.attempt(
                RequestType.REMOTE_DATA, "GET", self._endpoints.remote_data(key), timeout=timeout
            )
            return json.loads(answer.body)
        except RequestError:
            return None
        except (ValueError, RecursionError) as error:
            KameleoonLogger.error("REMOTE_DATA request failed: the answer is no JSON: %s", error)
            return None

    def visitor(
        self,
        visitor_code: str,
        wanted: RemoteVisitorDataFilter,
        is_unique_identifier: bool,
        timeout: float | None,
    ) -> bytes | None:
        """The JSON text of the visitor's remote data; ``None`` if it cannot be had within ``timeout`` seconds."""
        url = self._endpoints.visitor_data(visitor_code, wanted, is_unique_identifier)
        try:
            return self._http.attempt(RequestType.REMOTE_VISITOR_DATA, "GET", url, timeout=timeout).body
        except RequestError:
            return None


def warehouse_audience(remote_data: Any, custom_data_index: int) -> CustomData | None:
    """The custom datum of a visitor's warehouse audiences; ``None`` where the request failed."""
    if remote_data is None:
        return None
    audiences = remote_data.get("warehouseAudiences") if isinstance(remote_data, dict) else None
    return CustomData(custom_data_index, *(audiences if isinstance(audiences, dict) else ()))
