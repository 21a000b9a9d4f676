"""``UserAgent``."""

from kameleoon._deprecated import Find, moved
from kameleoon._native import UserAgent

__all__ = ["UserAgent"]

__getattr__: Find = moved(__name__)
