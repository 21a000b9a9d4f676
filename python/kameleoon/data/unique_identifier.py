"""``UniqueIdentifier``."""

from kameleoon._native import UniqueIdentifier

__all__ = ["UniqueIdentifier"]
