"""Kameleoon feature flags and experiments for Python servers, evaluated in Rust.

The API is the one of the pure-Python client: code written for it runs unchanged.
"""

from kameleoon import _installation
from kameleoon._native import __version__
from kameleoon.data import (
    ApplicationVersion,
    Browser,
    BrowserType,
    Conversion,
    Cookie,
    CustomData,
    Data,
    DataType,
    Device,
    DeviceType,
    Geolocation,
    OperatingSystem,
    OperatingSystemType,
    PageView,
    UniqueIdentifier,
    UserAgent,
)
from kameleoon.kameleoon_client import KameleoonClient
from kameleoon.kameleoon_client_config import KameleoonClientConfig
from kameleoon.kameleoon_client_factory import KameleoonClientFactory
from kameleoon.middleware import KameleoonASGIMiddleware, KameleoonWSGIMiddleware

_installation.warn_of_another_client(__path__)

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
    "KameleoonASGIMiddleware",
    "KameleoonClient",
    "KameleoonClientConfig",
    "KameleoonClientFactory",
    "KameleoonWSGIMiddleware",
    "OperatingSystem",
    "OperatingSystemType",
    "PageView",
    "UniqueIdentifier",
    "UserAgent",
    "__version__",
]
