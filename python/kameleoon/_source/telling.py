"""What the log says about a data source."""

from __future__ import annotations

import time

from kameleoon._source.actions import Status
from kameleoon.logging.kameleoon_logger import KameleoonLogger

__all__ = ["log_change"]


def log_change(before: Status, after: Status, failure: str | None, *, has_data_file: bool) -> None:
    """Logs what has changed from one status to the next. ``failure``: why a fetch failed last."""
    if after.stale_since is not None and before.stale_since is None:
        since, reason = _shown(after.stale_since), failure or "the request is under way"
        if has_data_file:
            KameleoonLogger.warning(
                "the data file is stale since %s: it could not be fetched (%s); feature flags are evaluated by the "
                "last one. hint: stats().data_source says more",
                since,
                reason,
            )
        else:
            KameleoonLogger.warning(
                "there is no data file: it could not be fetched since %s (%s); until it can, no feature flag is known. "
                "hint: stats().data_source says more",
                since,
                reason,
            )
    elif after.stale_since is None and before.stale_since is not None and after.name != "stopped":
        seconds = time.monotonic() - before.stale_since
        KameleoonLogger.info("the data file is fetched again; it was stale for %.0f s", seconds)
    if (after.name, after.why) == (before.name, before.why):
        return
    if after.why is None:
        KameleoonLogger.info("the data source is %s", after.name)
    else:
        KameleoonLogger.info("the data source is %s: %s", after.name, after.why)


def _shown(moment: float) -> str:
    """A moment of ``time.monotonic`` as the wall clock shows it, in UTC."""
    return time.strftime("%Y-%m-%d %H:%M:%S UTC", time.gmtime(time.time() - time.monotonic() + moment))
