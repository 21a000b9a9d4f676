"""``Cookie``."""

from kameleoon._native import Cookie

__all__ = ["Cookie"]
