"""How the cost of an evaluation grows: with flags, rules, conditions, visitors and threads."""

from __future__ import annotations

import itertools
import statistics
import sys
import threading
import time
from typing import Any

from benches import clients, work
from benches.players import loop
from kameleoon import CustomData

ROUNDS = 7
SECONDS = 0.12


def nanoseconds(timed: Any, chunks: list[list[Any]]) -> float:
    """The median of some rounds, each over whole chunks; every item was seen once before."""
    for chunk in chunks:
        timed(chunk)
    rotating, rounds = itertools.cycle(chunks), []
    for _ in range(ROUNDS):
        items, start = 0, time.perf_counter()
        while time.perf_counter() - start < SECONDS:
            chunk = next(rotating)
            timed(chunk)
            items += len(chunk)
        rounds.append((time.perf_counter() - start) / items * 1e9)
    return statistics.median(rounds)


def _chunks(items: list[Any], size: int = 500) -> list[list[Any]]:
    return [items[at : at + size] for at in range(0, len(items), size)]


def _evaluation(data_file: dict[str, Any], codes: list[str], *, data: bool = False) -> float:
    client = clients.alone(data_file)
    for code in codes if data else ():
        client.add_data(code, CustomData(1, "premium"))
    return nanoseconds(loop("f(item, 'flag_0')", f=client.is_feature_active), _chunks(codes))


def flags() -> dict[int, float]:
    """One flag among so many, asked in turn for 1,000 visitors."""
    codes, costs = work.visitor_codes(1000), {}
    for count in (1, 10, 100, 1000, 5000):
        client = clients.alone(work.data_file(*(work.experiment(number) for number in range(count))))
        asked = itertools.cycle(f"flag_{number * 37 % count}" for number in range(5))
        items = list(zip(codes, asked))
        costs[count] = nanoseconds(loop("f(*item)", f=client.is_feature_active), _chunks(items))
    return costs


def rules() -> dict[int, float]:
    """A flag with so many rules, of which the last one targets the visitor."""
    costs = {}
    for count in (1, 2, 5, 10, 20, 50):
        flag = work.experiment(0)
        [rule] = flag["rules"]
        others = [
            {**rule, "id": 50_000 + place, "experimentId": 60_000 + place, "segmentId": 2} for place in range(count - 1)
        ]
        flag["rules"] = [*others, {**rule, "segmentId": 1}]
        segments = [work.segment(1, "premium"), work.segment(2, "basic")]
        costs[count] = _evaluation(work.data_file(flag, segments=segments), work.visitor_codes(10_000), data=True)
    return costs


def conditions() -> dict[int, float]:
    """A rule with so many conditions, all of which hold."""
    costs = {}
    for count in (1, 2, 5, 10, 20, 50):
        data_file = work.data_file(work.experiment(0, 1), segments=[work.segment(1, *["premium"] * count)])
        costs[count] = _evaluation(data_file, work.visitor_codes(10_000), data=True)
    return costs


def visitors() -> dict[int, float]:
    """So many visitors in turn."""
    return {
        count: _evaluation(work.ONE, work.visitor_codes(count) * (500 // count or 1))
        for count in (1, 100, 1000, 10_000, 100_000, 1_000_000)
    }


def threads(seconds: float = 1.5) -> dict[int, float]:
    """Calls per second of so many threads together, each with visitors of its own; the best of three runs."""
    codes = work.visitor_codes()
    rates = {}
    for count in (1, 2, 4, 8):
        rates[count] = max(_rate(codes, count, seconds) for _ in range(3))
    return rates


def _rate(codes: list[str], count: int, seconds: float) -> float:
    client = clients.alone(work.ONE)
    timed = loop("f(item, 'flag_0')", f=client.is_feature_active)
    timed(codes)
    barrier, calls, end = threading.Barrier(count), [0] * count, [0.0]

    def work_on(number: int) -> None:
        rotating = itertools.cycle(_chunks(codes[number::count], 200))
        if barrier.wait() == 0:
            end[0] = time.perf_counter() + seconds
        barrier.wait()
        while time.perf_counter() < end[0]:
            chunk = next(rotating)
            timed(chunk)
            calls[number] += len(chunk)

    workers = [threading.Thread(target=work_on, args=(number,)) for number in range(count)]
    [worker.start() for worker in workers]
    [worker.join() for worker in workers]
    return sum(calls) / seconds


def has_gil() -> bool:
    """Whether threads take turns in this Python."""
    return getattr(sys, "_is_gil_enabled", lambda: True)()


def measure() -> dict[str, Any]:
    return {series.__name__: series() for series in (flags, rules, conditions, visitors, threads)} | {"gil": has_gil()}


if __name__ == "__main__":
    for name in sys.argv[1:] or ["flags", "rules", "conditions", "visitors", "threads"]:
        print(name, globals()[name](), "" if has_gil() else "(free-threaded)", flush=True)
