"""``Geolocation``."""

from kameleoon._deprecated import moved
from kameleoon._native import Geolocation

__all__ = ["Geolocation"]

__getattr__ = moved(__name__)
