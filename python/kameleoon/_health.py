"""Whether a client does its work, and everything that is not as it should be, in plain words."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from typing import Any

from kameleoon._data_file import DataFileSlot
from kameleoon._life import Life
from kameleoon.types.health import Health

__all__ = ["HealthCheck"]

_LOSS_SECONDS = 60.0
"""For so long a loss of events is told of."""


class HealthCheck:
    """Looks at a client's parts. It waits for nothing: what is looked at is read as it stands."""

    def __init__(self, life: Life, data_file: DataFileSlot) -> None:
        self._life = life
        self._data_file = data_file
        self._lost = 0
        self._lost_at: float | None = None  # by ``time.monotonic``: when a look found that more was lost

    def look(self, counters: Mapping[str, int]) -> Health:
        """The verdicts and the reasons now."""
        life = self._life
        has_data_file = self._data_file.source != "none"
        is_live = life.is_closed or life.why_asleep is None
        reasons: list[str] = []
        if life.is_closed:
            reasons.append("the client is closed: nothing is fetched or sent any more")
        elif life.why_asleep is not None:
            reasons.append(
                f"the background threads cannot be started: {life.why_asleep}; until they can, nothing is fetched, "
                "sent or purged. hint: raise the limit of threads (ulimit -u, pids.max)"
            )
        if not has_data_file:
            reasons.append(self._data_file.why_not_ready())
        if not life.is_closed:
            reasons.extend(self._troubles(has_data_file))
        reasons.extend(self._losses(counters))
        return Health(is_live=is_live, is_ready=has_data_file and not life.is_closed, reasons=reasons)

    def _troubles(self, has_data_file: bool) -> Iterator[str]:
        service = self._life.service
        if service is None:
            return
        source = service.data_source.status
        if has_data_file and source.stale_since is not None:
            why = source.last_failure or "the request is under way"
            yield f"the data file is stale since {_shown(source.stale_since)}: {why}"
        for kind, counts in service.request_counts().items():
            if kind != "DATAFILE" and counts["failing_since"] is not None:
                yield _failing(kind, counts)

    def _losses(self, counters: Mapping[str, int]) -> Iterator[str]:
        lost = counters["dropped_visitors"] + counters["events_dropped"] + counters["events_refused"]
        now = time.monotonic()
        if lost > self._lost:
            self._lost, self._lost_at = lost, now
        if self._lost_at is not None and now < self._lost_at + _LOSS_SECONDS:
            yield (
                f"events are lost: so far {counters['dropped_visitors']} visitors fell out of the full queue, "
                f"{counters['events_dropped']} events were dropped for want of room, "
                f"{counters['events_refused']} are refused by the service"
            )


def _failing(kind: str, counts: Mapping[str, Any]) -> str:
    """What goes on failing, since when, and why it failed last."""
    effect = "; what is to be sent waits" if kind == "TRACKING" else ""
    return f"{kind} requests fail since {_shown(counts['failing_since'])}: {counts['last_error']}{effect}"


def _shown(moment: float) -> str:
    return time.strftime("%Y-%m-%d %H:%M:%S UTC", time.gmtime(moment))
