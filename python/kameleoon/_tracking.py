"""Sends tracking requests: every interval, with one retry, and a probe while the service is down.

A request that is refused for what it holds is halved until the culprit is alone, which is set aside; the others go on.
"""

from __future__ import annotations

import time
from functools import partial
from typing import TYPE_CHECKING

from kameleoon._network.deadline import Deadline
from kameleoon._network.http import RequestError
from kameleoon.events.request_type import RequestType
from kameleoon.logging.kameleoon_logger import KameleoonLogger

if TYPE_CHECKING:
    from kameleoon._native import TrackingBatch
    from kameleoon._network.authenticated import AuthenticatedHttp
    from kameleoon._network.endpoints import Endpoints
    from kameleoon._timers import Timers
    from kameleoon.kameleoon_client import KameleoonClient

_RETRY_SECONDS = 5.0
_EVERYBODY = 1_000_000_000
_SHORTEST_TIMEOUT_SECONDS = 0.1
_REFUSED = frozenset({400, 413, 422})
"""Statuses that tell of the request's content: the same again would be refused again."""

_CULPRITS_WITHOUT_SUCCESS = 8
"""So many single events are refused one after another before it is believed that the service refuses everything."""
_REFUSALS_THAT_PROVE = 5
"""So often an event is tried that is refused while nothing else succeeds."""


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
        self._reported_losses = 0
        self._refusals = 0

    @property
    def visitors_to_retry(self) -> int:
        """How many visitors' events wait for the second try of their request."""
        return sum(batch.visitors for batch in list(self._to_retry))

    def drain(self) -> None:
        """Sends what is queued; while requests fail, one visitor's data as a probe."""
        self._report_losses()
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
        for failed in self._attempt(batch, time.monotonic() + self._timeout, is_last_try=False):
            self._to_retry.append(failed)
            self._timers.schedule(_RETRY_SECONDS, partial(self._retry, failed))

    def _retry(self, batch: TrackingBatch) -> None:
        if batch in self._to_retry:
            self._to_retry.remove(batch)
            for failed in self._attempt(batch, time.monotonic() + self._timeout, is_last_try=True):
                self._give_back(failed)

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
            failed = self._attempt(waiting, deadline, is_last_try=True)
            for batch in failed:
                self._give_back(batch)
            if failed:
                return

    def _attempt(self, batch: TrackingBatch, deadline: float, *, is_last_try: bool) -> list[TrackingBatch]:
        """Sends a batch, in parts where it is refused for what it holds. Returns the parts whose requests failed."""
        parts, has_succeeded = [batch], False
        failed: list[TrackingBatch] = []
        culprits: list[tuple[TrackingBatch, RequestError]] = []
        while parts and not failed and (has_succeeded or len(culprits) < _CULPRITS_WITHOUT_SUCCESS):
            part = parts.pop()
            timeout = max(min(deadline - time.monotonic(), self._timeout), _SHORTEST_TIMEOUT_SECONDS)
            error = self._request(part, timeout, is_last_try=is_last_try)
            if error is None:
                has_succeeded = True
                self._confirm(part)
            elif error.status not in _REFUSED:
                failed.append(part)  # the service is down: the other parts would fail as well
            elif part.events > 1:
                with self._client._fork_gate:
                    parts.extend(reversed(part.halve()))
            else:
                culprits.append((part, error))
        self._judge(culprits, has_succeeded, rest=[] if failed else parts)
        self._failing = bool(failed or (culprits and not has_succeeded))
        return failed + parts if failed else []

    def _judge(
        self, culprits: list[tuple[TrackingBatch, RequestError]], has_succeeded: bool, rest: list[TrackingBatch]
    ) -> None:
        """Sets events aside that were refused, if it is for what they hold: others succeed.

        Where nothing does, it may be the service that refuses everything; then all of it is tried again, a few times,
        after everything else.
        """
        self._refusals = 0 if has_succeeded else self._refusals + bool(culprits)
        is_proven = has_succeeded or self._refusals >= _REFUSALS_THAT_PROVE
        if is_proven and culprits:
            self._refusals = 0
        for part, error in culprits:
            if is_proven:
                self._set_aside(part, error)
            else:
                rest.append(part)
        for part in rest:
            with self._client._fork_gate:
                part.postpone()

    def _request(self, batch: TrackingBatch, timeout: float, *, is_last_try: bool) -> RequestError | None:
        """What went wrong, if anything."""
        if batch.events == 0:
            return None  # nothing may be sent without consent
        try:
            self._http.attempt(
                RequestType.TRACKING,
                "POST",
                self._endpoints.tracking(),
                headers={"Content-Type": "*/*"},
                body=batch.body,
                deadline=Deadline.after(timeout),
                is_last_try=is_last_try,
            )
        except RequestError as error:
            return error
        return None

    def _set_aside(self, batch: TrackingBatch, error: RequestError) -> None:
        with self._client._fork_gate:
            visitor_code = batch.set_aside()
        KameleoonLogger.error(
            "an event of visitor %r is lost: the service refuses it whatever it is sent with (%s); "
            "hint: stats().events_refused counts such events",
            visitor_code,
            error,
        )

    def _report_losses(self) -> None:
        counters = self._client._counters()
        losses = counters["dropped_visitors"] + counters["events_dropped"]
        if losses > self._reported_losses:
            self._reported_losses = losses
            KameleoonLogger.error(
                "events were dropped for want of room: %d visitors from the full queue, %d events, so far; "
                "hint: the tracking service cannot be reached, or visitor_data_maximum_size is too small",
                counters["dropped_visitors"],
                counters["events_dropped"],
            )

    def _confirm(self, batch: TrackingBatch) -> None:
        with self._client._fork_gate:
            batch.confirm()

    def _give_back(self, batch: TrackingBatch) -> None:
        with self._client._fork_gate:
            batch.give_back()
