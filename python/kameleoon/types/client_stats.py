"""``ClientStats``: figures of a running client."""

from __future__ import annotations

from typing import Any

from kameleoon.types._record import Record
from kameleoon.types.data_source_status import DataSourceStatus

__all__ = ["ClientStats"]


class ClientStats(Record):
    """Figures of a running client.

    ``is_ready``: whether a configuration is in. ``data_file_date_modified``: milliseconds, 0 for none.
    ``data_file_source``: ``"none"``, ``"default"``, ``"service"``, ``"file"``, ``"function"``, ``"cache"`` (of an
    earlier process) or ``"store"`` (of another process);
    ``data_file_age_second``: since it was fetched, ``None`` if it was not. ``visitors``: codes held;
    ``visitor_bytes``: about what they take, known where
    ``visitor_data_maximum_size`` is set, and ``evicted_visitors``: those that made room for others.
    ``queued_visitors``: visitors that wait to be tracked; ``dropped_visitors``: those that a full queue dropped.
    ``events_sent``: events that arrived; ``events_failed``: events in requests that failed (they are sent again);
    ``events_refused``: events that the service refuses, which are lost; ``events_dropped``: events lost for want of
    room. ``events_spooled``: events that this process has put into the spool, which holds ``spool_events`` of any
    process, in about ``spool_bytes`` on the disk; they count as sent once they are. ``requests``: for each kind of
    request what became of its attempts, the bytes, the last error and the time of the last success (seconds since the
    epoch). ``data_source``: how the data file is kept up to date, and since when it is stale, if it is; ``None``
    offline.

    >>> stats = client.stats()
    >>> stats.is_ready, stats.data_file_source, stats.events_dropped
    (True, 'default', 0)
    """

    __slots__ = (
        "data_file_age_second",
        "data_file_date_modified",
        "data_file_source",
        "data_source",
        "dropped_visitors",
        "events_dropped",
        "events_failed",
        "events_refused",
        "events_sent",
        "events_spooled",
        "evicted_visitors",
        "is_ready",
        "queued_visitors",
        "requests",
        "spool_bytes",
        "spool_events",
        "visitor_bytes",
        "visitors",
    )

    def __init__(
        self,
        *,
        is_ready: bool,
        data_file_date_modified: int,
        data_file_source: str,
        data_file_age_second: float | None,
        visitors: int,
        visitor_bytes: int,
        evicted_visitors: int,
        queued_visitors: int,
        dropped_visitors: int,
        events_sent: int,
        events_failed: int,
        events_refused: int,
        events_dropped: int,
        requests: dict[str, dict[str, Any]],
        data_source: DataSourceStatus | None = None,
        events_spooled: int = 0,
        spool_events: int = 0,
        spool_bytes: int = 0,
    ) -> None:
        self.is_ready: bool = is_ready
        self.data_file_date_modified: int = data_file_date_modified
        self.data_file_source: str = data_file_source
        self.data_file_age_second: float | None = data_file_age_second
        self.visitors: int = visitors
        self.visitor_bytes: int = visitor_bytes
        self.evicted_visitors: int = evicted_visitors
        self.queued_visitors: int = queued_visitors
        self.dropped_visitors: int = dropped_visitors
        self.events_sent: int = events_sent
        self.events_failed: int = events_failed
        self.events_refused: int = events_refused
        self.events_dropped: int = events_dropped
        self.requests: dict[str, dict[str, Any]] = requests
        self.data_source: DataSourceStatus | None = data_source
        self.events_spooled: int = events_spooled
        self.spool_events: int = spool_events
        self.spool_bytes: int = spool_bytes
