"""``ApplicationVersion``."""

from kameleoon._deprecated import Find, moved
from kameleoon._native import ApplicationVersion

__all__ = ["ApplicationVersion"]

__getattr__: Find = moved(__name__)
