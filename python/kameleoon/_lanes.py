"""``Lane``: a background thread for one kind of work. What waits or hangs in one lane holds up no other."""

from __future__ import annotations

import contextlib
import heapq
import itertools
import threading
import time
from collections.abc import Callable

from kameleoon._network.deadline import Deadline
from kameleoon.logging.kameleoon_logger import KameleoonLogger

__all__ = ["Lane"]

_FIRST = float("-inf")


class Lane:
    """Runs jobs at their times, one after another, on a daemon thread that is started with the first of them."""

    def __init__(self, name: str, capacity: int | None = None) -> None:
        """``name``: the thread's. ``capacity``: the most jobs that wait; ``None`` is any number."""
        self._name = name
        self._capacity = capacity
        self._changed = threading.Condition()
        self._jobs: list[tuple[float, int, Callable[[], object]]] = []
        self._order = itertools.count()
        self._thread: threading.Thread | None = None
        self._stopped = False

    def schedule(self, delay_seconds: float, job: Callable[[], object]) -> bool:
        """Runs ``job`` once, after ``delay_seconds``. Returns whether it will: not after ``stop``, nor where
        ``capacity`` jobs wait already.

        Raises ``RuntimeError`` where the first job finds that no thread can be started; the job is not kept then.
        """
        return self._put(time.monotonic() + delay_seconds, job)

    def soon(self, job: Callable[[], object]) -> None:
        """Runs ``job`` once, as soon as it can be."""
        self.schedule(0, job)

    def run_next(self, job: Callable[[], object]) -> bool:
        """As ``schedule``, before everything that waits."""
        return self._put(_FIRST, job)

    def repeat(
        self, interval_seconds: float, job: Callable[[], object], spread: Callable[[], float] | None = None
    ) -> None:
        """Runs ``job`` every ``interval_seconds``, counted from the end of each run; each time multiplied by what
        ``spread`` returns, if it is given.
        """

        def interval() -> float:
            return interval_seconds if spread is None else interval_seconds * spread()

        def run_and_schedule() -> None:
            try:
                job()
            finally:
                self.schedule(interval(), run_and_schedule)

        self.schedule(interval(), run_and_schedule)

    def settle(self, deadline: Deadline) -> bool:
        """Waits until everything that is due has run; false where ``deadline`` comes first. On the lane's own thread
        there is nothing to wait for.
        """
        with self._changed:
            if self._thread is None or self._stopped or self.is_current:
                return True
        settled = threading.Event()
        return not self.schedule(0, settled.set) or settled.wait(deadline.remaining())

    def stop(self) -> None:
        """Runs nothing any more; a job under way ends."""
        with self._changed:
            self._stopped = True
            self._jobs.clear()
            self._changed.notify()

    @property
    def is_current(self) -> bool:
        """Whether this is the lane's own thread."""
        return threading.current_thread() is self._thread

    def _put(self, moment: float, job: Callable[[], object]) -> bool:
        with self._changed:
            if self._stopped or (self._capacity is not None and len(self._jobs) >= self._capacity):
                return False
            if self._thread is None:
                thread = threading.Thread(target=self._run, name=self._name, daemon=True)
                thread.start()
                self._thread = thread
            heapq.heappush(self._jobs, (moment, next(self._order), job))
            self._changed.notify()
            return True

    def _run(self) -> None:
        while True:
            with self._changed:
                while not self._stopped and (not self._jobs or self._jobs[0][0] > time.monotonic()):
                    self._changed.wait(self._jobs[0][0] - time.monotonic() if self._jobs else None)
                if self._stopped:
                    return
                job = heapq.heappop(self._jobs)[2]
            try:
                job()
            except BaseException as error:  # noqa: BLE001  # nobody could catch it, and the thread serves other jobs too
                _report(self._name, error)
            del job


def _report(name: str, error: BaseException) -> None:
    with contextlib.suppress(BaseException):  # the logger may raise as the job did
        KameleoonLogger.error("a background job of %s failed: %r", name, error)
