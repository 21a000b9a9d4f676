"""``Latency``: how long attempts take, as a histogram."""

from __future__ import annotations

from bisect import bisect_left
from typing import Any

__all__ = ["BUCKETS", "Latency"]

BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
"""The upper ends of the buckets, in seconds; beyond the last one is one more."""


class Latency:
    """Counts durations in buckets. Not thread-safe: its owner has a lock."""

    __slots__ = ("_counts", "_sum")

    def __init__(self) -> None:
        self._counts = [0] * (len(BUCKETS) + 1)
        self._sum = 0.0

    def observe(self, seconds: float) -> None:
        """Counts one."""
        self._counts[bisect_left(BUCKETS, seconds)] += 1
        self._sum += seconds

    def snapshot(self) -> dict[str, Any]:
        """``count``; ``sum``, in seconds; ``buckets``, how many took at most so many seconds; ``p50``, ``p95`` and
        ``p99``, in seconds, about: as far as buckets tell; ``None`` where there is none.
        """
        counts, total = list(self._counts), 0
        buckets = {}
        for end, count in zip((*BUCKETS, float("inf")), counts):
            total += count
            buckets[end] = total
        quantiles = {f"p{percent}": _quantile(counts, percent / 100) for percent in (50, 95, 99)}
        return {"count": total, "sum": self._sum, "buckets": buckets, **quantiles}


def _quantile(counts: list[int], part: float) -> float | None:
    """On the straight line through the bucket that it is in; of the last bucket, its beginning."""
    wanted = part * sum(counts)
    if wanted == 0:
        return None
    begin = 0.0
    for end, count in zip(BUCKETS, counts):
        if wanted <= count:
            return begin + (end - begin) * wanted / count
        wanted -= count
        begin = end
    return begin
