"""``Snapshot``: a data file without visitors, for whole tables of them."""

from __future__ import annotations

import hashlib
import weakref
from collections.abc import Callable, Iterable
from functools import lru_cache
from typing import Any, Literal

from kameleoon._data_file import DataFileSource, read_data_file
from kameleoon._native import BatchSnapshot
from kameleoon.batch.assignment import Assignment
from kameleoon.batch.columns import Columns
from kameleoon.exceptions import ConfigException
from kameleoon.logging.kameleoon_logger import KameleoonLogger

__all__ = ["Snapshot"]

Layout = Literal["wide", "long"]

_compiled: weakref.WeakValueDictionary[bytes, BatchSnapshot] = weakref.WeakValueDictionary()
"""By the hash of its text: what is in use is compiled once."""
_ARRIVED_KEPT = 4
"""So many snapshots that came from elsewhere are kept in a process: engines send one anew with each task."""


class Snapshot:
    """A data file, frozen and compiled, without a store of visitors: it answers for tables of them (docs/batch.md).

    It can be pickled: what travels is the text of the data file, which each process compiles once.

    >>> import json
    >>> rule = {"id": 1, "type": "EXPERIMENTATION", "exposition": 1.0, "experimentId": 2, "variationByExposition": [
    ...     {"variationKey": "on", "variationId": 3, "exposition": 1.0}]}
    >>> flag = {"id": 4, "featureKey": "new-cart", "environmentEnabled": True, "defaultVariationKey": "off",
    ...     "variations": [{"key": "on"}], "rules": [rule]}
    >>> Snapshot({"featureFlags": [flag]}).flag_keys
    ['new-cart']
    """

    def __init__(self, data_file: DataFileSource) -> None:
        """``data_file``: the path of a JSON file, JSON text as ``bytes``, or a mapping. What it holds:
        docs/evaluation.md#the-data-file.

        Raises ``ConfigException`` where it cannot be read, or is no data file. What has to be left out of it is logged.
        """
        self._text = read_data_file(data_file, "the data file")
        self._native = _compile(self._text)

    @property
    def flag_keys(self) -> list[str]:
        """The keys of the feature flags, in the order of the data file; disabled ones too."""
        return [key for key, _ in self._native.flags()]

    @property
    def data_file(self) -> bytes:
        """The text of the data file."""
        return self._text

    def __reduce__(self) -> tuple[Callable[..., Snapshot], tuple[type[Snapshot], bytes]]:
        """What travels is the text."""
        return (_arrived, (type(self), self._text))

    def __repr__(self) -> str:
        """The number of flags and the beginning of the text's hash: the same for the same data file."""
        return f"<Snapshot of {len(self._native.flags())} flags, sha256 {_hash(self._text).hex()[:12]}>"

    def assign(
        self,
        table: Any,
        *,
        visitor_code: str = "visitor_code",
        data: Columns | None = None,
        flags: Iterable[str] | None = None,
        layout: Layout = "wide",
        keep: Iterable[str] | bool | None = None,
        threads: int | None = None,
    ) -> Assignment:
        """The variation of each row's visitor for each feature flag, as a stream of Arrow columns (docs/batch.md).

        The answers are those of an offline client that is given the row's data by ``add_data``, if it has any, and
        asked by ``get_variation(…, track=False)`` for one flag after another. Each row is a visitor of its own.

        ``table``: anything with ``__arrow_c_stream__`` or ``__arrow_c_array__``. ``visitor_code``: the name of its
        column of visitor codes, text of any layout. ``data``: which column is which datum. ``flags``: the keys of
        the flags, in the order in which they are asked; without it all of the data file.

        ``layout="wide"`` gives a column for each flag, named by its key, with the key of the variation; null where the
        flag is disabled or the code cannot be used. ``"long"`` gives a row for each visitor and flag, with the columns
        ``flag``, ``variation``, ``variation_id``, ``experiment_id``, ``rule_id`` (of the rule that decided) and
        ``reason`` (``"targeted"``, ``"not targeted"``, ``"not exposed"``, ``"holdout"``,
        ``"other flag of the group"``, ``"disabled"``, ``"invalid visitor code"``).

        ``keep``: the names of the table's columns that go along; ``True`` is all, ``False`` none; by default the
        visitor code. ``threads``: how many work; by default one for each processor.

        Raises ``ValueError`` for a column, flag or custom datum that there is not, and ``TypeError`` for a column of
        the wrong type, by name, before any work. A null, empty or over-long code is no error; it is counted
        (``Assignment.counts``).
        """
        if layout not in ("wide", "long"):
            raise ValueError(f"layout is 'wide' or 'long', not {layout!r}")
        if isinstance(flags, str):
            raise TypeError(f"flags is a list of keys, not the text {flags!r}; hint: flags=[{flags!r}]")
        if isinstance(keep, str):
            raise TypeError(f"keep is a list of columns, not the text {keep!r}; hint: keep=[{keep!r}]")
        if threads is not None and threads < 1:
            raise ValueError(f"threads is at least 1, not {threads!r}")
        kept = [visitor_code] if keep is None else None if keep is True else [] if keep is False else list(keep)
        return Assignment(
            self._native.assign(
                table,
                visitor_code,
                list(data or ()),
                None if flags is None else list(flags),
                layout,
                kept,
                threads or 0,
            )
        )


@lru_cache(maxsize=_ARRIVED_KEPT)
def _arrived(kind: type[Snapshot], text: bytes) -> Snapshot:
    return kind(text)


def _hash(text: bytes) -> bytes:
    return hashlib.sha256(text).digest()


def _compile(text: bytes) -> BatchSnapshot:
    key = _hash(text)
    known = _compiled.get(key)
    if known is not None:
        return known
    try:
        compiled, omissions = BatchSnapshot.compile(text)
    except ValueError as error:
        raise ConfigException(f"the data file cannot be used: {error}") from error
    for omission in omissions:
        KameleoonLogger.warning("%s", omission)
    return _compiled.setdefault(key, compiled)
