"""What can be known about a visitor: the data kinds and their enums (docs/visitor-data.md#data)."""

from kameleoon._native import (
    ApplicationVersion,
    Conversion,
    Cookie,
    CustomData,
    Geolocation,
    PageView,
    UniqueIdentifier,
    UserAgent,
)
from kameleoon.data.browser import Browser, BrowserType
from kameleoon.data.data import Data, DataType
from kameleoon.data.device import Device, DeviceType
from kameleoon.data.operating_system import OperatingSystem, OperatingSystemType

__all__ = [
    "ApplicationVersion",
    "Browser",
    "BrowserType",
    "Conversion",
    "Cookie",
    "CustomData",
    "Data",
    "DataType",
    "Device",
    "DeviceType",
    "Geolocation",
    "OperatingSystem",
    "OperatingSystemType",
    "PageView",
    "UniqueIdentifier",
    "UserAgent",
]
