"""``Device`` and ``DeviceType``."""

from enum import Enum

from kameleoon._native import Device

__all__ = ["Device", "DeviceType"]


class DeviceType(Enum):
    """Devices that targeting can tell apart (docs/targeting.md#conditions)."""

    PHONE = "PHONE"
    TABLET = "TABLET"
    DESKTOP = "DESKTOP"
