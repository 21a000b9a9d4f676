"""Whether what was recorded is how it should be, sentence by sentence."""

from __future__ import annotations

import bisect
import statistics
from dataclasses import asdict
from typing import Any

from tests.soak.ledger import Balance

__all__ = ["complaints", "summary", "tell_behind"]

Samples = dict[str, list[dict[str, Any]]]

_WARM_UP = 0.3
"""The share of the time after which nothing may grow."""
_BYTES = 16 << 20
_SHARE = 0.10
_MORE_THREADS = 8
_MORE_DESCRIPTORS = 24
_WORST_SECONDS = 5.0
_BEHIND_SECONDS = 30
_EVER_BEHIND_SECONDS = 120


def tell_behind(samples: Samples, arrivals: list[dict[str, Any]]) -> None:
    """Adds to each sample by how many data files, one a second, it is ``behind`` the one that was served then."""
    moments = [moment["at"] for moment in arrivals]
    for taken in samples.values():
        for sample in taken:
            served = arrivals[max(bisect.bisect_right(moments, sample["at"]) - 1, 0)]["version"]
            sample["behind"] = max(served - sample["version"], 0)


def complaints(samples: Samples, ends: dict[str, dict[str, Any]], balance: Balance, version: int) -> list[str]:
    """What is wrong; nothing, hopefully."""
    found = []
    if balance.lost or balance.doubled or balance.unknown:
        found.append(f"events: {balance}")
    for name, taken in samples.items():
        end = ends.get(name)
        if end is None:
            found.append(f"{name} has not ended")
            continue
        if not end["flushed"]:
            found.append(f"{name} could not send what it had")
        for field, words in (
            ("wrong", "answers were wrong"),
            ("dropped", "events were dropped"),
            ("bad_children", "children did not end, or badly"),
        ):
            if end[field]:
                found.append(f"{name}: {end[field]} {words}")
        found += [f"{name}: {error}" for error in end["errors"]]
        if end["stuck"] > _WORST_SECONDS:
            found.append(f"{name}: a call was not over after {end['stuck']:.1f} s")
        if not end["threads_ended"]:
            found.append(f"{name}: a thread has not ended")
        if (worst := max((sample["worst"] for sample in taken), default=0.0)) > _WORST_SECONDS:
            found.append(f"{name}: a call took {worst:.1f} s")
        if (behind := max((sample["behind"] for sample in taken), default=0)) > _EVER_BEHIND_SECONDS:
            found.append(f"{name}: {behind} data files were not followed")
        if version - end["version"] > _BEHIND_SECONDS:
            found.append(f"{name}: the data file is number {end['version']}, the last one is {version}")
        found += [f"{name}: {text}" for text in _growth(taken)]
    return found


def _growth(taken: list[dict[str, Any]]) -> list[str]:
    """The last third against the third before it: what only rises and falls is no growth."""
    later = taken[int(len(taken) * _WARM_UP) :]
    half = len(later) // 2
    if half < 3:
        return []
    found = []
    for field, allowed in (("rss", _BYTES), ("threads", _MORE_THREADS), ("descriptors", _MORE_DESCRIPTORS)):
        first, second = (statistics.median(sample[field] for sample in part) for part in (later[:half], later[half:]))
        if second - first > max(allowed, _SHARE * first if field == "rss" else 0):
            found.append(f"{field} grew from {first:,.0f} to {second:,.0f}")
    return found


def summary(samples: Samples, ends: dict[str, dict[str, Any]], balance: Balance) -> dict[str, Any]:
    """The figures of the whole run."""
    taken = [sample for several in samples.values() for sample in several]
    later = {name: several[int(len(several) * _WARM_UP) :] for name, several in samples.items()}
    return {
        "seconds": round(max(s["at"] for s in taken) - min(s["at"] for s in taken)),
        "calls": sum(sample["calls"] for sample in taken),
        "children": sum(len(end["visitors_by_process"]) - 1 for end in ends.values()),
        "requests_failed_events": sum(end["failed"] for end in ends.values()),
        "events": asdict(balance),
        "p50_us": statistics.median(sample["p50"] for sample in taken) * 1e6,
        "p999_us": statistics.median(sample["p999"] for sample in taken) * 1e6,
        "worst_ms": max(sample["worst"] for sample in taken) * 1e3,
        "behind_s": max(sample["behind"] for sample in taken),
        "rss_mib": {
            name: [round(s["rss"] / 2**20, 1) for s in (several[0], several[-1])]
            for name, several in later.items()
            if several
        },
        "threads": max(sample["threads"] for sample in taken),
        "descriptors": max(sample["descriptors"] for sample in taken),
    }
