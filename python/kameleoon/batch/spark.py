"""Variations for frames of Spark, worked out where their rows are. Needs the extra ``spark`` on the driver, and the
package itself and pyarrow on the executors: ``pip install 'kameleoon-rs[spark]'``. A program that runs:
``examples/batch/with_spark.py``.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from inspect import signature
from itertools import chain
from typing import Any

from kameleoon.batch._engines import Question, missing_engine
from kameleoon.batch.columns import Columns
from kameleoon.batch.snapshot import Layout, Snapshot

try:
    import pyarrow as pa
    from pyspark.sql import DataFrame  # pyright: ignore[reportMissingImports]
    from pyspark.sql.functions import col  # pyright: ignore[reportMissingImports]
    from pyspark.sql.pandas.types import to_arrow_type  # pyright: ignore[reportMissingImports]
    from pyspark.sql.types import DataType, LongType, StringType, StructField, StructType  # pyright: ignore[reportMissingImports]
except ModuleNotFoundError as _error:
    raise missing_engine("spark", _error) from _error

__all__ = ["assign"]


def assign(
    df: DataFrame,
    snapshot: Snapshot,
    *,
    visitor_code: str = "visitor_code",
    data: Columns | None = None,
    flags: Iterable[str] | None = None,
    layout: Layout = "wide",
    keep: Iterable[str] | bool | None = None,
) -> DataFrame:
    """The variation of each row's visitor for each feature flag, as a Spark ``DataFrame``, by ``mapInArrow``. Keys of
    variations are strings, since Spark knows no dictionaries.

    Nothing is computed before Spark is asked for rows. The snapshot goes along with the job, is compiled once in each
    worker process, and uses one thread there: Spark has a task for each core. The time of a task's rows is when it
    began. Of ``df``, only the columns that are needed are read.

    ``df``: a frame with the visitor codes. The other arguments are those of :meth:`Snapshot.assign`, and so is what is
    raised, on the driver and before any job: ``ValueError`` for a column, flag or custom datum that there is not, and
    ``TypeError`` for a column of the wrong type, by name. A column that is needed and of a type that Spark cannot hand
    over as Arrow is Spark's own error.

    .. code-block:: python

        answers = kameleoon.batch.spark.assign(
            spark.table("visitors"), snapshot, data=Columns(custom_data={1: "plan"}), keep=["visitor_code", "country"]
        )
        answers.write.parquet("variations")
    """
    question = Question(snapshot, visitor_code, data, flags, layout, keep)
    columns = question.columns(df.columns)
    schema = _answer_schema(question, df.schema)

    def answer(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        return _answers(question, columns, batches)

    # `mapInArrow` cannot have names with dots, so that it is given others.
    quoted = ["`{}`".format(name.replace("`", "``")) for name in columns]
    renamed = df.select(*(col(name).alias(f"column_{number}") for number, name in enumerate(quoted)))
    return renamed.mapInArrow(answer, schema)


def _answer_schema(question: Question, schema: StructType) -> StructType:
    """The columns of the answer; raises what is wrong with the question."""
    # What a column that is not read holds does not matter here; it may be of a type that Arrow does not have.
    read = question.read()
    types = [_arrow_type(field.dataType) if field.name in read else pa.null() for field in schema]
    arrow = [pa.field(field.name, data_type) for field, data_type in zip(schema, types)]
    answer = pa.schema(question.answer(pa.schema(arrow).empty_table()))
    kept = [schema[name] for name in question.kept(schema.names)]
    found = [
        StructField(field.name, LongType() if pa.types.is_integer(field.type) else StringType(), field.nullable)
        for field in list(answer)[len(kept) :]
    ]
    return StructType([*kept, *found])


def _arrow_type(data_type: DataType) -> pa.DataType:
    """As Spark hands it over. Newer versions ask for a time zone, which older ones do not know."""
    options: dict[str, Any] = {"timezone": "UTC"} if "timezone" in signature(to_arrow_type).parameters else {}
    return to_arrow_type(data_type, **options)


def _answers(question: Question, names: list[str], batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    """What a task does, in its worker process. ``names``: those of the columns, in order."""
    first = next(batches, None)
    if first is None:
        return
    schema = pa.schema([field.with_name(name) for field, name in zip(first.schema, names)])
    named = (pa.RecordBatch.from_arrays(batch.columns, schema=schema) for batch in chain([first], batches))
    rows = pa.RecordBatchReader.from_batches(schema, named)
    for answers in pa.RecordBatchReader.from_stream(question.answer(rows, threads=1)):
        columns = [
            column.dictionary_decode() if pa.types.is_dictionary(column.type) else column for column in answers.columns
        ]
        yield pa.RecordBatch.from_arrays(columns, answers.schema.names)
