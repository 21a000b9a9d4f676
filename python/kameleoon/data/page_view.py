"""``PageView``."""

from kameleoon._native import PageView

__all__ = ["PageView"]
