"""``Outgoing``: the batches of an outbox on their way, so that another thread finds all that is not known to be sent.

A batch is in the outbox, under way, or waits for its second try. It is taken under a lock; without one it leaves what
is under way, for the other two or for good. So whoever holds the lock, and looks at what is under way first, misses
nothing.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Union

from kameleoon._native import Outbox, TrackingBatch

if TYPE_CHECKING:
    from kameleoon._spool.spooled import SpooledBatch

__all__ = ["LITTLE_BYTES", "Batch", "Outgoing"]

_EVERYBODY = 1_000_000_000
LITTLE_BYTES = 65_536
"""Far less than what a batch holds that has no room for more."""

Batch = Union[TrackingBatch, "SpooledBatch"]


class Outgoing:
    """Takes batches from an outbox, and knows those that are out."""

    def __init__(self, outbox: Outbox) -> None:
        self._outbox = outbox
        self._taking = threading.Lock()
        self._under_way: list[Batch] = []
        self._to_retry: list[Batch] = []
        self.on_disk: list[Batch] = []
        """Of those that were under way when ``everything`` was looked at last, those that were written to the spool."""

    def take(self, most_visitors: int = _EVERYBODY) -> TrackingBatch | None:
        """The next batch, which is under way now; ``None`` where nothing is queued."""
        with self._taking:
            batch = self._outbox.take(most_visitors)
            self._under_way = [] if batch is None else [batch]
        return batch

    def take_of(self, visitor_code: str) -> TrackingBatch:
        """What one visitor has to send, which is under way now."""
        with self._taking:
            batch = self._outbox.take_of(visitor_code)
            self._under_way = [batch]
        return batch

    def halve(self, batch: Batch, others: list[Batch]) -> list[Batch]:
        """The halves of a batch, which are under way now beside others."""
        with self._taking:
            halves = list[Batch](batch.halve())
            self._under_way = [*others, *halves]
        return halves

    def settled(self) -> None:
        """Nothing is under way any more."""
        self._under_way = []

    def try_later(self, batch: Batch) -> None:
        """A batch waits for its second try."""
        self._to_retry.append(batch)

    def retry(self, batch: Batch) -> bool:
        """Whether a batch still waits for its second try: then it is under way now."""
        with self._taking:
            is_waiting = self._claim(batch)
            if is_waiting:
                self._under_way = [batch]
        return is_waiting

    def give_back(self, batch: Batch) -> None:
        """The request of a batch under way has failed for good: its events are queued again, unless they are on the
        disk, from where they are sent.
        """
        with self._taking:
            self._under_way = [other for other in self._under_way if other is not batch]
            self._queue_again(batch)

    def give_back_retries(self) -> None:
        """The same for what waits for its second try."""
        with self._taking:
            for batch in list(self._to_retry):
                if self._claim(batch):
                    self._queue_again(batch)

    def _queue_again(self, batch: Batch) -> None:
        if isinstance(batch, TrackingBatch) and batch in self.on_disk:
            batch.hand_over()
        else:
            batch.give_back()

    @property
    def visitors_to_retry(self) -> int:
        """How many visitors' events wait for the second try of their request."""
        return sum(batch.visitors for batch in list(self._to_retry))

    @contextmanager
    def everything(self) -> Iterator[tuple[list[Batch], Iterator[Batch]]]:
        """What is under way, and then what else is not known to be sent, batch by batch, each of them the caller's;
        nothing is taken meanwhile. What comes while it is looked at may stay.
        """
        with self._taking:
            yield list(self._under_way), self._rest()

    def _rest(self) -> Iterator[Batch]:
        for batch in list(self._to_retry):
            if self._claim(batch):
                yield batch
        # A batch ends where the next part has no room in it. So of two that are little together the first one was the
        # last of what was queued: what comes now is new.
        former = LITTLE_BYTES
        while (queued := self._outbox.take(_EVERYBODY)) is not None:
            size = len(queued.body)
            yield queued
            if former + size < LITTLE_BYTES:
                return
            former = size

    def _claim(self, batch: Batch) -> bool:
        try:
            self._to_retry.remove(batch)
        except ValueError:
            return False
        return True
