"""``Readiness``: waiting for the first data file."""

from __future__ import annotations

import threading
from collections.abc import Callable

from kameleoon._network.deadline import Deadline
from kameleoon.exceptions import Initialization
from kameleoon.logging.kameleoon_logger import KameleoonLogger

__all__ = ["Readiness"]

_LONGEST_WAIT_SECONDS = 3600.0
"""Some systems refuse to wait for much longer in one go."""


class Readiness:
    """Whether the service's data file is in, for threads that wait for it, and for others by a callback."""

    def __init__(self, site_code: str, environment: str | None, *, is_ready: bool) -> None:
        self._site_code = site_code
        self._environment = environment
        self._changed = threading.Condition()
        self._is_ready = is_ready
        self._has_ended = False
        self._failure: BaseException | None = None
        self._told: object = None  # the failure that was logged last
        self._waiters: list[Callable[[], object]] = []

    def succeeded(self) -> None:
        """A data file is in."""
        with self._changed:
            self._is_ready, self._failure = True, None
        self._tell()

    def failed(self, error: BaseException) -> None:
        """A fetch has failed."""
        with self._changed:
            self._failure = error
        self._tell()

    def end(self) -> None:
        """Nothing is fetched any more."""
        with self._changed:
            self._has_ended = True
        self._tell()

    def outcome(self, *, keep_trying: bool) -> bool | None:
        """What a wait ends with now: ``True`` once a data file is in, ``False`` after the end or, unless
        ``keep_trying``, a failure; ``None`` where it has to go on.
        """
        if self._is_ready:
            return True
        return False if self._has_ended or (self._failure is not None and not keep_trying) else None

    def wait(self, deadline: Deadline, *, keep_trying: bool) -> bool:
        """Whether a data file is in: false as soon as ``deadline`` comes or ``outcome`` says so. The reason is logged
        once, however often it is asked for.
        """
        seconds = deadline.remaining()
        with self._changed:
            while (outcome := self.outcome(keep_trying=keep_trying)) is None and not deadline.is_over:
                self._changed.wait(min(deadline.remaining(), _LONGEST_WAIT_SECONDS))
        if not outcome:
            self.tell_failure(seconds)
        return bool(outcome)

    def tell_failure(self, seconds: float) -> None:
        """Logs why a wait of ``seconds`` has failed, unless that was the last thing logged."""
        with self._changed:
            reason = self._failure or "timed out"
            is_told, self._told = self._told == reason, reason
        if not is_told:
            cause = self._failure or TimeoutError(f"no configuration within {seconds:.3g} s")
            error = Initialization(self._site_code, self._environment, cause)
            KameleoonLogger.error(
                "%s hint: the client keeps trying; wait_init(…, keep_trying=True) waits for it", error
            )

    def add_waiter(self, callback: Callable[[], object]) -> Callable[[], None]:
        """Calls ``callback`` whenever ``outcome`` may have changed, from any thread, until the function that is
        returned is called. It must not block.
        """
        with self._changed:
            self._waiters.append(callback)

        def remove() -> None:
            with self._changed:
                if callback in self._waiters:
                    self._waiters.remove(callback)

        return remove

    def _tell(self) -> None:
        with self._changed:
            self._changed.notify_all()
            waiters = list(self._waiters)
        for waiter in waiters:
            waiter()
