"""``Variable``: a value that a variation carries."""

from kameleoon._deprecated import moved
from kameleoon._native import Variable

__all__ = ["Variable"]

__getattr__ = moved(__name__)
