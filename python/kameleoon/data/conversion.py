"""``Conversion``."""

from kameleoon._deprecated import moved
from kameleoon._native import Conversion

__all__ = ["Conversion"]

__getattr__ = moved(__name__)
