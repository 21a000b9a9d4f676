"""``Conversion``."""

from kameleoon._native import Conversion

__all__ = ["Conversion"]
