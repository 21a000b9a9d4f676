"""What ``kameleoon`` exports of its parts, imported all at once with the first name that is asked for: until then
nothing is, as pytest imports the package into every run.
"""

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
    "KameleoonClient",
    "KameleoonClientConfig",
    "KameleoonClientFactory",
    "OperatingSystem",
    "OperatingSystemType",
    "PageView",
    "UniqueIdentifier",
    "UserAgent",
    "Visitor",
]
