"""Whether counts are split as they are meant to be: the test for a sample ratio mismatch, and when there is none.

``python -m kameleoon assign`` and ``stats().sample_ratios()`` share it.
"""

from __future__ import annotations

from collections.abc import Sequence

from kameleoon._chi_square import p_value

__all__ = ["MISMATCH", "tested"]

MISMATCH = 0.001
"""A p-value below this is told: the split is not the configured one."""
_FEWEST = 5
"""Visitors that each variation is expected to have, at least, for the test to be trusted."""


def tested(counts: Sequence[int], shares: Sequence[float], *, is_by_visitor: bool) -> tuple[float | None, str]:
    """The p-value of the test, or ``None`` and why there is none. ``shares``: what each count is meant to be of the
    whole; a count whose share is 0 is left out. ``is_by_visitor``: whether the visitor code decides.

    >>> p_value, why_not = tested([5_080, 4_920], [0.5, 0.5], is_by_visitor=True)
    >>> round(p_value, 3), why_not
    (0.11, '')
    >>> tested([3, 2], [0.5, 0.5], is_by_visitor=True)
    (None, 'too few visitors')
    """
    expected = [(count, share) for count, share in zip(counts, shares) if share > 0]
    if len(expected) < 2:
        return None, "there is nothing to compare"
    if not is_by_visitor:
        return None, "dealt by a custom datum, whose visitors go together"
    whole = sum(share for _, share in expected)
    visitors = sum(count for count, _ in expected)
    if visitors * min(share for _, share in expected) / whole < _FEWEST:
        return None, "too few visitors"
    return p_value([count for count, _ in expected], [share / whole for _, share in expected]), ""
