"""``Variable``: a value that a variation carries."""

from kameleoon._native import Variable

__all__ = ["Variable"]
