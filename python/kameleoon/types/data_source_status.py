"""``DataSourceStatus``: how a client's data source stands."""

from __future__ import annotations

from kameleoon.types._record import Record

__all__ = ["DataSourceStatus"]


class DataSourceStatus(Record):
    """How a client keeps its data file up to date. All moments are seconds since the epoch.

    ``state``: ``"connecting"`` (nothing has succeeded or failed yet), ``"streaming"`` (updates are announced by the
    event stream), ``"polling"`` (the data file is asked for each refresh interval), ``"following"`` (another process
    fetches it) or ``"stopped"``; ``since``: when that began; ``why``: why it polls.
    ``stale_since``: since when a fetch that was due has not succeeded; ``None`` unless that is for more than a minute.
    ``next_fetch``: when the next fetch begins, unless an event comes before; ``None`` while one is under way.
    ``last_fetch``: when the data file was last fetched, or found to be the latest; ``last_failure``: why a fetch failed
    last, at ``last_failure_at``. ``None`` for never.

    >>> status = client.stats().data_source  # of a client that is online
    >>> status is None or status.is_stale
    True
    """

    __slots__ = (
        "last_failure",
        "last_failure_at",
        "last_fetch",
        "next_fetch",
        "since",
        "stale_since",
        "state",
        "why",
    )

    def __init__(
        self,
        *,
        state: str,
        since: float,
        why: str | None,
        stale_since: float | None,
        next_fetch: float | None,
        last_fetch: float | None,
        last_failure: str | None,
        last_failure_at: float | None,
    ) -> None:
        self.state: str = state
        self.since: float = since
        self.why: str | None = why
        self.stale_since: float | None = stale_since
        self.next_fetch: float | None = next_fetch
        self.last_fetch: float | None = last_fetch
        self.last_failure: str | None = last_failure
        self.last_failure_at: float | None = last_failure_at

    @property
    def is_stale(self) -> bool:
        """Whether the data file may be an old one."""
        return self.stale_since is not None
