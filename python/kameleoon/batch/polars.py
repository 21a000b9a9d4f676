"""Variations for frames of Polars, eager and lazy. Needs the extra ``polars``: ``pip install 'kameleoon-rs[polars]'``.

>>> from kameleoon.batch import Snapshot
>>> snapshot = Snapshot({"featureFlags": [{"id": 1, "featureKey": "new-cart", "environmentEnabled": True,
...     "defaultVariationKey": "off", "variations": [{"key": "off"}], "rules": []}]})
>>> frame = pl.DataFrame({"visitor_code": ["ada", "grace"]})
>>> assign(frame, snapshot)["new-cart"].to_list()
['off', 'off']
>>> assign(frame.lazy(), snapshot).collect(engine="streaming")["new-cart"].to_list()
['off', 'off']
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TypeVar

from kameleoon.batch._engines import Question, missing_engine
from kameleoon.batch.columns import Columns
from kameleoon.batch.snapshot import Layout, Snapshot

try:
    import polars as pl
except ModuleNotFoundError as _error:
    raise missing_engine("polars", _error) from _error

__all__ = ["assign"]

Frame = TypeVar("Frame", pl.DataFrame, pl.LazyFrame)


def assign(
    frame: Frame,
    snapshot: Snapshot,
    *,
    visitor_code: str = "visitor_code",
    data: Columns | None = None,
    flags: Iterable[str] | None = None,
    layout: Layout = "wide",
    keep: Iterable[str] | bool | None = None,
    threads: int | None = None,
) -> Frame:
    """The variation of each row's visitor for each feature flag: a ``DataFrame`` for a ``DataFrame``, a ``LazyFrame``
    for a ``LazyFrame``. Keys of variations are ``Categorical``.

    A lazy frame is worked out when it is collected, by either engine; with ``engine="streaming"`` and the sinks a batch
    at a time. Of what it is made of, only the columns that are needed are read. Filters and selections of the answer
    are not moved before it.

    ``frame``: a frame with the visitor codes. The other arguments, and what is raised before any work, are those of
    :meth:`Snapshot.assign`. The schema of a lazy frame is collected for that, which may raise what Polars raises.

    >>> from kameleoon.batch import Snapshot
    >>> assign(pl.DataFrame({"visitor_code": ["ada"]}), Snapshot({"featureFlags": []})).columns
    ['visitor_code']
    """
    question = Question(snapshot, visitor_code, data, flags, layout, keep)

    def answer(rows: pl.DataFrame) -> pl.DataFrame:
        return pl.DataFrame(question.answer(rows, threads=threads))

    if isinstance(frame, pl.DataFrame):
        return answer(frame.select(question.columns(frame.columns)))
    schema = frame.collect_schema()
    columns = question.columns(schema.names())
    empty = pl.DataFrame(schema={name: schema[name] for name in columns})
    return frame.select(columns).map_batches(answer, schema=answer(empty).schema, streamable=True, **_NOTHING_MOVES)


_NOTHING_MOVES = {"predicate_pushdown": False, "projection_pushdown": False, "slice_pushdown": False}
"""What is asked of the answers cannot be asked of the visitors, who have no such columns."""
