"""Millions of visitors at once, by columns (docs/batch.md).

A :class:`Snapshot` is a data file without visitors. Its ``assign`` takes a table of Arrow columns (pyarrow, Polars,
DuckDB, pandas 3, …) and gives the variation of each row's visitor for each feature flag: the answers of a client that
is given the row's data and asked with ``track=False``. What is needed of Arrow is in the package itself; ``pyarrow`` is
only needed by those who use it.

>>> snapshot = Snapshot({"featureFlags": []})
>>> snapshot.flag_keys
[]

Engines have modules of their own, with one function each: ``kameleoon.batch.spark``, ``kameleoon.batch.ray``,
``kameleoon.batch.polars``, ``kameleoon.batch.duckdb``, ``kameleoon.batch.pandas``.
"""

from kameleoon.batch.assignment import Assignment, AssignmentCounts, Outcome
from kameleoon.batch.columns import Columns
from kameleoon.batch.snapshot import Snapshot

__all__ = ["Assignment", "AssignmentCounts", "Columns", "Outcome", "Snapshot"]
