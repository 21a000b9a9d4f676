"""Variations for datasets of Ray Data, worked out where their blocks are. Needs the extra ``ray`` on the driver and on
the workers: ``pip install 'kameleoon-rs[ray]'``. A program that runs: ``examples/batch/with_ray.py``.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from kameleoon.batch._engines import Question, missing_engine
from kameleoon.batch.columns import Columns
from kameleoon.batch.snapshot import Layout, Snapshot

try:
    import pyarrow as pa
    from ray.data import Dataset  # pyright: ignore[reportMissingImports]
except ModuleNotFoundError as _error:
    raise missing_engine("ray", _error) from _error

__all__ = ["assign"]


def assign(
    dataset: Dataset,
    snapshot: Snapshot,
    *,
    visitor_code: str = "visitor_code",
    data: Columns | None = None,
    flags: Iterable[str] | None = None,
    layout: Layout = "wide",
    keep: Iterable[str] | bool | None = None,
    **options: Any,
) -> Dataset:
    """The variation of each row's visitor for each feature flag, as a ``Dataset`` of Ray, by ``map_batches``. Keys of
    variations are dictionary-encoded.

    Nothing is computed before Ray is asked for rows. The snapshot goes along with the tasks, is compiled once in each
    worker process, and uses one thread there: Ray has a task for each core. The time of a batch's rows is when it
    began.

    ``dataset``: a dataset with the visitor codes. ``options`` are those of ``Dataset.map_batches`` (``batch_size``,
    ``num_cpus``, …). The other arguments are those of :meth:`Snapshot.assign`, and so is what is raised:
    ``ValueError`` for a column, flag or custom datum that there is not, and ``TypeError`` for a column of the wrong
    type, by name. It is raised at once where Ray knows the dataset's columns, as it does of files; where they are only
    known when rows are there, it is the cause of the error of Ray's task.

    .. code-block:: python

        answers = kameleoon.batch.ray.assign(
            ray.data.read_parquet("visitors"), snapshot, data=Columns(custom_data={1: "plan"})
        )
        answers.write_parquet("variations")
    """
    question = Question(snapshot, visitor_code, data, flags, layout, keep)
    known = dataset.schema(fetch_if_missing=False)
    schema: Any = None if known is None else known.base_schema  # of Arrow or of pandas
    if isinstance(schema, pa.Schema):
        question.answer(schema.empty_table())

    def answer(rows: pa.Table) -> pa.Table:
        return pa.table(question.answer(rows, threads=1))

    return dataset.map_batches(answer, batch_format="pyarrow", **options)
