"""From Parquet to Parquet: time beside reading and writing alone, and the most memory, each in a process of its own.

usage: python -m benches.batch_parquet [--rows N] [--folder F]     (100 M rows: 1.2 GB of disk, 5 minutes)
"""

from __future__ import annotations

import argparse
import os
import re
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

ROWS_AT_ONCE = 1_000_000


def make(path: Path, rows: int) -> None:
    """Codes of 16 characters and a plan."""
    import pyarrow as pa
    import pyarrow.compute as pc
    import pyarrow.parquet as pq

    schema = pa.schema({"visitor_code": pa.string(), "plan": pa.dictionary(pa.int32(), pa.string())})
    plans = pa.array(["premium", "basic", "free"])
    with pq.ParquetWriter(path, schema, compression="zstd", use_dictionary=["plan"]) as writer:
        for start in range(0, rows, ROWS_AT_ONCE):
            count = min(ROWS_AT_ONCE, rows - start)
            numbers = pa.array(range(start, start + count))
            text = pa.py_buffer(os.urandom(8 * count).hex().encode())
            ends = pa.array(range(0, 16 * count + 1, 16), pa.int32())
            codes = pa.StringArray.from_buffers(count, ends.buffers()[1], text)
            keys = pc.cast(pc.subtract(numbers, pc.multiply(pc.divide(numbers, 3), 3)), pa.int32())
            plan = pa.DictionaryArray.from_arrays(keys, plans)
            writer.write_table(pa.table({"visitor_code": codes, "plan": plan}, schema=schema))


def copy(source: str, target: str) -> int:
    """Reads and writes alone: the codes, and a column of three values in place of the answers."""
    import pyarrow.parquet as pq

    file = pq.ParquetFile(source)
    with pq.ParquetWriter(target, file.schema_arrow, compression="zstd", use_dictionary=["plan"]) as writer:
        for group in range(file.num_row_groups):
            writer.write_table(file.read_row_group(group))
    return file.metadata.num_rows


def assign(source: str, target: str) -> int:
    from benches import clients, work
    from kameleoon.batch import Columns, Snapshot
    from kameleoon.batch.arrow import assign_parquet

    snapshot = Snapshot(clients.encoded(work.data_file(work.experiment(0))))
    counts = assign_parquet(
        source, target, snapshot, data=Columns(custom_data={1: "plan"}), compression="zstd", use_dictionary=["flag_0"]
    )
    return counts.rows


def alone(what: str, source: Path, target: Path) -> tuple[float, float]:
    """Seconds, and the most MB, of a process that does one thing."""
    command = [sys.executable, "-m", "benches.batch_parquet", "--run", what, str(source), str(target)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    seconds, megabytes = done.stdout.split()
    return float(seconds), float(megabytes)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benches.batch_parquet")
    parser.add_argument("--rows", type=int, default=100_000_000)
    parser.add_argument("--folder", help="where the files are made; a temporary one by default")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--run", nargs=3, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.run:
        what, source, target = options.run
        jobs: dict[str, Any] = {"copy": copy, "assign": assign}
        start = time.perf_counter()
        jobs[what](source, target)
        seconds = time.perf_counter() - start
        most = re.search(
            r"VmHWM:\s+(\d+) kB", Path("/proc/self/status").read_text()
        )  # of this process, not its parent's
        print(seconds, int(most[1]) / 1024 if most else float("nan"))
        return
    with tempfile.TemporaryDirectory(dir=options.folder) as folder:
        source, target = Path(folder) / "visitors.parquet", Path(folder) / "variations.parquet"
        make(source, options.rows)
        print(f"{options.rows:,} rows, {source.stat().st_size / 1e6:,.0f} MB")
        ratios = []
        for _ in range(options.rounds):
            copied, copied_memory = alone("copy", source, target)
            assigned, assigned_memory = alone("assign", source, target)
            ratios.append(assigned / copied)
            print(
                f"reading and writing alone {copied:.1f} s, {copied_memory:.0f} MB; "
                f"assigned {assigned:.1f} s, {assigned_memory:.0f} MB; {ratios[-1]:.2f} ×"
            )
        print(f"median {sorted(ratios)[len(ratios) // 2]:.2f} ×")


if __name__ == "__main__":
    main()
