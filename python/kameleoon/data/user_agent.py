"""``UserAgent``."""

from kameleoon._native import UserAgent

__all__ = ["UserAgent"]
