"""What the modules of the engines share: what is asked of a snapshot, as it travels to an engine's processes."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from kameleoon.batch.assignment import Assignment
from kameleoon.batch.columns import Columns
from kameleoon.batch.snapshot import Layout, Snapshot

__all__ = ["Question", "missing_engine"]


class Question:
    """A snapshot and the arguments of its ``assign``; it can be pickled, as the snapshot can."""

    def __init__(
        self,
        snapshot: Snapshot,
        visitor_code: str,
        data: Columns | None,
        flags: Iterable[str] | None,
        layout: Layout,
        keep: Iterable[str] | bool | None,
    ) -> None:
        """As :meth:`Snapshot.assign` has them; it checks them when it is asked."""
        self._snapshot = snapshot
        self._visitor_code = visitor_code
        self._data = data
        self._flags = _reread(flags)
        self._layout: Layout = layout
        self._keep = _reread(keep)

    def read(self) -> set[str]:
        """The columns that are read."""
        return {self._visitor_code, *(column for _, _, column in self._data or ())}

    def columns(self, names: Iterable[str]) -> list[str]:
        """Those of a table's columns that are read or go along, so that an engine need not hand the others over. All,
        where one that is asked for is missing: ``assign`` says so, and which there are.
        """
        names = list(names)
        wanted = self.read().union(self.kept(names))
        return [name for name in names if name in wanted] if wanted <= set(names) else names

    def kept(self, names: Iterable[str]) -> list[str]:
        """The columns that go along into the answer, in its order."""
        keep = self._keep
        if keep is None:
            return [self._visitor_code]
        if isinstance(keep, str):
            return []  # refused by the answer
        return list(names) if keep is True else list(keep or ())

    def answer(self, table: Any, *, threads: int | None = None, keep: bool | None = None) -> Assignment:
        """``Snapshot.assign``, with its errors. ``keep`` stands for that of the question where it is given."""
        return self._snapshot.assign(
            table,
            visitor_code=self._visitor_code,
            data=self._data,
            flags=self._flags,
            layout=self._layout,
            keep=self._keep if keep is None else keep,
            threads=threads,
        )


def missing_engine(module: str, error: ModuleNotFoundError) -> ModuleNotFoundError:
    """What is raised where the engine of ``kameleoon.batch.<module>`` is not installed. Its extra has its name."""
    text = f"kameleoon.batch.{module} needs {error.name}; hint: pip install 'kameleoon-rs[{module}]'"
    return ModuleNotFoundError(text, name=error.name)


def _reread(names: Any) -> Any:
    """What can be read more than once; what is no list of names is left to be refused."""
    return names if names is None or isinstance(names, (str, bool)) else tuple(names)
