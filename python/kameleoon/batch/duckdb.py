"""Variations for relations of DuckDB, and a function for its SQL. Needs the extra ``duckdb``:
``pip install 'kameleoon-rs[duckdb]'``.

>>> from kameleoon.batch import Snapshot
>>> snapshot = Snapshot({"featureFlags": [{"id": 1, "featureKey": "new-cart", "environmentEnabled": True,
...     "defaultVariationKey": "off", "variations": [{"key": "off"}], "rules": []}]})
>>> with duckdb.connect() as connection:
...     assign(connection.sql("select 'ada' as visitor_code"), snapshot).read_all().to_pylist()
...     register(connection, snapshot, "new-cart", name="new_cart")
...     connection.sql("select new_cart('ada')").fetchall()
[{'visitor_code': 'ada', 'new-cart': 'off'}]
[('off',)]
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from kameleoon.batch._engines import Question, missing_engine
from kameleoon.batch.columns import Columns
from kameleoon.batch.snapshot import Layout, Snapshot

try:
    import duckdb
    import pyarrow as pa
except ModuleNotFoundError as _error:
    raise missing_engine("duckdb", _error) from _error

__all__ = ["assign", "register"]


def assign(
    relation: duckdb.DuckDBPyRelation,
    snapshot: Snapshot,
    *,
    visitor_code: str = "visitor_code",
    data: Columns | None = None,
    flags: Iterable[str] | None = None,
    layout: Layout = "wide",
    keep: Iterable[str] | bool | None = None,
    threads: int | None = None,
) -> pa.RecordBatchReader:
    """The variation of each row's visitor for each feature flag, as a ``pyarrow.RecordBatchReader``, which DuckDB reads
    as a table by the name of its variable. It can be read once.

    The relation's rows are fetched while the answers are read. Until they all are, its connection is busy: ask the
    answers by another one, ``connection.cursor()``.

    ``relation``: a query with the visitor codes, of which only the columns that are needed are computed. The other
    arguments, and what is raised before any work, are those of :meth:`Snapshot.assign`.

    >>> from kameleoon.batch import Snapshot
    >>> with duckdb.connect() as connection:
    ...     answers = assign(connection.sql("select 'ada' as visitor_code"), Snapshot({"featureFlags": []}))
    ...     other = connection.cursor()
    ...     other.sql("select count(*) from answers").fetchall()
    [(1,)]
    """
    question = Question(snapshot, visitor_code, data, flags, layout, keep)
    columns = question.columns(relation.columns)
    # As SQL: a `ColumnExpression` of older versions takes a name with a dot for that of a table and a column.
    quoted = ['"{}"'.format(name.replace('"', '""')) for name in columns]
    needed = relation.project(", ".join(quoted))
    return pa.RecordBatchReader.from_stream(question.answer(needed, threads=threads))


def register(connection: duckdb.DuckDBPyConnection, snapshot: Snapshot, flag: str, *, name: str) -> None:
    """Makes a function for SQL: ``name(visitor_code)`` is the key of the visitor's variation for one feature flag.

    It knows the visitor code and nothing else; rules that want data are for :func:`assign`. It is null where the flag
    is disabled or the code cannot be used: null, empty, longer than 255 characters. It works in whole vectors, on as
    many threads as DuckDB's query has.

    ``flag``: the flag's key. ``name``: the name of the function, which must be new to the connection; that is what
    DuckDB raises an error for. Raises ``ValueError`` for a flag that there is not.

    >>> from kameleoon.batch import Snapshot
    >>> snapshot = Snapshot({"featureFlags": [{"id": 1, "featureKey": "new-cart", "environmentEnabled": True,
    ...     "defaultVariationKey": "off", "variations": [{"key": "off"}], "rules": []}]})
    >>> with duckdb.connect() as connection:
    ...     register(connection, snapshot, "new-cart", name="new_cart")
    ...     connection.sql("select new_cart(code) from (values ('ada'), (null)) as visitors(code)").fetchall()
    [('off',), (None,)]
    """
    question = Question(snapshot, "code", None, [flag], "wide", False)

    def variations(codes: pa.Array | pa.ChunkedArray) -> pa.ChunkedArray:
        answers = pa.table(question.answer(pa.table({"code": codes}), threads=1))
        return answers.column(0).cast(pa.string())  # DuckDB's type of the function

    variations(pa.array([], pa.string()))  # a flag that there is not is said at once
    connection.create_function(name, variations, ["VARCHAR"], "VARCHAR", **_IN_VECTORS)


_IN_VECTORS: dict[str, Any] = {"type": "arrow", "null_handling": "special", "side_effects": False}
"""By texts, which every version takes; the names of the enumerations have moved."""
