"""What several commands write alike."""

from __future__ import annotations

from collections.abc import Sequence

from kameleoon._mistakes import did_you_mean

__all__ = ["aligned", "hint_of_names"]

_MOST_NAMES = 10


def hint_of_names(wanted: str, known: Sequence[str]) -> str:
    """The nearest of the names that there are, if one is near, and the first of them."""
    near = did_you_mean(wanted, known)[2:]
    shown = ", ".join(map(repr, known[:_MOST_NAMES])) + (", …" if len(known) > _MOST_NAMES else "")
    return f"{near}{' ' if near else ''}it has: {shown}"


def aligned(rows: Sequence[Sequence[str]], sides: str) -> list[str]:
    """The lines of a table. ``sides``: ``<`` or ``>`` for each column."""
    widths = [max(len(row[column]) for row in rows) for column in range(len(sides))]
    return [
        "  ".join(f"{cell:{side}{width}}" for cell, side, width in zip(row, sides, widths)).rstrip() for row in rows
    ]
