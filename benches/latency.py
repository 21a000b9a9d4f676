"""How long single calls take: under saturated threads with everything going on, and at a steady pace."""

from __future__ import annotations

import gc
import operator
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from benches import clients, work
from benches.service import serving

THREADS = 8
PACED_CALLS_PER_SECOND = 2_000
PACED_VISITORS = 120_000


def percentiles(nanoseconds: list[int]) -> dict[str, float]:
    """In microseconds."""
    ordered = sorted(nanoseconds)

    def at(share: float) -> float:
        return ordered[min(len(ordered) - 1, int(len(ordered) * share))] / 1e3

    return {
        "calls": len(ordered), "p50": at(0.5), "p99": at(0.99), "p99.9": at(0.999), "p99.99": at(0.9999),
        "worst": ordered[-1] / 1e3,
    }  # fmt: skip


def histogram(nanoseconds: list[int]) -> dict[str, int]:
    """How many calls took less than each power of two, and not less than the one before, in nanoseconds."""
    counts: dict[int, int] = {}
    for duration in nanoseconds:
        counts[duration.bit_length()] = counts.get(duration.bit_length(), 0) + 1
    return {f"{2**bits}": counts[bits] for bits in sorted(counts)}


def _saturate(call: Callable[[str], Any], codes: list[str], seconds: float) -> list[int]:
    """The durations of all calls that threads made side by side."""
    durations: list[list[int]] = [[] for _ in range(THREADS)]
    end = time.monotonic() + seconds

    def work_on(number: int) -> None:
        mine, clock, note = codes[number::THREADS], time.perf_counter_ns, durations[number].append
        while time.monotonic() < end:
            for code in mine[:2000]:
                start = clock()
                call(code)
                note(clock() - start)

    threads = [threading.Thread(target=work_on, args=(number,)) for number in range(THREADS)]
    [thread.start() for thread in threads]
    [thread.join() for thread in threads]
    return [duration for one in durations for duration in one]


@contextmanager
def _unrest(client: Any) -> Iterator[None]:
    """Data files swapped and visitors purged, again and again; events are drained by the client itself."""
    stop = threading.Event()
    data_file, _, store = clients.pieces(client)
    texts = [clients.encoded({**work.MANY, "dateModified": date}) for date in (1, 2)]

    def swap() -> None:
        while not stop.wait(0.05):
            data_file.update(texts[0])
            texts.reverse()

    def purge() -> None:
        while not stop.wait(0.001):
            store.advance_clock()
            store.purge(30.0)

    threads = [threading.Thread(target=swap), threading.Thread(target=purge)]
    [thread.start() for thread in threads]
    try:
        yield
    finally:
        stop.set()
        [thread.join() for thread in threads]


def saturated(seconds: float = 6.0) -> dict[str, Any]:
    """8 threads as fast as they can, with swaps, purges and drains; an empty native call under the same threads."""
    codes = work.visitor_codes()
    with serving() as origin:
        client = clients.online(work.MANY, origin)
        active, truth = client.is_feature_active, operator.truth
        with _unrest(client):
            empty = _saturate(truth, codes, seconds)
            own = _saturate(lambda code: active(code, "flag_0"), codes, seconds)
        client.close(0)
    return {"empty call": percentiles(empty), "is_feature_active": percentiles(own), "histogram": histogram(own)}


def paced(seconds: float = 60.0) -> dict[str, Any]:
    """A steady 2,000 calls a second with tracking on, and 120,000 visitors held.

    Beside it a native call that touches nothing shared and takes about as long: what the machine itself interrupts.
    """
    codes = work.visitor_codes(PACED_VISITORS)
    with serving() as origin:
        client = clients.online(work.ONE, origin)
        call, clock, numbers = client.is_feature_active, time.perf_counter_ns, tuple(range(400))
        own: list[int] = []
        other: list[int] = []
        for code in codes:
            call(code, "flag_0")
        gc.collect()
        start = time.perf_counter()
        for number in range(int(PACED_CALLS_PER_SECOND * seconds)):
            while time.perf_counter() < start + number / PACED_CALLS_PER_SECOND:
                time.sleep(0.0001)
            code = codes[number % len(codes)]
            before = clock()
            call(code, "flag_0")
            between = clock()
            sum(numbers)
            other.append(clock() - between)
            own.append(between - before)
        client.close(0)
    return {"a sum": percentiles(other), "is_feature_active": percentiles(own)}


if __name__ == "__main__":
    print(saturated())
    print(paced())
