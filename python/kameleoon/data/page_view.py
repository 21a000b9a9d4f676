"""``PageView``."""

from kameleoon._deprecated import Find, moved
from kameleoon._native import PageView

__all__ = ["PageView"]

__getattr__: Find = moved(__name__)
