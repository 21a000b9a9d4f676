"""``PageView``."""

from kameleoon._deprecated import moved
from kameleoon._native import PageView

__all__ = ["PageView"]

__getattr__ = moved(__name__)
