"""A few threads for calls that would block an event loop."""

from __future__ import annotations

import asyncio
import contextvars
import threading
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future
from typing import Any, TypeVar

from kameleoon._network.deadline import Deadline

__all__ = ["DaemonThreads", "NoThread", "is_done"]

T = TypeVar("T")
_MOST_THREADS = 32
_IDLE_SECONDS = 10.0


class NoThread(RuntimeError):
    """The system refuses a thread, and there is none that could be waited for."""


class DaemonThreads:
    """Threads that are started when they are needed, and end when they are not.

    They are no obstacle to the end of the program. (Those of ``concurrent.futures``, which event loops use by default,
    are waited for at exit, however long their calls take, and are shared with everything else in the program.)
    """

    def __init__(self, name: str, most: int = _MOST_THREADS, idle_seconds: float = _IDLE_SECONDS) -> None:
        """``most`` threads at a time; one ends after ``idle_seconds`` without a call."""
        self._name = name
        self._most = most
        self._idle_seconds = idle_seconds
        self._changed = threading.Condition()
        self._waiting: deque[tuple[Future[Any], contextvars.Context, Callable[[], Any]]] = deque()
        self._threads = 0
        self._idle = 0

    def submit(self, call: Callable[[], T]) -> Future[T]:
        """The result of ``call``, made on one of the threads with the caller's context variables. Cancelled before it
        began, the call is not made. Raises ``NoThread``.
        """
        future: Future[T] = Future()
        entry = (future, contextvars.copy_context(), call)
        with self._changed:
            self._waiting.append(entry)
            if self._idle >= len(self._waiting):
                self._changed.notify()
                return future
            if self._threads >= self._most:
                return future
            try:
                threading.Thread(target=self._work, name=self._name, daemon=True).start()
            except RuntimeError as error:
                if self._threads == 0:
                    self._waiting.remove(entry)
                    raise NoThread(str(error)) from None
            else:
                self._threads += 1
        return future

    def stop(self) -> None:
        """Ends idle threads now, and the others after their calls."""
        with self._changed:
            self._idle_seconds = 0.0
            self._changed.notify_all()

    async def run(self, call: Callable[[], T]) -> T:
        """The result of ``call``, awaited. Cancelled, it returns at once, whatever the call does. Where there is no
        thread the call is made here.
        """
        try:
            future = self.submit(call)
        except NoThread:
            return call()
        return await asyncio.wrap_future(future)

    async def run_until(self, call: Callable[[], T], deadline: Deadline) -> T:
        """The result of ``call``, which ends by itself at its deadline, and at once if it begins after it. So it
        does, here, if no thread was free in time. Raises ``NoThread``.
        """
        future = self.submit(call)
        result = asyncio.wrap_future(future)
        try:
            await asyncio.wait({result}, timeout=deadline.remaining())
        except asyncio.CancelledError:
            result.cancel()
            raise
        return call() if future.cancel() else await result

    def _work(self) -> None:
        while True:
            with self._changed:
                self._idle += 1
                try:
                    if not self._waiting:
                        self._changed.wait(self._idle_seconds)
                finally:
                    self._idle -= 1
                if not self._waiting:
                    self._threads -= 1
                    return
                future, context, call = self._waiting.popleft()
            if future.set_running_or_notify_cancel():
                try:
                    result = context.run(call)
                except BaseException as error:  # noqa: BLE001  # it is the caller's, as without threads
                    future.set_exception(error)
                else:
                    future.set_result(result)
                    del result
            del future, context, call  # while idle it keeps nothing alive


async def is_done(future: Future[Any], seconds: float) -> bool:
    """Waits until ``future`` is done, for ``seconds`` at most. Neither the time's end nor a cancellation touches it."""
    waiting = asyncio.wrap_future(future)
    try:
        await asyncio.wait({waiting}, timeout=seconds)
    finally:
        waiting.cancel()  # else it would tell this loop, which may be closed by then
    return future.done()
