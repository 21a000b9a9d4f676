"""``ClientStats``: figures of a running client."""

from __future__ import annotations

from typing import Any

from kameleoon.types._record import Record

__all__ = ["ClientStats"]


class ClientStats(Record):
    """Figures of a running client.

    ``is_ready``: whether a configuration is in. ``data_file_date_modified``: milliseconds, 0 for none.
    ``data_file_source``: ``"none"``, ``"default"`` or ``"service"``; ``data_file_age_second``: since it was fetched,
    ``None`` if it was not. ``visitors``: codes held. ``queued_visitors``: codes that wait to be tracked;
    ``dropped_visitors``: those dropped for want of room. ``events_sent``: lines that arrived; ``events_failed``: lines
    in requests that failed (they are sent again). ``requests``: for each kind of request what became of its attempts,
    the bytes, the last error and the time of the last success (seconds since the epoch).
    """

    __slots__ = (
        "data_file_age_second",
        "data_file_date_modified",
        "data_file_source",
        "dropped_visitors",
        "events_failed",
        "events_sent",
        "is_ready",
        "queued_visitors",
        "requests",
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
        queued_visitors: int,
        dropped_visitors: int,
        events_sent: int,
        events_failed: int,
        requests: dict[str, dict[str, Any]],
    ) -> None:
        self.is_ready = is_ready
        self.data_file_date_modified = data_file_date_modified
        self.data_file_source = data_file_source
        self.data_file_age_second = data_file_age_second
        self.visitors = visitors
        self.queued_visitors = queued_visitors
        self.dropped_visitors = dropped_visitors
        self.events_sent = events_sent
        self.events_failed = events_failed
        self.requests = requests
