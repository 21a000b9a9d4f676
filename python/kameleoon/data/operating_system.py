"""``OperatingSystem`` and ``OperatingSystemType``."""

from enum import IntEnum

from kameleoon._deprecated import Find, moved
from kameleoon._native import OperatingSystem

__all__ = ["OperatingSystem", "OperatingSystemType"]

__getattr__: Find = moved(__name__)


class OperatingSystemType(IntEnum):
    """Operating systems that targeting can tell apart (docs/targeting.md#conditions).

    >>> OperatingSystem(OperatingSystemType.LINUX).os_type.name
    'LINUX'
    """

    WINDOWS = 0
    MAC = 1
    IOS = 2
    LINUX = 3
    ANDROID = 4
    WINDOWS_PHONE = 5
