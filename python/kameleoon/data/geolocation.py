"""``Geolocation``."""

from kameleoon._deprecated import Find, moved
from kameleoon._native import Geolocation

__all__ = ["Geolocation"]

__getattr__: Find = moved(__name__)
