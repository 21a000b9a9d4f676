"""How long calls took, counted in classes that are an eighth of a power of two wide: millions take no memory."""

from __future__ import annotations

__all__ = ["CLASSES", "class_of", "merged", "percentile"]

CLASSES = 64 * 8


def class_of(nanoseconds: int) -> int:
    """The number of its class.

    >>> class_of(1000), class_of(1063), class_of(1100)
    (79, 80, 80)
    """
    bits = max(nanoseconds.bit_length(), 4)
    return (bits - 1) * 8 + ((nanoseconds >> (bits - 4)) & 7)


def _upper_bound(number: int) -> float:
    """In nanoseconds."""
    bits, eighth = number // 8 + 1, number % 8
    return float((8 + eighth + 1) << (bits - 4))


def merged(counts: list[list[int]]) -> dict[int, int]:
    """Of several threads: how many calls are in each class that has any."""
    sums = (sum(column) for column in zip(*counts))
    return {number: count for number, count in enumerate(sums) if count}


def percentile(counts: dict[int, int], share: float) -> float:
    """The seconds that this share of the calls took at most; 0 where there were none."""
    left = share * sum(counts.values())
    for number, count in sorted(counts.items()):
        left -= count
        if left <= 0:
            return _upper_bound(number) / 1e9
    return 0.0
