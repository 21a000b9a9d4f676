"""Variations for frames of pandas. Needs the extra ``pandas``: ``pip install 'kameleoon-rs[pandas]'``.

>>> from kameleoon.batch import Snapshot
>>> snapshot = Snapshot({"featureFlags": [{"id": 1, "featureKey": "new-cart", "environmentEnabled": True,
...     "defaultVariationKey": "off", "variations": [{"key": "off"}], "rules": []}]})
>>> assign(pd.DataFrame({"visitor_code": ["ada", "grace"]}), snapshot)["new-cart"].tolist()
['off', 'off']
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from kameleoon.batch._engines import Question, missing_engine
from kameleoon.batch.columns import Columns
from kameleoon.batch.snapshot import Layout, Snapshot

try:
    import pandas as pd
    import pyarrow as pa
except ModuleNotFoundError as _error:
    raise missing_engine("pandas", _error) from _error

__all__ = ["assign"]


def assign(
    frame: pd.DataFrame,
    snapshot: Snapshot,
    *,
    visitor_code: str = "visitor_code",
    data: Columns | None = None,
    flags: Iterable[str] | None = None,
    layout: Layout = "wide",
    keep: Iterable[str] | bool | None = None,
    threads: int | None = None,
) -> pd.DataFrame:
    """The variation of each row's visitor for each feature flag, as a ``DataFrame`` with the rows' own index. Keys of
    variations are categories; ids of the long layout are ``Int64``, which can be missing.

    ``frame``: a frame with the visitor codes. Columns that go along are taken from it as they are. The other arguments,
    and what is raised before any work, are those of :meth:`Snapshot.assign`; a column of objects of several types is
    an error of pyarrow, ``pyarrow.ArrowInvalid`` (a ``ValueError``) or ``pyarrow.ArrowTypeError`` (a ``TypeError``).

    >>> from kameleoon.batch import Snapshot
    >>> assign(pd.DataFrame({"visitor_code": ["ada"]}, index=[7]), Snapshot({"featureFlags": []})).index.tolist()
    [7]
    """
    question = Question(snapshot, visitor_code, data, flags, layout, keep)
    names = [name for name in frame.columns if isinstance(name, str)]
    # What is wrong with names is said before rows are converted; columns without a type pass for any.
    question.answer(pa.schema([(name, pa.null()) for name in names]).empty_table())
    read = question.read()
    table = pa.Table.from_pandas(frame[[name for name in names if name in read]], preserve_index=False)
    answers = question.answer(table, keep=False, threads=threads)
    rows: Any = frame[question.kept(frame.columns)]
    if not pa.schema(answers).names:  # no flags: there is nothing to ask
        return rows
    found: Any = pa.table(answers).to_pandas(types_mapper={pa.int64(): pd.Int64Dtype()}.get)
    if layout == "long":
        flags_asked = len(found) // max(len(rows), 1)
        rows = rows.take([row for row in range(len(rows)) for _ in range(flags_asked)])
    # Of arrays and one index: nothing is aligned, which would fail where the index has a value twice.
    columns = {name: found[name].array for name in found}
    return pd.DataFrame({**{name: rows[name].array for name in rows}, **columns}, index=rows.index)
