"""The data file of an imaginary web shop: what the demo and the examples run on."""

from __future__ import annotations

from typing import Any

from kameleoon.data import BrowserType, DeviceType, OperatingSystemType
from kameleoon.testing.conditions import (
    application_version,
    browser,
    browser_version,
    converted,
    custom,
    device,
    geolocation,
    operating_system,
    page_url,
    segment,
)
from kameleoon.testing.data_file import DataFile, css, js


def data_file() -> dict[str, Any]:
    """A dozen flags: experiments, deliveries, a holdout, a mutually exclusive group, all kinds of variables."""
    is_tablet, is_phone = device == DeviceType.TABLET, device == DeviceType.PHONE
    is_modern = (browser_version(BrowserType.CHROME) > "120") | (browser == BrowserType.FIREFOX)
    return (
        DataFile()
        .modified(1_700_000_000_000)
        .real_time_updates(False)
        .consent(required=False)
        .custom_data("plan", 1)
        .custom_data("age", 2)
        .custom_data("cart", 3)
        .custom_data("customer", 4)
        .segment("premium", custom("plan") == "premium", audience=True)
        .holdout(5)
        .flag("checkout_one_page")
        .experiment(50, 50)
        .flag("button_color")
        .variation("grey", {"color": "#888", "rounded": False}, name="Grey")
        .variation("green", {"color": "#0a0", "rounded": True}, name="Green")
        .variation("blue", {"color": "#00f", "rounded": True}, name="Blue")
        .experiment(34, 33, 33)
        .exposition(90)
        .flag("free_shipping")
        .variations(off={"threshold": 50}, on={"threshold": 29.5})
        .delivery("on")
        .targeting(segment("premium"))
        .experiment(70, 30)
        .exposition(50)
        .flag("mobile_menu")
        .experiment(50, 50)
        .targeting(is_phone | (operating_system == OperatingSystemType.ANDROID) & is_tablet)
        .flag("age_gate")
        .delivery("on")
        .targeting(geolocation("France") & (custom("age") > 17))
        .flag("webgl_viewer")
        .delivery("on")
        .targeting(is_modern)
        .exposition(80)
        .flag("product_page")
        .variation("off", {"layout": {"columns": 2, "blocks": ["photo", "price"]}}, name="Classic")
        .variation(
            "compact",
            {"layout": {"columns": 1, "blocks": ["photo"]}, "style": css(".price{font-weight:bold}")},
            name="Compact",
            partial=True,
        )
        .variation(
            "rich",
            {"layout": {"columns": 3, "blocks": ["photo", "price", "reviews"]}, "script": js("showReviews()")},
            name="Rich",
            partial=True,
        )
        .experiment(40, 30, 30)
        .targeting(page_url.matches(r"^https://shop\.example/product/\d+$"))
        .flag("app_beta")
        .delivery("on")
        .targeting((application_version > "3.4") & segment("premium"))
        .flag("thank_you_coupon")
        .experiment(50, 50)
        .targeting(converted(1))
        .flag("search_ranking")
        .group("search")
        .experiment(50, 50)
        .flag("search_suggestions")
        .group("search")
        .experiment(50, 50)
        .flag("cart_reminder")
        .variations("off", "mail", "push")
        .bucketing("customer")
        .experiment(50, 25, 25)
        .exposition(80)
        .targeting(custom("cart").among("3-5", "6+"))
        .flag("dark_mode")
        .disabled()
        .build()
    )
