"""``UniqueIdentifier``."""

from kameleoon._deprecated import Find, moved
from kameleoon._native import UniqueIdentifier

__all__ = ["UniqueIdentifier"]

__getattr__: Find = moved(__name__)
