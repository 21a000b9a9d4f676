"""``Keeping``: what cannot be sent goes into the spool."""

from __future__ import annotations

import time

from kameleoon._native import TrackingBatch
from kameleoon._network.repeated import Repeated
from kameleoon._outgoing import Batch, Outgoing
from kameleoon._spool.spool import Spool
from kameleoon.logging.kameleoon_logger import KameleoonLogger

__all__ = ["Keeping"]


class Keeping:
    """Writes batches to a spool. From any thread."""

    def __init__(self, spool: Spool, outgoing: Outgoing) -> None:
        self._spool = spool
        self._outgoing = outgoing
        self._failures = Repeated()

    def keep_all(self) -> bool:
        """Writes all that is not known to be sent; whether it is on the disk. What is under way may be sent as well: it
        has its nonces.
        """
        with self._outgoing.everything() as (under_way, rest):
            former = self._outgoing.on_disk
            on_disk = [batch for batch in under_way if batch in former or self._write(batch)]
            self._outgoing.on_disk = on_disk
            for batch in rest:
                # What was under way, and is on the disk, may wait for its second try since.
                if not (batch in former or batch in on_disk or self._write(batch)):
                    batch.give_back()
                    return False
                if isinstance(batch, TrackingBatch):
                    batch.hand_over()
            return len(on_disk) == len(under_way)

    def _write(self, batch: Batch) -> bool:
        body = batch.body if isinstance(batch, TrackingBatch) else b""  # another one comes from the spool
        try:
            if body and not self._spool.write(body, batch.events):
                raise OSError("it is larger than spool_maximum_size")
        except OSError as error:
            repeated = self._failures.failed(type(error).__name__, time.monotonic())
            if repeated is not None:
                KameleoonLogger.error(
                    "events cannot be kept in the spool: %s%s; they stay in memory. hint: may the process write to %r, "
                    "and is there room?",
                    error,
                    repeated,
                    self._spool.directory,
                )
            return False
        self._failures.succeeded(time.monotonic())
        return True
