"""``HttpSource``: data files and events of the configuration service."""

from __future__ import annotations

import socket
import time
from collections.abc import Callable

from kameleoon._data_file import DataFileSlot
from kameleoon._network.endpoints import SDK_NAME, SDK_VERSION, Endpoints
from kameleoon._network.http import HttpService, RequestError
from kameleoon._network.repeated import Repeated
from kameleoon._source.events import Outcome
from kameleoon._source.source import SourceError
from kameleoon._source.stream import OpenedStream
from kameleoon.events.request_type import RequestType
from kameleoon.logging.kameleoon_logger import KameleoonLogger

__all__ = ["HttpSource"]


class HttpSource:
    """Fetches the data file unless it is the one in the slot."""

    def __init__(self, http: HttpService, endpoints: Endpoints, slot: DataFileSlot, timeout: float) -> None:
        """``timeout``: seconds in which the event stream must be connected."""
        self._http = http
        self._endpoints = endpoints
        self._slot = slot
        self._timeout = timeout
        self._unusable = Repeated()  # answers that came and are of no use; on the lane

    def fetch(self, timestamp: int | None) -> Outcome:
        """As ``Source``, with one immediate retry, unless the service says when to come back, or refuses the site."""
        try:
            return self._attempt(timestamp)
        except SourceError as error:
            if error.retry_after is not None or error.is_refused:
                raise
        return self._attempt(timestamp)

    def open_stream(self, on_socket: Callable[[socket.socket], object]) -> OpenedStream:
        """Connects the event stream, as ``StreamOpener``."""
        return self._http.open_stream(self._endpoints.event_stream(), self._timeout, on_socket)

    def _attempt(self, timestamp: int | None) -> Outcome:
        slot = self._slot
        headers = {"X-Kameleoon-SDK-Type": SDK_NAME, "X-Kameleoon-SDK-Version": SDK_VERSION}
        if slot.last_modified is not None:
            headers["If-Modified-Since"] = slot.last_modified
        url = self._endpoints.configuration(timestamp)
        try:
            answer = self._http.attempt(RequestType.DATAFILE, "GET", url, headers=headers)
        except RequestError as error:
            raise SourceError(str(error), error.retry_after) from error
        if answer.status == 304 and slot.is_fetched:
            if slot.source == "cache":
                slot.source = "service"  # which says so
            return Outcome.NOT_MODIFIED
        if answer.status != 200:
            self._log_unusable(KameleoonLogger.warning, f"HTTP status {answer.status}")
            raise SourceError(f"HTTP status {answer.status}", is_refused=answer.status == 403)
        return self._use(answer.body, answer.headers.get("Last-Modified"))

    def _use(self, text: bytes, last_modified: str | None) -> Outcome:
        slot = self._slot
        try:
            is_used = slot.use(text, "service")
        except ValueError as error:
            self._log_unusable(KameleoonLogger.error, str(error))
            raise SourceError(str(error)) from error
        self._unusable.succeeded(time.monotonic())
        slot.is_fetched = True
        slot.last_modified = last_modified
        self._endpoints.use_data_domain(slot.settings.data_api_domain)
        if not is_used:
            KameleoonLogger.info("the fetched data file is older than the default one, which stays in use")
            return Outcome.OLDER
        slot.updated_at = time.time()
        return Outcome.CHANGED

    def _log_unusable(self, log: Callable[..., None], reason: str) -> None:
        repeated = self._unusable.failed(reason, time.monotonic())
        if repeated is not None:
            log("DATAFILE request failed: %s%s", reason, repeated)
