"""Remote data, remote visitor data and warehouse audiences (spec 4 §4): asked for by a caller, who waits."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from kameleoon._network.http import RequestError
from kameleoon.data import CustomData, Data
from kameleoon.events.request_type import RequestType
from kameleoon.logging.kameleoon_logger import KameleoonLogger
from kameleoon.types.remote_visitor_data_filter import RemoteVisitorDataFilter

if TYPE_CHECKING:
    from kameleoon._service import Service
    from kameleoon.kameleoon_client import KameleoonClient


def fetch_remote_data(service: Service, key: str, timeout: float | None) -> Any:
    """The decoded JSON under ``key``, or ``None``."""
    try:
        answer = service.authenticated.attempt(
            RequestType.REMOTE_DATA, "GET", service.endpoints.remote_data(key), timeout=timeout
        )
        return json.loads(answer.body)
    except RequestError:
        return None
    except (ValueError, RecursionError) as error:
        KameleoonLogger.error("REMOTE_DATA request failed: the answer is no JSON: %s", error)
        return None


def fetch_remote_visitor_data(
    client: KameleoonClient,
    service: Service,
    visitor_code: str,
    add_data: bool,
    timeout: float | None,
    wanted: RemoteVisitorDataFilter,
) -> list[Data]:
    """The visitor's remote data, added to the visitor if asked for; an empty list where there are none."""
    url = service.endpoints.visitor_data(visitor_code, wanted, client._is_unique_identifier(visitor_code))
    try:
        answer = service.authenticated.attempt(RequestType.REMOTE_VISITOR_DATA, "GET", url, timeout=timeout)
        return client._load_remote_visitor_data(
            visitor_code,
            answer.body,
            store=add_data,
            device=wanted.device,
            browser=wanted.browser,
            operating_system=wanted.operating_system,
            visitor_code_wanted=wanted.visitor_code,
        )
    except RequestError:
        return []
    except ValueError as error:
        KameleoonLogger.error("REMOTE_VISITOR_DATA request failed: the answer cannot be used: %s", error)
        return []


def warehouse_audience(remote_data: Any, custom_data_index: int) -> CustomData | None:
    """The custom datum of a visitor's warehouse audiences; ``None`` where the request failed."""
    if remote_data is None:
        return None
    audiences = remote_data.get("warehouseAudiences") if isinstance(remote_data, dict) else None
    return CustomData(custom_data_index, *(audiences if isinstance(audiences, dict) else ()))
