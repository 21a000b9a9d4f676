"""The base of all data kinds, and the enum of kinds."""

from enum import IntEnum

from kameleoon._deprecated import Find, moved
from kameleoon._native import Data

__all__ = ["Data", "DataType"]

__getattr__: Find = moved(__name__)


class DataType(IntEnum):
    """The kinds of data that a visitor holds; each public kind tells its own as ``data_type``.

    >>> from kameleoon.data import CustomData
    >>> CustomData(1, "premium").data_type.name
    'CUSTOM_DATA'
    """

    CUSTOM_DATA = 0
    BROWSER = 1
    CONVERSION = 2
    DEVICE = 3
    PAGE_VIEW = 4
    USER_AGENT = 5
    ASSIGNED_VARIATION = 6
    COOKIE = 7
    OPERATING_SYSTEM = 8
    GEOLOCATION = 9
    PAGE_VIEW_VISIT = 10
    VISITOR_VISITS = 11
    KCS_HEAT = 12
    UNIQUE_IDENTIFIER = 13
    FORCED_EXPERIMENT_VARIATION = 14
    FORCED_FEATURE_VARIATION = 15
    CBS = 16
    PERSONALIZATION = 17
    TARGETED_SEGMENT = 18
    APPLICATION_VERSION = 19
