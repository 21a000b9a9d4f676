"""What is different between captured records and those that a test expects, in lines to read."""

from __future__ import annotations

from difflib import SequenceMatcher
from typing import Any

from kameleoon.testing._captures import Captured, Exposure, TrackedConversion

__all__ = ["difference"]


def difference(left: object, right: object) -> list[str] | None:
    """The lines that pytest shows for ``left == right``, if one of both was captured; ``None`` for others."""
    if isinstance(left, Captured):
        captured, expected = left, right
    elif isinstance(right, Captured):
        captured, expected = right, left
    else:
        return None
    if not isinstance(expected, (list, tuple, Captured)):
        return None
    name = type(captured).__name__.lower()
    kind = Exposure if name == "exposures" else TrackedConversion
    have = [_line(kind, record) for record in captured.copy()]
    want = [_line(kind, record) for record in expected]
    lines = [f"captured {name} are not the expected ones", "  (+ captured, not expected; - expected, not captured)"]
    for change, first, last, other_first, other_last in SequenceMatcher(None, want, have, False).get_opcodes():
        if change == "equal":
            lines += [f"    {line}" for line in want[first:last]]
        else:
            lines += [f"  - {line}" for line in want[first:last]]
            lines += [f"  + {line}" for line in have[other_first:other_last]]
    return lines


def _line(kind: Any, record: Any) -> str:
    """One record; a plain tuple is read as one of them, and anything else is shown as it is."""
    if not isinstance(record, kind):
        if not isinstance(record, tuple):
            return repr(record)
        try:
            record = kind(*record)
        except TypeError:
            return repr(record)
    if isinstance(record, Exposure):
        return f"visitor {record.visitor_code!r}: flag {record.feature_key!r}, variation {record.variation_key!r}"
    negative = ", negative" if record.negative else ""
    metadata = f", metadata {record.metadata!r}" if record.metadata else ""
    return f"visitor {record.visitor_code!r}: goal {record.goal_id!r}, revenue {record.revenue!r}{negative}{metadata}"
