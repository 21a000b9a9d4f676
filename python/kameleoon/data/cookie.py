"""``Cookie``."""

from kameleoon._deprecated import Find, moved
from kameleoon._native import Cookie

__all__ = ["Cookie"]

__getattr__: Find = moved(__name__)
