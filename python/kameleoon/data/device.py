"""``Device`` and ``DeviceType``."""

from enum import Enum

from kameleoon._deprecated import Find, moved
from kameleoon._native import Device

__all__ = ["Device", "DeviceType"]

__getattr__: Find = moved(__name__)


class DeviceType(Enum):
    """Devices that targeting can tell apart (docs/targeting.md#conditions).

    >>> Device(DeviceType.PHONE).device_type.name
    'PHONE'
    """

    PHONE = "PHONE"
    TABLET = "TABLET"
    DESKTOP = "DESKTOP"
