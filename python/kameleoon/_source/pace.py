"""The times by which a data source goes (``docs/data-file.md``). The real values stand here, and nowhere else."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass

from kameleoon._network.backoff import Backoff

__all__ = ["Pace"]


@dataclass(frozen=True)
class Pace:
    """All in seconds. ``refresh_interval``: from one poll to the next.

    ``first_retries``: after failures before the first data file. Their cap keeps a promise: however long the service
    was down, a client is ready within 5 s after it is back. ``retries``: after failures later on. ``reopenings``: after
    the stream was lost or refused. ``chance`` gives numbers from 0 to below 1.
    """

    refresh_interval: float
    first_retries: Backoff
    retries: Backoff
    reopenings: Backoff
    opening: float
    """So long may connecting the stream take, its answer's head included."""
    steady: float = 30.0
    """A stream that stays up for less counts as one more failure in a row: it may be accepted and lost for ever."""
    patience: float = 60.0
    """A data file that was to be fetched for longer than that, and could not be, is stale."""
    shortest_silence: float = 10.0
    """A stream with heartbeats is not given up for a shorter silence, however quick they are."""
    first_patience: float = 5.0
    """Who follows another process, and is given no data file for so long, or up to twice that, fetches one."""
    silence: float = 15.0
    """Who follows another process, and has not been told of it for so long (or up to twice that, by chance), fetches
    itself.
    """
    first_silence: float = 2.0
    """The same, where no data file is in yet."""
    chance: Callable[[], float] = random.random
    spread: float = 0.1
    """Polls are spread by this share each way: clients that started together do not ask together for ever."""

    @classmethod
    def usual(cls, refresh_interval: float, timeout: float, chance: Callable[[], float] = random.random) -> Pace:
        """The pace of a client; ``timeout``: of its requests."""
        return cls(
            refresh_interval=refresh_interval,
            first_retries=Backoff(0.5, 4.0, chance),
            retries=Backoff(2.0, 60.0, chance),
            reopenings=Backoff(3.0, 60.0, chance),
            opening=timeout,
            chance=chance,
        )

    def next_poll(self) -> float:
        """The seconds until the next poll."""
        return self.refresh_interval * (1 - self.spread + 2 * self.spread * self.chance())

    def latest_check(self, checked_at: float) -> float:
        """When a data file that was the latest at a moment has been asked for again, by whoever does so."""
        return checked_at + self.refresh_interval * (1 + self.spread)
