"""``ClientStats``: figures of a running client."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from kameleoon.types._record import Record
from kameleoon.types.data_source_status import DataSourceStatus
from kameleoon.types.flag_figures import FlagFigures
from kameleoon.types.sample_ratio import SampleRatio

__all__ = ["ClientStats"]

Figures = tuple[dict[str, FlagFigures], list[SampleRatio]]


class ClientStats(Record):
    """Figures of a running client (docs/figures.md). Moments are seconds since the epoch.

    ``is_ready``: whether a configuration is in. ``process_id``: of the process that counts, ``counted_since``: since
    when it does: a forked child begins with nothing. ``data_file_date_modified``: milliseconds, 0 for none.
    ``data_file_source``: ``"none"``, ``"default"``, ``"service"``, ``"file"``, ``"function"``, ``"cache"`` (of an
    earlier process) or ``"store"`` (of another process); ``data_file_age_second``: since it was fetched, ``None`` if it
    was not; ``data_file_stale_second``: for how long it has been stale, 0 if it is not; ``data_file_bytes``: of its
    text. ``visitors``: codes held; ``visitor_bytes``: about what they take, known where ``visitor_data_maximum_size``
    is set, and ``evicted_visitors``: those that made room for others. ``queued_visitors``: visitors that wait to be
    tracked; ``dropped_visitors``: those that a full queue dropped. ``events_sent``: events that arrived;
    ``events_failed``: events in requests that failed (they are sent again); ``events_refused``: events that the service
    refuses, which are lost; ``events_dropped``: events lost for want of room. ``events_spooled``: events that this
    process has put into the spool, which holds ``spool_events`` of any process, in about ``spool_bytes`` on the disk;
    they count as sent once they are. ``requests``: for each kind of request what became of its attempts, the bytes, the
    last error, the time of the last success, since when attempts fail, if they do, and how long they take.
    ``data_source``: how the data file is kept up to date, and since when it is stale, if it is; ``None`` offline.
    ``threads``: the names of the threads of this package, of all clients of the process.

    ``flags`` and ``sample_ratios()`` are read when they are first asked for; the others stand in the record.

    >>> stats = client.stats()
    >>> stats.is_ready, stats.data_file_source, stats.events_dropped
    (True, 'default', 0)
    """

    __slots__ = (
        "_figures",
        "_read",
        "counted_since",
        "data_file_age_second",
        "data_file_bytes",
        "data_file_date_modified",
        "data_file_source",
        "data_file_stale_second",
        "data_source",
        "dropped_visitors",
        "events_dropped",
        "events_failed",
        "events_refused",
        "events_sent",
        "events_spooled",
        "evicted_visitors",
        "is_ready",
        "process_id",
        "queued_visitors",
        "requests",
        "spool_bytes",
        "spool_events",
        "threads",
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
        process_id: int = 0,
        counted_since: float = 0.0,
        data_file_stale_second: float = 0.0,
        data_file_bytes: int = 0,
        threads: list[str] | None = None,
        read_figures: Callable[[], Figures] | None = None,
    ) -> None:
        self.is_ready: bool = is_ready
        self.process_id: int = process_id
        self.counted_since: float = counted_since
        self.data_file_date_modified: int = data_file_date_modified
        self.data_file_source: str = data_file_source
        self.data_file_age_second: float | None = data_file_age_second
        self.data_file_stale_second: float = data_file_stale_second
        self.data_file_bytes: int = data_file_bytes
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
        self.threads: list[str] = [] if threads is None else threads
        self._read = read_figures
        self._figures: Figures | None = None

    @property
    def flags(self) -> dict[str, FlagFigures]:
        """What was counted of each feature flag, by its key: those of the data file, in order, then others that an
        earlier one had. See docs/figures.md#flags.
        """
        return self._counted()[0]

    def sample_ratios(self) -> list[SampleRatio]:
        """For each experiment of the data file, whether its visitors are split as configured. See
        docs/figures.md#sample-ratios, which says what that can tell.
        """
        return self._counted()[1]

    def to_dict(self) -> dict[str, Any]:
        """Everything by name, as JSON has it: what ``python -m kameleoon flags stale`` reads.

        >>> sorted(client.stats().to_dict()["flags"])
        ['new-checkout', 'old-search']
        """
        requests = {
            kind: {**counts, "latency": _with_text_keys(counts.get("latency", {}))}
            for kind, counts in self.requests.items()
        }
        flags = {key: figures.to_dict() for key, figures in self.flags.items()}
        ratios = [ratio.to_dict() for ratio in self.sample_ratios()]
        return {**self._by_name(), "requests": requests, "flags": flags, "sample_ratios": ratios}

    def _counted(self) -> Figures:
        if self._figures is None:
            self._figures = ({}, []) if self._read is None else self._read()
        return self._figures

    def __getstate__(self) -> dict[str, Any]:
        """Copies and pickles hold what was counted, not the way to it."""
        return {**{name: getattr(self, name) for name in self._names()}, "_figures": self._counted(), "_read": None}

    def __setstate__(self, state: dict[str, Any]) -> None:
        for name, value in state.items():
            setattr(self, name, value)


def _with_text_keys(latency: dict[str, Any]) -> dict[str, Any]:
    return {**latency, "buckets": {str(end): count for end, count in latency.get("buckets", {}).items()}}
