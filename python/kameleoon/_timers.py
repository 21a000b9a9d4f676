"""One background thread for everything that waits: named, daemonic, started when first needed."""

from __future__ import annotations

import contextlib
import heapq
import itertools
import sys
import threading
import time
import weakref
from collections.abc import Callable

from kameleoon.logging.kameleoon_logger import KameleoonLogger


class Timers:
    """Runs jobs at their times, one after another, on one thread."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._changed = threading.Condition()
        self._jobs: list[tuple[float, int, Callable[[], object]]] = []
        self._order = itertools.count()
        self._thread: threading.Thread | None = None
        self._owner: weakref.ref[object] | None = None
        self._stopped = False

    def schedule(self, delay_seconds: float, job: Callable[[], object]) -> None:
        """Runs ``job`` once, after ``delay_seconds``. Nothing happens after ``stop``.

        Raises ``RuntimeError`` where the first job finds that no thread can be started; the job is not kept then.
        """
        with self._changed:
            if self._stopped:
                return
            if self._thread is None:
                thread = threading.Thread(target=self._run, name=self._name, daemon=True)
                thread.start()
                self._thread = thread
            heapq.heappush(self._jobs, (time.monotonic() + delay_seconds, next(self._order), job))
            self._changed.notify()

    def repeat(self, interval_seconds: float, job: Callable[[], object]) -> None:
        """Runs ``job`` every ``interval_seconds``, counted from the end of each run."""

        def run_and_schedule() -> None:
            try:
                job()
            finally:
                self.schedule(interval_seconds, run_and_schedule)

        self.schedule(interval_seconds, run_and_schedule)

    def serve(self, owner: object) -> None:
        """Keeps ``owner`` alive while a job runs, and only then: the jobs themselves must not hold it."""
        self._owner = weakref.ref(owner)

    def stop_with(self, owner: object) -> None:
        """As ``serve``, and stops once ``owner`` lives no more."""

        def stop(_: object, is_finalizing: Callable[[], bool] = sys.is_finalizing) -> None:
            # While Python ends, the thread may be gone with the lock; and there is nothing left to stop.
            if not is_finalizing():
                self.stop()

        # No weakref.finalize: at exit, its registry is gone through, which fails while another thread makes a client.
        self._owner = weakref.ref(owner, stop)

    def stop(self) -> None:
        """Runs nothing any more; a job under way ends."""
        # Once stopped, never again by the owner's death: that may come when the interpreter has ended the thread, with
        # the lock in its hands, and would wait for it forever.
        self._owner = None
        with self._changed:
            self._stopped = True
            self._jobs.clear()
            self._changed.notify()

    def _run(self) -> None:
        while True:
            with self._changed:
                while not self._stopped and (not self._jobs or self._jobs[0][0] > time.monotonic()):
                    self._changed.wait(self._jobs[0][0] - time.monotonic() if self._jobs else None)
                if self._stopped:
                    return
                job = heapq.heappop(self._jobs)[2]
            owner = self._owner() if self._owner is not None else None
            try:
                job()
            except BaseException as error:  # noqa: BLE001  # nobody could catch it, and the thread serves other jobs too
                if self._owner is None or owner is not None or not isinstance(error, ReferenceError):
                    _report(error)  # else: the owner has just gone
            del job, owner


def _report(error: BaseException) -> None:
    with contextlib.suppress(BaseException):  # the logger may raise as the job did
        KameleoonLogger.error("a background job failed: %r", error)
