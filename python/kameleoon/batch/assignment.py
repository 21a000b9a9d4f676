"""``Assignment``: answers on their way out."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

from kameleoon._native import AssignedBatch
from kameleoon._native import Assignment as NativeAssignment

__all__ = ["Assignment", "AssignmentCounts", "Outcome"]


class AssignmentCounts(NamedTuple):
    """What has become of the rows that were read so far.

    >>> import pyarrow as pa
    >>> from kameleoon.batch import Snapshot
    >>> answers = Snapshot({"featureFlags": []}).assign(pa.table({"visitor_code": ["alice", None]}))
    >>> table = pa.table(answers)
    >>> answers.counts.rows, answers.counts.null_codes
    (2, 1)
    """

    rows: int
    """Rows that were answered."""
    null_codes: int
    """Of these, rows whose visitor code is null: all their variations are null."""
    empty_codes: int
    """Rows whose visitor code is empty: the same."""
    too_long_codes: int
    """Rows whose visitor code has more than 255 characters: the same."""


class Outcome(NamedTuple):
    """How many rows had the same answer for a flag, by the same rule, for the same reason (docs/batch.md#layouts).

    >>> import pyarrow as pa
    >>> answers = client.snapshot().assign(pa.table({"visitor_code": ["alice"]}), flags=["new-checkout"])
    >>> table = pa.table(answers)
    >>> [(outcome.variation, outcome.reason, outcome.rows) for outcome in answers.outcomes]
    [('on', 'targeted', 1)]
    """

    flag: str
    """The flag's key."""
    variation: str | None
    """The variation's key; ``None`` where the flag is disabled."""
    variation_id: int | None
    """The variation's id in the experiment."""
    experiment_id: int | None
    """The experiment."""
    rule_id: int | None
    """The rule that decided, if one did."""
    reason: str
    """As in the long layout."""
    rows: int
    """How many rows. Those whose visitor code cannot be used are not among them."""


class Assignment:
    """The answers of :meth:`Snapshot.assign`, made while they are read.

    What is held of them at a time does not grow with the table. They can be read once, by one of these ways:

    - by Arrow's protocol, ``__arrow_c_stream__``: ``pyarrow.table(answers)``, ``polars.DataFrame(answers)``,
      ``pyarrow.RecordBatchReader.from_stream(answers)``, and whatever else takes a table;
    - batch by batch, ``for batch in answers``: each has ``__arrow_c_array__``, as ``pyarrow.record_batch(batch)``
      takes it.

    An interrupt (Ctrl+C) ends the work within 200 ms: batch by batch it is raised as it is, by the protocol as the
    reader's own error, which says so.

    >>> import pyarrow as pa
    >>> answers = client.snapshot().assign(pa.table({"visitor_code": ["alice"]}), flags=["new-checkout"])
    >>> pa.table(answers).to_pylist()
    [{'visitor_code': 'alice', 'new-checkout': 'on'}]
    """

    def __init__(self, native: NativeAssignment) -> None:
        """Made by :meth:`Snapshot.assign`."""
        self._native = native

    def __arrow_c_stream__(self, requested_schema: object | None = None) -> Any:
        """The answers by Arrow's protocol. Raises ``ValueError`` where they have been read already."""
        return self._native.__arrow_c_stream__(requested_schema)

    def __arrow_c_schema__(self) -> Any:
        """The columns' names and types by Arrow's protocol."""
        return self._native.__arrow_c_schema__()

    def __iter__(self) -> Iterator[AssignedBatch]:
        """The answers, batch by batch."""
        return iter(self._native)

    @property
    def counts(self) -> AssignmentCounts:
        """What has become of the rows that were read so far."""
        return AssignmentCounts(*self._native.progress())

    @property
    def outcomes(self) -> list[Outcome]:
        """How often each answer was given so far, flag by flag. It costs nothing more: shares and sample ratios can be
        looked at without looking at the rows.
        """
        return [Outcome(*outcome) for outcome in self._native.outcomes()]
