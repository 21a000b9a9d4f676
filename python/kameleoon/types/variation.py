"""``Variation``: what an evaluation answers."""

from kameleoon._deprecated import Find, moved
from kameleoon._native import Variation

__all__ = ["Variation"]

__getattr__: Find = moved(__name__)
