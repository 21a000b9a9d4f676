"""``UserAgent``."""

from kameleoon._deprecated import moved
from kameleoon._native import UserAgent

__all__ = ["UserAgent"]

__getattr__ = moved(__name__)
