"""Waiting for the first data file without a thread."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable
from typing import Protocol

from kameleoon._network.deadline import Deadline

__all__ = ["Readiness", "until_ready"]


class Readiness(Protocol):
    """Whether the service's data file is in."""

    def outcome(self, *, keep_trying: bool) -> bool | None:
        """What a wait ends with now; ``None`` where it has to go on."""

    def tell_failure(self, seconds: float) -> None:
        """Logs why a wait of ``seconds`` has failed."""

    def add_waiter(self, callback: Callable[[], object]) -> Callable[[], None]:
        """Calls ``callback``, from any thread, when ``outcome`` may have changed, until what it returns is called."""
        ...


async def until_ready(readiness: Readiness, deadline: Deadline, *, keep_trying: bool) -> bool:
    """Whether a data file is in: false as soon as ``deadline`` comes or ``outcome`` says so.

    Waits on the running loop, and needs no thread.
    """
    loop = asyncio.get_running_loop()
    changed = asyncio.Event()

    def tell() -> None:
        with contextlib.suppress(RuntimeError):  # the loop has been closed meanwhile
            loop.call_soon_threadsafe(changed.set)

    seconds = deadline.remaining()
    stop_waiting = readiness.add_waiter(tell)
    try:
        while (outcome := readiness.outcome(keep_trying=keep_trying)) is None and not deadline.is_over:
            changed.clear()
            with contextlib.suppress(asyncio.TimeoutError):
                await asyncio.wait_for(changed.wait(), deadline.remaining())
    finally:
        stop_waiting()
    if not outcome:
        readiness.tell_failure(seconds)
    return bool(outcome)
