"""``ApplicationVersion``."""

from kameleoon._deprecated import moved
from kameleoon._native import ApplicationVersion

__all__ = ["ApplicationVersion"]

__getattr__ = moved(__name__)
