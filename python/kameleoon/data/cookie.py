"""``Cookie``."""

from kameleoon._deprecated import moved
from kameleoon._native import Cookie

__all__ = ["Cookie"]

__getattr__ = moved(__name__)
