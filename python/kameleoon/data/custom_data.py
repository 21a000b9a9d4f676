"""``CustomData``."""

from kameleoon._deprecated import moved
from kameleoon._native import CustomData

__all__ = ["CustomData"]

__getattr__ = moved(__name__)
