"""User code of the data-file builder, as the type checkers see it. Checked, not run."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from kameleoon import BrowserType, DeviceType
from kameleoon.testing import DataFile
from kameleoon.testing.conditions import (
    Condition,
    application_version,
    assigned,
    browser_version,
    converted,
    cookie,
    custom,
    device,
    page_url,
    segment,
    since_first_visit,
    visits,
)
from kameleoon.testing.data_file import DataFileFlag, DataFileRule, css

gold: Condition = (custom("plan") == "gold") & ~(custom("age") > 17) | custom("pro").is_true()
phone: Condition = (device == DeviceType.PHONE) | (browser_version(BrowserType.CHROME) >= "120")
seen: Condition = page_url.contains("/product/") & (since_first_visit > timedelta(days=1)) & (visits != 3)
more: Condition = (application_version < "3.4") | (cookie("group") == "b") | converted(7, visits=1)

base: DataFile = DataFile().custom_data("plan", 1, scope="VISITOR").segment("gold", gold, audience=True).holdout(5)
flag: DataFileFlag = base.flag("checkout").variations({"dark-red": {"amount": 1, "blocks": ["a"]}}, "off").group("g")
rule: DataFileRule = flag.experiment(50, 50).targeting(segment("gold") & phone).exposition(12.5).ids(10)
other: DataFileRule = rule.delivery("off").targeting(seen & more & assigned("checkout", "dark-red", rule=10))
last: DataFileFlag = other.flag("style").variations(on={"style": css("b{}")}).default("on").disabled()
whole: dict[str, Any] = last.consent(required=True, blocks="FULLY").real_time_updates().modified(7).build()
