"""Arguments of the client that are not of the proper type, read as far as they can be.

What is given to the native half is read there (``rust/src/python/lenient.rs``).
"""

from __future__ import annotations

from kameleoon.logging.kameleoon_logger import KameleoonLogger

__all__ = ["positive_seconds", "whole_number"]

_LONGEST_SECONDS = 1_000_000.0  # sockets take no time-out of any length


def positive_seconds(value: object, name: str) -> float | None:
    """A time-out in seconds; ``None``, which is the default one, for what is no positive number, with a warning."""
    if value is None:
        return None
    seconds = _number(value)
    if seconds is None or not seconds > 0:
        KameleoonLogger.warning("%s: expected a positive number of seconds, got %r; the default is used", name, value)
        return None
    return min(seconds, _LONGEST_SECONDS)


def whole_number(value: object, name: str, default: int) -> int:
    """An integer; ``default`` for what is none, with a warning. Digits after the point are cut off."""
    number = _number(value)
    if number is None or not abs(number) < float("inf"):
        KameleoonLogger.warning("%s: expected an integer, got %r; %r is used", name, value, default)
        return default
    return int(number)


def _number(value: object) -> float | None:
    try:
        return float(value)  # type: ignore[arg-type]  # whatever it is
    except (TypeError, ValueError, OverflowError):
        return None
