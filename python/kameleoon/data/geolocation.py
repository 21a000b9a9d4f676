"""``Geolocation``."""

from kameleoon._native import Geolocation

__all__ = ["Geolocation"]
