"""``Variable``: a value that a variation carries."""

from kameleoon._deprecated import Find, moved
from kameleoon._native import Variable

__all__ = ["Variable"]

__getattr__: Find = moved(__name__)
