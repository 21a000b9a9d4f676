"""Variations for tables of pyarrow: ``Table``, ``RecordBatchReader``, ``Dataset``, and from Parquet to Parquet.

Needs the extra ``arrow``: ``pip install 'kameleoon-rs[arrow]'``.

>>> from kameleoon.batch import Snapshot
>>> snapshot = Snapshot({"featureFlags": [{"id": 1, "featureKey": "new-cart", "environmentEnabled": True,
...     "defaultVariationKey": "off", "variations": [{"key": "off"}], "rules": []}]})
>>> reader = assign(pa.table({"visitor_code": ["ada", "grace"]}), snapshot)
>>> reader.read_all().column("new-cart").to_pylist()
['off', 'off']
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kameleoon.batch._engines import Question, missing_engine
from kameleoon.batch.assignment import Assignment, AssignmentCounts
from kameleoon.batch.columns import Columns
from kameleoon.batch.snapshot import Layout, Snapshot

try:
    import pyarrow as pa
    from pyarrow.dataset import Dataset
except ModuleNotFoundError as _error:
    raise missing_engine("arrow", _error) from _error

if TYPE_CHECKING:
    from pyarrow.parquet import ParquetWriter

__all__ = ["assign", "assign_parquet"]

_ROW_GROUP = 1 << 19
"""So many rows are a row group of the Parquet files that are written: some 50 MB with twenty flags."""

_BATCH = 1 << 16
"""So many rows of a Parquet file are read at a time."""


def assign(
    source: pa.Table | pa.RecordBatchReader | Dataset,
    snapshot: Snapshot,
    *,
    visitor_code: str = "visitor_code",
    data: Columns | None = None,
    flags: Iterable[str] | None = None,
    layout: Layout = "wide",
    keep: Iterable[str] | bool | None = None,
    threads: int | None = None,
) -> pa.RecordBatchReader:
    """The variation of each row's visitor for each feature flag, as a ``pyarrow.RecordBatchReader``: read it once.

    ``source``: a ``Table``, ``RecordBatch``, ``RecordBatchReader``, or a ``Dataset`` of ``pyarrow.dataset``, of which
    only the columns that are needed are read. The other arguments, and what is raised before any work, are those of
    :meth:`Snapshot.assign`. What fails while rows are read is an error of the reader, ``pyarrow.ArrowInvalid``.

    >>> from kameleoon.batch import Snapshot
    >>> assign(pa.table({"visitor_code": ["ada"]}), Snapshot({"featureFlags": []})).schema.names
    ['visitor_code']
    """
    question = Question(snapshot, visitor_code, data, flags, layout, keep)
    columns = question.columns(source.schema.names)
    if hasattr(source, "scanner"):
        source = source.scanner(columns=columns).to_reader()
    return pa.RecordBatchReader.from_stream(question.answer(source, threads=threads))


def assign_parquet(
    source: str | os.PathLike[str],
    target: str | os.PathLike[str],
    snapshot: Snapshot,
    *,
    visitor_code: str = "visitor_code",
    data: Columns | None = None,
    flags: Iterable[str] | None = None,
    layout: Layout = "wide",
    keep: Iterable[str] | bool | None = None,
    threads: int | None = None,
    **options: Any,
) -> AssignmentCounts:
    """Reads the visitors of one Parquet file and writes their variations to another, a row group at a time: memory does
    not grow with the file.

    ``source`` and ``target``: paths. ``options`` are those of ``pyarrow.parquet.ParquetWriter``
    (``compression="zstd"``). The other arguments, and what is raised before any work, are those of
    :meth:`Snapshot.assign`. Returns how many rows there were, and how many of their codes could not be used. The target
    is there when it is complete: whatever is raised meanwhile leaves it as it was.

    >>> import pathlib, tempfile
    >>> import pyarrow as pa
    >>> from pyarrow import parquet
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     visitors, answers = pathlib.Path(folder, "visitors.parquet"), pathlib.Path(folder, "answers.parquet")
    ...     parquet.write_table(pa.table({"visitor_code": ["alice"]}), visitors)
    ...     assign_parquet(visitors, answers, client.snapshot(), flags=["new-checkout"]).rows
    1
    """
    from pyarrow import parquet  # takes 20 ms, which who has no Parquet files need not wait

    question = Question(snapshot, visitor_code, data, flags, layout, keep)
    target = Path(target)
    unfinished = target.with_name(f".{target.name}.{os.getpid()}")
    with parquet.ParquetFile(source, pre_buffer=False) as file:  # what is read ahead would be kept to the end
        schema = file.schema_arrow
        columns = question.columns(schema.names)
        wanted = pa.schema([schema.field(name) for name in columns], schema.metadata)
        reader = pa.RecordBatchReader.from_batches(wanted, file.iter_batches(_BATCH, columns=columns))
        answers = question.answer(reader, threads=threads)
        try:
            with parquet.ParquetWriter(unfinished, pa.schema(answers), **options) as writer:
                _write(answers, writer)
            unfinished.replace(target)
        finally:
            unfinished.unlink(missing_ok=True)
    return answers.counts


def _write(answers: Assignment, writer: ParquetWriter) -> None:
    """Gathers batches to row groups: a group of a batch each would be many, and slow to read."""
    batches: list[pa.RecordBatch] = []
    rows = 0
    for batch in map(pa.record_batch, answers):
        batches.append(batch)
        rows += len(batch)
        if rows >= _ROW_GROUP:
            writer.write_table(pa.Table.from_batches(batches), rows)
            batches, rows = [], 0
    if rows:
        writer.write_table(pa.Table.from_batches(batches), rows)
