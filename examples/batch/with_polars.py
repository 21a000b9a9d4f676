"""Polars: lazily, in batches, from what a query gives. ``python examples/batch/with_polars.py``."""

from __future__ import annotations

import polars as pl

from kameleoon.batch import Columns, Snapshot
from kameleoon.batch.polars import assign
from shop import DATA_FILE, VISITORS

visitors = pl.LazyFrame(VISITORS)
answers = assign(visitors, Snapshot(DATA_FILE), data=Columns(custom_data={1: "plan"}), keep=True)
print(answers.collect(engine="streaming"))
print(answers.group_by("plan", "bulk-orders").len().sort("plan", "len").collect(engine="streaming"))
