"""Batch evaluation beside others, in one run: ns a row, medians of interleaved rounds.

usage: python -m benches.batch [--rows N] [--rounds R] [--write]

Measured: one 50/50 flag on one core and on all, twenty flags of which ten look at five dictionary columns, this client in a
loop, and what Polars and DuckDB take for a SHA-256 of the same codes, on one core too.
"""

from __future__ import annotations

import argparse
import os
import statistics
import time
from collections.abc import Callable
from typing import Any

from benches import clients, work
from kameleoon import KameleoonClient, KameleoonClientConfig
from kameleoon.batch import Columns, Snapshot

PLANS, AGES, METALS = ["premium", "basic", "free"], ["17", "34", "51"], ["gold", "silver", "tin", "lead"]
VERSIONS, COUNTRIES = ["3.4.1", "3.3", "4.0"], ["FR", "DE", "IT", "ES"]
CORES = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def targeted_flags() -> dict[str, Any]:
    """Twenty flags; ten of them are for whom five conditions hold."""
    segments = [{**work.FIVE_CONDITIONS, "id": number} for number in range(10)]
    flags = [work.experiment(number, number if number < 10 else None) for number in range(20)]
    return work.data_file(*flags, segments=segments)


def columns() -> Columns:
    custom: dict[int | str, str] = {1: "plan", 2: "age", 3: "metal"}
    return Columns(custom_data=custom, application_version="version", country="country")


def table(pa: Any, count: int) -> Any:
    """Visitor codes of 16 characters, and five dictionary-encoded columns."""
    numbers = pa.array(range(count))

    def among(values: list[str], step: int) -> Any:
        keys = pa.array([number // step % len(values) for number in range(count)], pa.int32())
        return pa.DictionaryArray.from_arrays(keys, values)

    import pyarrow.compute as pc

    codes = pc.utf8_lpad(numbers.cast(pa.string()), 16, "v")
    return pa.table(
        {
            "visitor_code": codes,
            "plan": among(PLANS, 1),
            "age": among(AGES, 3),
            "metal": among(METALS, 9),
            "version": among(VERSIONS, 2),
            "country": among(COUNTRIES, 5),
        }
    )


def cases(rows: int) -> dict[str, tuple[Callable[[], Any], int]]:
    """What is measured: a call, and how many rows it answers (times flags, where there are several)."""
    import duckdb
    import polars as pl
    import pyarrow as pa

    visitors = table(pa, rows)
    codes = visitors.select(["visitor_code"])
    one, many = Snapshot(clients.encoded(work.ONE)), Snapshot(clients.encoded(targeted_flags()))
    few = codes.slice(0, min(rows, 100_000)).column(0).to_pylist()
    frame = pl.DataFrame(codes)
    connection = duckdb.connect(config={"threads": 1})
    connection.register("visitors", codes)

    def drain(snapshot: Snapshot, threads: int, **more: Any) -> Callable[[], Any]:
        def run() -> None:
            for _ in snapshot.assign(codes if not more else visitors, threads=threads, **more):
                pass

        return run

    def loop() -> None:
        client = KameleoonClient("site", KameleoonClientConfig.offline(clients.encoded(work.ONE)))
        for code in few:
            client.get_variation(code, "flag_0", track=False)

    def polars_sha() -> Any:
        import polars_hash  # Polars itself has none

        return frame.select(polars_hash.col("visitor_code").chash.sha2_256())

    return {
        "one 50/50 flag, one core": (drain(one, 1), rows),
        f"one 50/50 flag, {CORES} cores": (drain(one, CORES), rows),
        "20 flags, 10 targeted, one core, a row and flag": (drain(many, 1, data=columns()), 20 * rows),
        f"20 flags, 10 targeted, {CORES} cores, a row and flag": (drain(many, CORES, data=columns()), 20 * rows),
        "this client in a loop": (loop, len(few)),
        "DuckDB's sha256, one core": (
            lambda: connection.sql("select max(sha256(visitor_code)) from visitors").fetchall(),
            rows,
        ),
        "Polars' sha2_256 (polars-hash)": (polars_sha, rows),
    }


def measure(rows: int, rounds: int) -> dict[str, float]:
    """ns a row of each case: the median of rounds, in which the cases take turns."""
    everything = cases(rows)
    taken: dict[str, list[float]] = {name: [] for name in everything}
    for _ in range(rounds):
        for name, (run, count) in everything.items():
            start = time.perf_counter()
            run()
            taken[name].append((time.perf_counter() - start) / count * 1e9)
    return {name: statistics.median(times) for name, times in taken.items()}


def growth(rounds: int) -> dict[str, dict[str, float]]:
    """ns a row and flag by rows, by flags, by threads: medians."""
    import pyarrow as pa

    most = table(pa, 3_000_000).select(["visitor_code"])

    def took(rows: int, flags: int, threads: int) -> float:
        snapshot = Snapshot(clients.encoded(work.data_file(*(work.experiment(number) for number in range(flags)))))
        times = []
        for _ in range(rounds):
            start = time.perf_counter()
            for _ in snapshot.assign(most.slice(0, rows), threads=threads):
                pass
            times.append((time.perf_counter() - start) / (rows * flags) * 1e9)
        return statistics.median(times)

    return {
        "rows": {str(rows): took(rows, 1, 1) for rows in (1_000, 10_000, 100_000, 1_000_000, 3_000_000)},
        "flags": {str(flags): took(1_000_000 // flags, flags, 1) for flags in (1, 2, 5, 20, 100)},
        "threads": {str(threads): took(3_000_000, 1, threads) for threads in range(1, CORES + 1)},
    }


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benches.batch")
    parser.add_argument("--rows", type=int, default=10_000_000)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--write", action="store_true", help="keep the figures, and draw them, in docs/figures")
    options = parser.parse_args()
    found = measure(options.rows, options.rounds)
    for name, nanoseconds in found.items():
        print(f"{nanoseconds:8.1f} ns  {name}")
    alone, together = found["one 50/50 flag, one core"], found[f"one 50/50 flag, {CORES} cores"]
    print(f"{CORES} cores: {alone / together:.2f} × one")
    if options.write:
        from benches import figures, plot  # here: they need matplotlib

        result = {"rows": options.rows, "cases": found, "growth": growth(options.rounds)}
        figures.write("batch", result)
        plot.batch(result)


if __name__ == "__main__":
    main()
