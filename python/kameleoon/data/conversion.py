"""``Conversion``."""

from kameleoon._deprecated import Find, moved
from kameleoon._native import Conversion

__all__ = ["Conversion"]

__getattr__: Find = moved(__name__)
