"""``UniqueIdentifier``."""

from kameleoon._deprecated import moved
from kameleoon._native import UniqueIdentifier

__all__ = ["UniqueIdentifier"]

__getattr__ = moved(__name__)
