"""pyarrow: a table, and from Parquet to Parquet. ``python examples/batch/with_arrow.py``."""

from __future__ import annotations

import tempfile
from pathlib import Path

import pyarrow as pa
from pyarrow import parquet

from kameleoon.batch import Columns, Snapshot
from kameleoon.batch.arrow import assign, assign_parquet
from shop import DATA_FILE, VISITORS

snapshot = Snapshot(DATA_FILE)
data = Columns(custom_data={1: "plan"})
print(assign(pa.table(VISITORS), snapshot, data=data).read_all().to_pandas())

with tempfile.TemporaryDirectory() as folder:
    source, target = Path(folder, "visitors.parquet"), Path(folder, "variations.parquet")
    parquet.write_table(pa.table(VISITORS), source)
    print(assign_parquet(source, target, snapshot, data=data))
    print(parquet.read_table(target).to_pandas())
