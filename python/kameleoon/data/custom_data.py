"""``CustomData``."""

from kameleoon._native import CustomData

__all__ = ["CustomData"]
