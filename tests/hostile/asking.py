"""Everything that a program asks of a client with a data file, timed."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from typing import Any

from kameleoon import (
    Browser,
    BrowserType,
    Cookie,
    CustomData,
    Device,
    DeviceType,
    KameleoonClient,
    KameleoonClientConfig,
    PageView,
)
from kameleoon.exceptions import ConfigException, KameleoonError

__all__ = ["Watch", "ask_all"]

_CODES = ["alice", "bob", "visitor-3"]


class Watch:
    """Calls, and remembers which took longest. What a call raises is a ``KameleoonError``, or goes on."""

    def __init__(self) -> None:
        self.calls = 0
        self.refused = 0
        self.longest = 0.0
        self.slowest = ""

    def call(self, name: str, function: Callable[[], Any]) -> Any:
        begin = time.perf_counter()
        try:
            return function()
        except KameleoonError:
            self.refused += 1
            return None
        finally:
            self.calls += 1
            duration = time.perf_counter() - begin
            if duration > self.longest:
                self.longest, self.slowest = duration, name


def ask_all(text: bytes, chance: random.Random, watch: Watch) -> bool:
    """Makes a client of the data file, if it can be read, and asks it everything. Returns whether it could be."""
    try:
        client = KameleoonClient("site", KameleoonClientConfig.offline(text))
    except ConfigException:
        return False
    with client:
        keys = list(watch.call("get_data_file", client.get_data_file).feature_flags)
        code = chance.choice(_CODES)
        watch.call("add_data", lambda: client.add_data(code, *_data(chance)))
        for key in keys[:12]:
            explained = watch.call("explain", lambda key=key: client.explain(code, key))
            variation = watch.call("get_variation", lambda key=key: client.get_variation(code, key))
            watch.call("is_feature_active", lambda key=key: client.is_feature_active(code, key))
            if variation is not None:
                assert explained.variation is not None and explained.variation.key == variation.key, (key, explained)
        watch.call("get_variations", lambda: client.get_variations(code))
        watch.call("evaluate_audiences", lambda: client.evaluate_audiences(code))
        watch.call("track_conversion", lambda: client.track_conversion(code, 1))
    return True


def _data(chance: random.Random) -> list[Any]:
    values = ["delta-1", "alpha", "7", "", "1.5", "true"]
    return [
        CustomData(chance.randrange(6), *chance.sample(values, 2)),
        CustomData("cd1", chance.choice(values)),
        PageView("https://shop.example/page-1?a=b", "Title-1"),
        Browser(BrowserType.CHROME, 117.5),
        Device(DeviceType.PHONE),
        Cookie({"session": "delta-1", "": ""}),
    ]
