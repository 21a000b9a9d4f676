"""``CustomData``."""

from kameleoon._deprecated import Find, moved
from kameleoon._native import CustomData

__all__ = ["CustomData"]

__getattr__: Find = moved(__name__)
