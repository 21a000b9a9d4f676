"""Replays scenarios over HTTP, tracking included."""

from __future__ import annotations

import time
from typing import Any

from kameleoon import KameleoonClientConfig
from kameleoon.kameleoon_client import KameleoonClient
from kameleoon.testing import Platform
from tests.conformance.lines import compared
from tests.conformance.replay import Replay, substitute


class OnlineReplay(Replay):
    """A scenario against the platform."""

    def __init__(self, scenario: dict[str, Any], platform: Platform) -> None:
        now = int(time.time() * 1000)
        self.platform = platform
        platform.received.clear()
        platform.set_data_file(substitute(scenario["datafile"], now))
        platform.visitor_data = {
            code: {} for op in scenario["ops"] for code in op.get("args", [])[:1] if isinstance(code, str)
        }
        platform.visitor_data.update(substitute(scenario.get("visitors", {}), now))
        platform.remote_data = scenario.get("remote", {})
        config = KameleoonClientConfig(
            "id",
            "secret",
            environment=scenario.get("environment"),
            top_level_domain="example.com",
            tracking_interval_millisecond=5000,
            endpoint=platform.origin,
        )
        self.client = KameleoonClient("site", config)
        assert self.client.wait_init()

    def _tracked(self, operation: dict[str, Any], _arguments: list[Any], _named: dict[str, Any]) -> Any:
        if operation.get("all"):
            assert self.client.flush(timeout=20)
        else:
            for code in operation["visitors"]:
                assert self.client.flush(code, timeout=20)
        lines = self.platform.received.lines
        self.platform.received.clear()
        return compared(lines)
