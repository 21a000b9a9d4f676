"""Sends tracking requests: every interval, with one retry, and a probe while the service is down.

A request that is refused for what it holds is halved until the culprit is alone, which is set aside; the others go on.
"""

from __future__ import annotations

import random
import threading
import time
from functools import partial

from kameleoon._lanes import Lane
from kameleoon._native import Outbox, TrackingBatch
from kameleoon._network.authenticated import AuthenticatedHttp
from kameleoon._network.backoff import Backoff
from kameleoon._network.deadline import Deadline
from kameleoon._network.endpoints import Endpoints
from kameleoon._network.http import RequestError
from kameleoon._network.repeated import Repeated
from kameleoon.events.request_type import RequestType
from kameleoon.logging.kameleoon_logger import KameleoonLogger

__all__ = ["Tracking"]

_RETRIES = Backoff(10.0, 10.0)  # 5 s on average
_LAST_RETRIES = Backoff(0.2, 1.0)
"""While somebody waits for the end of it."""
_INTERVAL_SPREAD = 0.1
"""Intervals are longer or shorter by up to this share: many processes do not send at the same moment."""
_EVERYBODY = 1_000_000_000
_MOST_INSTANT_VISITORS = 1000
_SHORTEST_TIMEOUT_SECONDS = 0.1
_REFUSED = frozenset({400, 413, 422})
"""Statuses that tell of the request's content: the same again would be refused again."""

_CULPRITS_WITHOUT_SUCCESS = 8
"""So many single events are refused one after another before it is believed that the service refuses everything."""
_REFUSALS_THAT_PROVE = 5
"""So often an event is tried that is refused while nothing else succeeds."""


class Tracking:
    """Empties an outbox into requests, on a lane of its own."""

    def __init__(
        self, outbox: Outbox, endpoints: Endpoints, http: AuthenticatedHttp, lane: Lane, timeout_seconds: float
    ) -> None:
        self._outbox = outbox
        self._endpoints = endpoints
        self._http = http
        self._lane = lane
        self._timeout = timeout_seconds
        self._failing = False
        self._not_before = 0.0  # by ``time.monotonic``: until then the service wants to be left alone
        self._to_retry: list[TrackingBatch] = []
        self._reported_losses = 0
        self._losses = Repeated()
        self._lost_for_good = Repeated()
        self._refusals = 0
        self._wishes = threading.Lock()
        self._instant: dict[str, None] = {}  # visitors to be sent at once, in the order they were asked for
        self._everybody = False  # whether all visitors are to be queued
        self._instant_everybody = False  # and sent at once
        self._is_scheduled = False  # whether a job of the lane looks after these wishes

    def start(self, interval_seconds: float) -> None:
        """Sends what is queued every interval, from the first one's end on."""
        self._lane.repeat(
            interval_seconds, self.drain, lambda: random.uniform(1 - _INTERVAL_SPREAD, 1 + _INTERVAL_SPREAD)
        )

    @property
    def visitors_to_retry(self) -> int:
        """How many visitors' events wait for the second try of their request."""
        return sum(batch.visitors for batch in list(self._to_retry))

    # What callers ask for. However often they do, one job looks after it.

    def send_soon(self, visitor_code: str) -> None:
        """Sends what one visitor has to send, who is queued, without waiting for the interval."""
        with self._wishes:
            if len(self._instant) < _MOST_INSTANT_VISITORS:
                self._instant[visitor_code] = None
            else:
                self._instant_everybody = True  # where so many are to be sent, all that are queued may be
        self._schedule()

    def queue_everybody(self, *, instant: bool) -> None:
        """Queues all visitors that have something unsent; with ``instant`` they are sent at once."""
        with self._wishes:
            self._everybody = True
            self._instant_everybody |= instant
        self._schedule()

    def _schedule(self) -> None:
        with self._wishes:
            if self._is_scheduled:
                return
            self._is_scheduled = True
        try:
            self._lane.schedule(0, self._grant)
        except BaseException:
            self._is_scheduled = False
            raise

    def _grant(self) -> None:
        with self._wishes:
            visitors, self._instant = list(self._instant), {}
            everybody, self._everybody = self._everybody, False
            instant, self._instant_everybody = self._instant_everybody, False
            self._is_scheduled = False
        if everybody:
            self._outbox.queue_all()
        if instant:
            self.drain()
            return
        for visitor_code in visitors:
            if self._failing:
                return  # they are queued: the probes come to them
            self.send(self._outbox.take_of(visitor_code))

    # On the lane

    def drain(self) -> None:
        """Sends what is queued; while requests fail, one visitor's data as a probe."""
        self._report_losses()
        deadline = Deadline.after(self._timeout)
        while time.monotonic() >= self._not_before:
            batch = self._outbox.take(1 if self._failing else _EVERYBODY)
            if batch is None:
                return
            self.send(batch)
            if self._failing or deadline.is_over:
                return

    def send(self, batch: TrackingBatch) -> None:
        """Sends a batch; after a failure it is tried again once, later."""
        failed, pause = self._attempt(batch, Deadline.after(self._timeout), is_last_try=False)
        for part in failed:
            self._to_retry.append(part)
            self._lane.schedule(_RETRIES.pause(1, pause), partial(self._retry, part))

    def _retry(self, batch: TrackingBatch) -> None:
        if batch in self._to_retry:
            self._to_retry.remove(batch)
            for failed in self._attempt(batch, Deadline.after(self._timeout), is_last_try=True)[0]:
                failed.give_back()

    def finish(self, deadline: Deadline, *, visitor_code: str | None = None, everybody: bool = False) -> bool:
        """Sends everything that is queued, only what one visitor has to send, or what any visitor has unsent; and tries
        again what fails, until ``deadline``. Returns whether all of it is sent.
        """
        for batch in self._to_retry:
            batch.give_back()
        self._to_retry.clear()
        if everybody:
            self._outbox.queue_all()
        waiting = self._outbox.take(_EVERYBODY) if visitor_code is None else self._outbox.take_of(visitor_code)
        failures = 0
        while waiting is not None:
            failed, pause = self._attempt(waiting, deadline, is_last_try=True)
            for batch in failed:
                batch.give_back()
            if self._failing:
                failures += 1
                time.sleep(min(_LAST_RETRIES.pause(failures, pause), deadline.remaining()))
            elif visitor_code is not None:
                return True
            if deadline.is_over:
                return self._outbox.queued() == 0
            waiting = self._outbox.take(_EVERYBODY)  # what has failed is among it
        return True

    def _attempt(
        self, batch: TrackingBatch, deadline: Deadline, *, is_last_try: bool
    ) -> tuple[list[TrackingBatch], float | None]:
        """Sends a batch, in parts where it is refused for what it holds. Returns the parts whose requests failed, and
        for how many seconds the service wants to be left alone, if it says so.
        """
        parts, has_succeeded = [batch], False
        failed: list[TrackingBatch] = []
        pause: float | None = None
        culprits: list[tuple[TrackingBatch, RequestError]] = []
        while parts and not failed and (has_succeeded or len(culprits) < _CULPRITS_WITHOUT_SUCCESS):
            part = parts.pop()
            error = self._request(part, deadline, is_last_try=is_last_try)
            if error is None:
                has_succeeded = True
                part.confirm()
            elif error.status not in _REFUSED:
                failed.append(part)  # the service is down: the other parts would fail as well
                pause = error.retry_after
            elif part.events > 1:
                parts.extend(reversed(part.halve()))
            else:
                culprits.append((part, error))
        self._judge(culprits, has_succeeded, rest=[] if failed else parts)
        self._failing = bool(failed or (culprits and not has_succeeded))
        self._not_before = time.monotonic() + pause if pause is not None else 0.0
        return (failed + parts if failed else []), pause

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
            part.postpone()

    def _request(self, batch: TrackingBatch, deadline: Deadline, *, is_last_try: bool) -> RequestError | None:
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
                deadline=Deadline.after(max(min(deadline.remaining(), self._timeout), _SHORTEST_TIMEOUT_SECONDS)),
                is_last_try=is_last_try,
            )
        except RequestError as error:
            return error
        return None

    def _report_losses(self) -> None:
        dropped_visitors, dropped_events = self._outbox.dropped()
        losses = dropped_visitors + dropped_events
        if losses <= self._reported_losses:
            return
        self._reported_losses = losses
        if self._losses.failed("full", time.monotonic()) is not None:
            KameleoonLogger.error(
                "events were dropped for want of room: %d visitors from the full queue, %d events, so far; "
                "hint: the tracking service cannot be reached, or visitor_data_maximum_size is too small",
                dropped_visitors,
                dropped_events,
            )

    def _set_aside(self, batch: TrackingBatch, error: RequestError) -> None:
        visitor_code = batch.set_aside()
        repeated = self._lost_for_good.failed(str(error), time.monotonic())
        if repeated is not None:
            KameleoonLogger.error(
                "an event of visitor %r is lost: the service refuses it whatever it is sent with (%s)%s; "
                "hint: stats().events_refused counts such events",
                visitor_code,
                error,
                repeated,
            )
