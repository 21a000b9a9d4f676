"""Visitors of the imaginary web shop, made up from a seed."""

from __future__ import annotations

import random
from collections.abc import Iterator

from kameleoon.data import (
    ApplicationVersion,
    Browser,
    BrowserType,
    Conversion,
    CustomData,
    Data,
    Device,
    DeviceType,
    Geolocation,
    OperatingSystem,
    OperatingSystemType,
    PageView,
)

_COUNTRIES = ["France", "Germany", "Spain", "Italy"]
_PAGES = ["https://shop.example/", "https://shop.example/product/7", "https://shop.example/cart"]


def visitors(count: int, seed: int = 1) -> Iterator[tuple[str, list[Data]]]:
    """``count`` visitor codes with what is known about each."""
    choose = random.Random(seed)
    for number in range(count):
        code = f"{choose.getrandbits(64):016x}"
        data: list[Data] = [
            Device(choose.choice(list(DeviceType))),
            OperatingSystem(choose.choice(list(OperatingSystemType))),
            Browser(choose.choice(list(BrowserType)), choose.choice([99.0, 119.0, 120.0, 121.0, 130.0])),
            Geolocation(choose.choice(_COUNTRIES)),
            CustomData("plan", choose.choice(["free", "free", "free", "premium"])),
            PageView(choose.choice(_PAGES), "shop"),
        ]
        if choose.random() < 0.7:
            data.append(CustomData("age", str(choose.randint(12, 80))))
        if choose.random() < 0.5:
            data.append(CustomData("cart", choose.choice(["1", "2", "3-5", "6+"])))
        if choose.random() < 0.3:
            data.append(CustomData("customer", f"customer-{number // 2}"))
        if choose.random() < 0.4:
            data.append(ApplicationVersion(choose.choice(["3.3.9", "3.4.0", "3.4.1", "4.0"])))
        if choose.random() < 0.2:
            data.append(Conversion(1, 49.9))
        yield code, data
