"""Everything that is wrong with a data file, in the order in which one would look for it."""

from __future__ import annotations

from collections.abc import Iterator

from kameleoon._cli.data_file import loaded
from kameleoon._inspection.duplicates import duplicates
from kameleoon._inspection.expositions import expositions
from kameleoon._inspection.left_out import left_out
from kameleoon._inspection.mistake import Mistake
from kameleoon._inspection.parts import parts_of
from kameleoon._inspection.reach import unreachable
from kameleoon._inspection.references import references
from kameleoon._inspection.truth import Truths, constant_segments

__all__ = ["inspected"]


def inspected(text: bytes) -> Iterator[Mistake]:
    """The mistakes in a data file. Raises ``KameleoonError`` where it is none."""
    data_file = loaded(text)
    yield from left_out(text)
    yield from duplicates(text, data_file)
    parts = parts_of(data_file)
    yield from references(parts)
    yield from expositions(parts)
    truths = Truths(parts)
    yield from constant_segments(parts, truths)
    yield from unreachable(parts, truths)
