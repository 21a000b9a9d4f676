"""Kameleoon feature flags and experiments for Python servers, evaluated in Rust.

The API is the one of the pure-Python client: code written for it runs unchanged.
"""

from __future__ import annotations

from kameleoon import _installation
from kameleoon._version import __version__

TYPE_CHECKING = False
"""Type checkers take a name like this for true; `typing` would take longer to import than all that is imported here."""

if TYPE_CHECKING:
    from typing import Any

    from kameleoon._exports import (
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
        KameleoonClient,
        KameleoonClientConfig,
        KameleoonClientFactory,
        OperatingSystem,
        OperatingSystemType,
        PageView,
        UniqueIdentifier,
        UserAgent,
        Visitor,
    )
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

_MODULES = {
    "data",
    "events",
    "exceptions",
    "kameleoon_client",
    "kameleoon_client_config",
    "kameleoon_client_factory",
    "logging",
    "types",
    "visitor",
}
"""What programs find in the package after ``import kameleoon`` alone."""


def __getattr__(name: str) -> Any:
    """Imports what is asked for: the middleware, or else everything."""
    if name in {"KameleoonASGIMiddleware", "KameleoonWSGIMiddleware"}:
        from kameleoon import middleware

        return getattr(middleware, name)
    if name in __all__ or name in _MODULES:
        from kameleoon import _exports

        globals().update({exported: getattr(_exports, exported) for exported in _exports.__all__})
        return globals()[name]
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__, *_MODULES})
