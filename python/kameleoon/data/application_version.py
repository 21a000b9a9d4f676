"""``ApplicationVersion``."""

from kameleoon._native import ApplicationVersion

__all__ = ["ApplicationVersion"]
