"""Sends tracking requests: every interval, with one retry, and a probe while the service is down.

A request that is refused for what it holds is halved until the culprit is alone, which is set aside; the others go on.
With a spool, what cannot be sent goes to the disk, and is sent from there.
"""

from __future__ import annotations

import random
import threading
import time
from functools import partial
from typing import TYPE_CHECKING

from kameleoon._lanes import Lane
from kameleoon._native import Outbox
from kameleoon._network.authenticated import AuthenticatedHttp
from kameleoon._network.backoff import Backoff
from kameleoon._network.deadline import Deadline
from kameleoon._network.endpoints import Endpoints
from kameleoon._network.http import RequestError
from kameleoon._network.repeated import Repeated
from kameleoon._outgoing import LITTLE_BYTES, Batch, Outgoing
from kameleoon.events.request_type import RequestType
from kameleoon.logging.kameleoon_logger import KameleoonLogger

if TYPE_CHECKING:
    from kameleoon._spool.keeping import Keeping
    from kameleoon._spool.spool import Spool

__all__ = ["Tracking"]

_RETRIES = Backoff(10.0, 10.0)  # 5 s on average
_LAST_RETRIES = Backoff(0.2, 1.0)
"""While somebody waits for the end of it."""
_INTERVAL_SPREAD = 0.1
"""Intervals are longer or shorter by up to this share: many processes do not send at the same moment."""
_MOST_INSTANT_VISITORS = 1000
_SHORTEST_TIMEOUT_SECONDS = 0.1
_REFUSED = frozenset({400, 413, 422})
"""Statuses that tell of the request's content: the same again would be refused again."""

_SPOOLED_AT_ONCE = 10
"""So many files of the spool are sent with an interval: what is new does not wait for long."""

_LAST_SPOOL_SECONDS = 1.0
"""So long closing a client may take for what the spool has."""

_CULPRITS_WITHOUT_SUCCESS = 8
"""So many single events are refused one after another before it is believed that the service refuses everything."""
_REFUSALS_THAT_PROVE = 5
"""So often an event is tried that is refused while nothing else succeeds."""


class Tracking:
    """Empties an outbox into requests, on a lane of its own."""

    def __init__(
        self,
        outbox: Outbox,
        endpoints: Endpoints,
        http: AuthenticatedHttp,
        lane: Lane,
        timeout_seconds: float,
        spool: Spool | None = None,
    ) -> None:
        self._outbox = outbox
        self._endpoints = endpoints
        self._http = http
        self._lane = lane
        self._timeout = timeout_seconds
        self._failing = False
        self._not_before = 0.0  # by ``time.monotonic``: until then the service wants to be left alone
        self._outgoing = Outgoing(outbox)
        self._spool = spool
        self._keeping = None if spool is None else _keeping(spool, self._outgoing)
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
    def spool(self) -> Spool | None:
        """Where what cannot be sent is kept, if anywhere."""
        return self._spool

    def add_to(self, counters: dict[str, int]) -> None:
        """Adds what the engine does not know to its counters: visitors whose events wait for the second try of their
        request, and what became of events in the spool.
        """
        counters["queued_visitors"] += self._outgoing.visitors_to_retry
        spool = self._spool
        if spool is not None:
            counters["events_sent"] += spool.sent
            counters["events_refused"] += spool.refused
            counters["events_dropped"] += spool.dropped
            counters["events_spooled"] = spool.written
            counters["spool_events"], counters["spool_bytes"] = spool.waiting()

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

    def _queue_wished(self) -> None:
        """Queues everybody if somebody has asked for it, and the lane has not come to it yet."""
        with self._wishes:
            everybody, self._everybody = self._everybody, False
        if everybody:
            self._outbox.queue_all()

    def _grant(self) -> None:
        with self._wishes:
            visitors, self._instant = list(self._instant), {}
            instant, self._instant_everybody = self._instant_everybody, False
            self._is_scheduled = False  # what is wished from now on gets a job of its own
        self._queue_wished()
        if instant:
            self.drain()
            return
        for visitor_code in visitors:
            if self._failing:
                return  # they are queued: the probes come to them
            self.send(self._outgoing.take_of(visitor_code))

    # On the lane

    def drain(self) -> None:
        """Sends what is queued; while requests fail, one visitor's data as a probe."""
        self._report_losses()
        deadline = Deadline.after(self._timeout)
        has_tried = False
        while time.monotonic() >= self._not_before:
            batch = self._outgoing.take(1) if self._failing else self._outgoing.take()
            if batch is None:
                break
            self.send(batch)
            has_tried = True
            if self._failing or deadline.is_over:
                break
        if self._failing and self._keeping is not None:
            self._keeping.keep_all()
        if not (self._failing and has_tried):
            self._send_spooled(deadline, _SPOOLED_AT_ONCE)

    def send(self, batch: Batch) -> None:
        """Sends a batch; after a failure it is tried again once, later."""
        failed, pause = self._attempt(batch, Deadline.after(self._timeout), is_last_try=False)
        for part in failed:
            self._outgoing.try_later(part)
            self._lane.schedule(_RETRIES.pause(1, pause), partial(self._retry, part))
        self._outgoing.settled()

    def _retry(self, batch: Batch) -> None:
        if not self._outgoing.retry(batch):
            return
        for failed in self._attempt(batch, Deadline.after(self._timeout), is_last_try=True)[0]:
            failed.give_back()
        self._outgoing.settled()

    def finish(
        self,
        deadline: Deadline,
        *,
        visitor_code: str | None = None,
        everybody: bool = False,
        with_spool: bool = False,
    ) -> bool:
        """Sends everything that is queued, only what one visitor has to send, or what any visitor has unsent; and tries
        again what fails, until ``deadline``; where there is a spool, what fails is left for ``keep``. ``with_spool``:
        then sends what the spool has. Returns whether all of it is sent.
        """
        self._outgoing.give_back_retries()
        self._queue_wished()
        if everybody:
            self._outbox.queue_all()
        waiting = self._outgoing.take() if visitor_code is None else self._outgoing.take_of(visitor_code)
        failures = 0
        while waiting is not None:
            is_little = len(waiting.body) < LITTLE_BYTES
            failed, pause = self._attempt(waiting, deadline, is_last_try=True)
            for batch in failed:
                batch.give_back()
            self._outgoing.settled()
            if self._failing and self._spool is not None:
                return False
            if self._failing:
                failures += 1
                time.sleep(min(_LAST_RETRIES.pause(failures, pause), deadline.remaining()))
            elif visitor_code is not None and is_little and not self._outbox.has_earlier():
                return True  # else there may be more of the visitor's, which is queued
            if deadline.is_over:
                return self._outbox.queued() == 0
            waiting = self._outgoing.take()  # what has failed is among it
        if with_spool and not self._failing:
            self._send_spooled(deadline.within(_LAST_SPOOL_SECONDS), None)
        return True

    # The spool

    def keep(self, *, everybody: bool = False) -> bool:
        """Writes all that is queued and not known to be sent to the spool; with ``everybody`` what any visitor has
        unsent. Returns whether it is on the disk, all of it; never without a spool. From any thread.
        """
        if self._keeping is None:
            return False
        self._queue_wished()
        if everybody:
            self._outbox.queue_all()
        return self._keeping.keep_all()

    def _send_spooled(self, deadline: Deadline, most: int | None) -> None:
        """Sends files of the spool, if there is one and no other process does; while requests fail, one event as a
        probe.
        """
        spool = self._spool
        if spool is None:
            return
        names = spool.files()
        if not names or time.monotonic() < self._not_before or not spool.acquire():
            return
        from kameleoon._spool.spooled import SpooledBatch  # only for those who use it

        for name in names[:most]:
            if deadline.is_over:
                return
            try:
                batch = SpooledBatch.read(spool, name)
            except OSError:
                continue
            for part in batch.split(1) if self._failing else [batch]:
                self._attempt(part, deadline, is_last_try=True)
                if self._failing:
                    return

    def _attempt(self, batch: Batch, deadline: Deadline, *, is_last_try: bool) -> tuple[list[Batch], float | None]:
        """Sends a batch, in parts where it is refused for what it holds. Returns the parts whose requests failed, and
        for how many seconds the service wants to be left alone, if it says so.
        """
        parts, has_succeeded = [batch], False
        failed: list[Batch] = []
        pause: float | None = None
        culprits: list[tuple[Batch, RequestError]] = []
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
                others = [*parts, *(culprit for culprit, _ in culprits)]
                parts.extend(reversed(self._outgoing.halve(part, others)))
            else:
                culprits.append((part, error))
        self._judge(culprits, has_succeeded, rest=[] if failed else parts)
        self._failing = bool(failed or (culprits and not has_succeeded))
        self._not_before = time.monotonic() + pause if pause is not None else 0.0
        return (failed + parts if failed else []), pause

    def _judge(self, culprits: list[tuple[Batch, RequestError]], has_succeeded: bool, rest: list[Batch]) -> None:
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

    def _request(self, batch: Batch, deadline: Deadline, *, is_last_try: bool) -> RequestError | None:
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
        dropped_events += 0 if self._spool is None else self._spool.dropped
        losses = dropped_visitors + dropped_events
        if losses <= self._reported_losses:
            return
        self._reported_losses = losses
        if self._losses.failed("full", time.monotonic()) is not None:
            KameleoonLogger.error(
                "events were dropped for want of room: %d visitors from the full queue, %d events, so far; "
                "hint: the tracking service cannot be reached, or visitor_data_maximum_size or spool_maximum_size is "
                "too small",
                dropped_visitors,
                dropped_events,
            )

    def _set_aside(self, batch: Batch, error: RequestError) -> None:
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


def _keeping(spool: Spool, outgoing: Outgoing) -> Keeping:
    from kameleoon._spool.keeping import Keeping  # only for those who use it

    return Keeping(spool, outgoing)
