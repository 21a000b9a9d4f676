"""``Variation``: what an evaluation answers."""

from kameleoon._deprecated import moved
from kameleoon._native import Variation

__all__ = ["Variation"]

__getattr__ = moved(__name__)
