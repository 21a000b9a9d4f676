"""Sends tracking requests (spec 3 §3): every interval, with one retry, and a probe while the service is down."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from kameleoon._network.http import RequestError
from kameleoon.events.request_type import RequestType

if TYPE_CHECKING:
    from kameleoon._native import TrackingBatch
    from kameleoon._network.access_token import AuthenticatedHttp
    from kameleoon._network.endpoints import Endpoints
    from kameleoon._timers import Timers
    from kameleoon.kameleoon_client import KameleoonClient

_RETRY_SECONDS = 5.0
_EVERYBODY = 1_000_000_000
_SHORTEST_TIMEOUT_SECONDS = 0.1


class Tracking:
    """Drains a client's tracking queue. Runs on the client's timers."""

    def __init__(
        self, client: KameleoonClient, endpoints: Endpoints, http: AuthenticatedHttp, timers: Timers, timeout: float
    ) -> None:
        self._client = client
        self._endpoints = endpoints
        self._http = http
        self._timers = timers
        self._timeout = timeout
        self._failing = False
        self._to_retry: list[TrackingBatch] = []

    def drain(self) -> None:
        """Sends what is queued; while requests fail, one visitor's data as a probe."""
        deadline = time.monotonic() + self._timeout
        while True:
            with self._client._fork_gate:
                batch = self._client._take_batch(1 if self._failing else _EVERYBODY)
            if batch is None:
                return
            self.send(batch)
            if self._failing or time.monotonic() > deadline:
                return

    def send_visitor(self, visitor_code: str) -> None:
        """Sends what one visitor has to send."""
        with self._client._fork_gate:
            batch = self._client._take_batch_of(visitor_code)
        self.send(batch)

    def send(self, batch: TrackingBatch) -> None:
        """Sends a batch; after a failure it is tried again once, later."""
        if self._attempt(batch, self._timeout, is_last_try=False):
            return
        self._to_retry.append(batch)
        self._timers.schedule(_RETRY_SECONDS, lambda: self._retry(batch))

    def _retry(self, batch: TrackingBatch) -> None:
        if batch in self._to_retry:
            self._to_retry.remove(batch)
            if not self._attempt(batch, self._timeout, is_last_try=True):
                self._give_back(batch)

    def finish(self, deadline: float) -> None:
        """Sends everything once more, until ``deadline`` (monotonic seconds)."""
        for batch in self._to_retry:
            self._give_back(batch)
        self._to_retry.clear()
        while time.monotonic() < deadline:
            with self._client._fork_gate:
                waiting = self._client._take_batch(_EVERYBODY)
            if waiting is None:
                return
            timeout = max(deadline - time.monotonic(), _SHORTEST_TIMEOUT_SECONDS)
            if not self._attempt(waiting, timeout, is_last_try=True):
                self._give_back(waiting)
                return

    def _attempt(self, batch: TrackingBatch, timeout: float, *, is_last_try: bool) -> bool:
        if batch.events == 0:
            self._confirm(batch)  # nothing may be sent without consent
            return True
        try:
            self._http.attempt(
                RequestType.TRACKING,
                "POST",
                self._endpoints.tracking(),
                headers={"Content-Type": "*/*"},
                body=batch.body,
                timeout=timeout,
                is_last_try=is_last_try,
            )
        except RequestError:
            self._failing = True
            return False
        self._failing = False
        self._confirm(batch)
        return True

    def _confirm(self, batch: TrackingBatch) -> None:
        with self._client._fork_gate:
            self._client._confirm(batch)

    def _give_back(self, batch: TrackingBatch) -> None:
        with self._client._fork_gate:
            self._client._give_back(batch)
