"""Pearson's chi-square test of counts against expected shares, without a library."""

from __future__ import annotations

import math
from collections.abc import Sequence

__all__ = ["p_value", "statistic", "survival"]

_PRECISION = 1e-15
_TERMS = 10_000  # of a series that has its precision after a few dozen, and after some 6 * sqrt(x) for large x


def statistic(counts: Sequence[int], shares: Sequence[float]) -> float:
    """How far counts are from the shares, which add up to 1 and are above 0."""
    total = sum(counts)
    return sum((count - total * share) ** 2 / (total * share) for count, share in zip(counts, shares))


def p_value(counts: Sequence[int], shares: Sequence[float]) -> float:
    """How probable counts are that are as far from the shares as these, or farther, if the shares are right.

    >>> round(p_value([5_080, 4_920], [0.5, 0.5]), 3)
    0.11
    """
    return survival(statistic(counts, shares), len(counts) - 1)


def survival(x: float, degrees: int) -> float:
    """The probability that a chi-square variable of so many degrees of freedom is above ``x``.

    It is the regularised incomplete gamma function Q(degrees / 2, x / 2): for small ``x`` by the series of its
    complement, else by Lentz' continued fraction.

    >>> round(survival(3.841458820694124, 1), 12)
    0.05
    """
    a, x = degrees / 2, x / 2
    if x <= 0:
        return 1.0
    scale = math.exp(a * math.log(x) - x - math.lgamma(a))
    if x < a + 1:
        term = total = 1 / a
        for n in range(1, _TERMS):
            term *= x / (a + n)
            total += term
            if term < total * _PRECISION:
                break
        return max(0.0, 1 - scale * total)
    b = x + 1 - a
    c, d = math.inf, 1 / b
    fraction = d
    for n in range(1, _TERMS):
        factor = n * (a - n)
        b += 2
        d = 1 / (factor * d + b)
        c = b + factor / c
        fraction *= c * d
        if abs(c * d - 1) < _PRECISION:
            break
    return scale * fraction
