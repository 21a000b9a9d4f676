"""Tracking and compiling: how fast, and how much of it callers feel."""

from __future__ import annotations

import statistics
import threading
import time

from benches import clients, work
from benches.service import serving

VISITORS_PER_BATCH = 500


def events_per_second(visitors: int = 300_000) -> dict[str, float]:
    """Events through queue, encoding and request bodies, on one core."""
    client = clients.alone(work.ONE)
    for number in range(visitors):
        client.is_feature_active(f"{number:016x}", "flag_0")
    events = size = 0
    start = time.perf_counter()
    outbox = clients.pieces(client)[1]
    while (batch := outbox.take(VISITORS_PER_BATCH)) is not None:
        events += batch.events
        size += len(batch.body)
        batch.confirm()
    elapsed = time.perf_counter() - start
    return {"events per second": events / elapsed, "bytes per event": size / events}


def callers_share_while_draining(rounds: int = 12) -> dict[str, float]:
    """Throughput of one caller while everything it causes is drained and sent, against the same without tracking.

    Visitors rotate, so that each second some hundred thousand events are taken, encoded, sent and confirmed.
    """
    codes = work.visitor_codes()
    with serving() as origin:
        client = clients.online(work.ONE, origin)
        rates: dict[bool, list[float]] = {True: [], False: []}
        for number in range(rounds):
            track = number % 2 == 0
            calls, start, call = 0, time.perf_counter(), client.is_feature_active
            while time.perf_counter() - start < 2:
                for code in codes[calls % len(codes) :][:5000]:
                    call(code, "flag_0", None, track)
                calls += 5000
            rates[track].append(calls / (time.perf_counter() - start))
            client.flush()
            time.sleep(1.5)  # what is left of a tracked round is sent before the next one
        client.close(0)
    tracked, untracked = (statistics.median(rates[track]) for track in (True, False))
    return {"tracked calls per second": tracked, "untracked calls per second": untracked, "share": tracked / untracked}


def delivery(evaluations: int = 100_000) -> dict[str, float]:
    """What share of the events of so many evaluations at full speed arrives, and when the last one does."""
    from kameleoon.testing import Platform

    codes = [f"{number:016x}" for number in range(evaluations)]
    with Platform(work.ONE) as platform:
        client = clients.online(work.ONE, platform.origin)
        for code in codes:
            client.is_feature_active(code, "flag_0")
        start = time.perf_counter()
        while (arrived := len(platform.received.nonces)) < evaluations and time.perf_counter() - start < 10:
            time.sleep(0.05)
        elapsed = time.perf_counter() - start
        client.close(0)
    return {"share": arrived / evaluations, "seconds": elapsed}


def compiling(flags: int = 5_000) -> dict[str, float]:
    """A large data file: milliseconds to compile it, and the longest call of another thread meanwhile."""
    client = clients.alone(work.ONE)
    data_file = clients.pieces(client)[0]
    text = clients.encoded(work.data_file(*(work.experiment(number) for number in range(flags))))
    times, worst = [], [0]
    stop = threading.Event()

    def call_on() -> None:
        call, clock, codes = client.is_feature_active, time.perf_counter_ns, work.visitor_codes(1000)
        while not stop.is_set():
            for code in codes:
                start = clock()
                call(code, "flag_0")
                worst[0] = max(worst[0], clock() - start)

    for _ in range(9):
        start = time.perf_counter()
        data_file.update(text)
        times.append((time.perf_counter() - start) * 1e3)
    caller = threading.Thread(target=call_on)
    caller.start()
    for _ in range(9):
        data_file.update(text)
    stop.set()
    caller.join()
    return {"milliseconds": sorted(times)[4], "megabytes": len(text) / 1e6, "worst call meanwhile, ms": worst[0] / 1e6}


if __name__ == "__main__":
    for measured in (events_per_second, callers_share_while_draining, delivery, compiling):
        print(measured.__name__, measured())
