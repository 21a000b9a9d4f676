"""Kameleoon feature flags and experiments for Python servers, evaluated in Rust.

The API is the one of the pure-Python client: code written for it runs unchanged.
"""

from typing import TYPE_CHECKING, Any

from kameleoon import _installation
from kameleoon._version import __version__
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
from kameleoon.visitor import Visitor

if TYPE_CHECKING:
    from kameleoon.middleware import KameleoonASGIMiddleware, KameleoonWSGIMiddleware

_installation.warn_of_another_client()

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
    "Visitor",
    "__version__",
]


def __getattr__(name: str) -> Any:
    """The middleware, imported when it is first asked for."""
    if name in {"KameleoonASGIMiddleware", "KameleoonWSGIMiddleware"}:
        from kameleoon import middleware

        return getattr(middleware, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
