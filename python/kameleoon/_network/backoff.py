"""``Backoff``: how long to wait before something that failed is tried again."""

from __future__ import annotations

import random
from collections.abc import Callable

__all__ = ["Backoff"]


class Backoff:
    """Pauses that double with each failure in a row up to a cap, each drawn at random from the whole range ("full
    jitter"): clients that failed together do not come back together.

    The caller counts the failures, so that a state machine can hold the count.
    """

    __slots__ = ("_chance", "base", "cap")

    def __init__(self, base: float, cap: float, chance: Callable[[], float] = random.random) -> None:
        """``base``, ``cap``: seconds. ``chance`` gives numbers from 0 to below 1."""
        self.base = base
        self.cap = cap
        self._chance = chance

    def pause(self, failures: int, retry_after: float | None = None) -> float:
        """The seconds to wait after so many failures in a row (1 is the first one).

        Where the service says when to come back, not before that, and a little later at random.
        """
        if retry_after is not None:
            return retry_after + self.base * self._chance()
        longest = min(self.cap, self.base * 2.0 ** min(failures - 1, 60))
        return longest * (0.1 + 0.9 * self._chance())  # never at once
