"""``Variation``: what an evaluation answers."""

from kameleoon._native import Variation

__all__ = ["Variation"]
