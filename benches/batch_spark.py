"""Spark: ``mapInArrow`` with assignments beside one that gives back what it gets, over the same rows (docs/batch.md).

``python -m benches.batch_spark`` needs the dependency groups ``engines`` and ``bench``, and Java 17 or later.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyspark
from pyspark.sql import DataFrame, SparkSession

from benches import figures, work
from kameleoon.batch import Snapshot
from kameleoon.batch import spark as on_spark

ROUNDS = 5
WARM_UP = 2  # rounds for the just-in-time compiler
FLAGS = 20


def session(folder: str) -> SparkSession:
    """Two executors in processes of their own, with one core each."""
    os.environ.update(
        SPARK_HOME=str(Path(pyspark.__file__).parent),
        PYSPARK_PYTHON=sys.executable,
        SPARK_LOCAL_IP="127.0.0.1",
        SPARK_WORKER_DIR=f"{folder}/work",
    )
    path = os.pathsep.join(filter(None, sys.path))
    builder = SparkSession.builder.master("local-cluster[2,1,1024]").appName("bench")
    return (
        builder.config("spark.ui.enabled", "false")
        .config("spark.ui.showConsoleProgress", "false")
        .config("spark.executorEnv.PYTHONPATH", path)
        .getOrCreate()
    )


def rows_on_disk(spark: SparkSession, folder: str, rows: int) -> DataFrame:
    """Visitor codes of 16 characters, in a Parquet file: what a job begins with."""
    codes = spark.range(rows, numPartitions=4).selectExpr("substring(md5(string(id)), 1, 16) as visitor_code")
    codes.write.parquet(f"{folder}/visitors")
    return spark.read.parquet(f"{folder}/visitors")


def trivial(visitors: DataFrame) -> DataFrame:
    """The rows through Python and back."""

    def same(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        yield from batches

    return visitors.mapInArrow(same, visitors.schema)


def same_columns(visitors: DataFrame, flags: int) -> DataFrame:
    """The rows through Python and back, with as many columns of short texts as there are flags: what Spark itself takes
    for the answers, whoever makes them.
    """

    def widened(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        for batch in batches:
            keys = pa.repeat(pa.scalar("on"), len(batch))
            yield pa.RecordBatch.from_arrays([*batch.columns, *[keys] * flags], [*batch.schema.names, *names])

    names = [f"flag_{number}" for number in range(flags)]
    return visitors.mapInArrow(widened, "visitor_code string, " + ", ".join(f"{name} string" for name in names))


def processor_seconds() -> float:
    """What this process and all that it started have had of the processors, driver and executors and their workers:
    other programs of the machine, which make every wall clock slow, are not in it (Linux).
    """
    ticks: dict[int, int] = {}
    parents: dict[int, int] = {}
    for path in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):  # it has ended meanwhile
            fields = path.read_text().rpartition(")")[2].split()
            process = int(path.parent.name)
            parents[process], ticks[process] = int(fields[1]), sum(map(int, fields[11:15]))
    family = {os.getpid()}
    while more := {process for process, parent in parents.items() if parent in family} - family:
        family |= more
    return sum(ticks.get(process, 0) for process in family) / os.sysconf("SC_CLK_TCK")


def measure(rows: int) -> dict[str, Any]:
    """Nanoseconds a row, by the clock and of the processors: medians of interleaved rounds, and ratios round by round."""
    one = Snapshot(work.data_file(work.experiment(0)))
    many = Snapshot(work.data_file(*(work.experiment(number) for number in range(FLAGS))))
    with tempfile.TemporaryDirectory() as folder:
        spark = session(folder)
        visitors = rows_on_disk(spark, folder, rows)
        ways: dict[str, Callable[[], DataFrame]] = {
            "nothing": lambda: visitors,
            "trivial": lambda: trivial(visitors),
            "one flag": lambda: on_spark.assign(visitors, one),
            "trivial, a column more": lambda: same_columns(visitors, 1),
            f"{FLAGS} flags": lambda: on_spark.assign(visitors, many),
            f"trivial, {FLAGS} columns more": lambda: same_columns(visitors, FLAGS),
        }
        clock: dict[str, list[float]] = {name: [] for name in ways}
        processors: dict[str, list[float]] = {name: [] for name in ways}
        for number in range(ROUNDS + WARM_UP):
            for name, way in ways.items():
                begun, used = time.perf_counter(), processor_seconds()
                way().write.format("noop").mode("overwrite").save()
                if number >= WARM_UP:
                    clock[name].append((time.perf_counter() - begun) / rows * 1e9)
                    processors[name].append((processor_seconds() - used) / rows * 1e9)
        spark.stop()
    pairs = [
        ("one flag", "trivial"),
        ("one flag", "trivial, a column more"),
        (f"{FLAGS} flags", f"trivial, {FLAGS} columns more"),
    ]
    return {
        "rows": rows,
        **{
            kind: {
                "ns a row": {name: round(statistics.median(found)) for name, found in times.items()},
                "ratios": {
                    f"{name} / {other}": round(statistics.median(a / b for a, b in zip(times[name], times[other])), 2)
                    for name, other in pairs
                },
            }
            for kind, times in (("clock", clock), ("processors", processors))
        },
    }


def main() -> None:
    """Prints the figures; ``--write`` puts them into docs/figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=4_000_000)
    parser.add_argument("--write", action="store_true")
    arguments = parser.parse_args()
    found = {"machine": figures.machine(), **measure(arguments.rows)}
    for name, value in found.items():
        print(f"{name}: {value}")
    if arguments.write:
        figures.write("batch_spark", found)


if __name__ == "__main__":
    main()
