"""All recorded scenarios over HTTP, tracking included."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qsl

import pytest

from kameleoon import KameleoonClientConfig
from kameleoon.kameleoon_client import KameleoonClient
from kameleoon.testing import Platform
from kameleoon.types.remote_visitor_data_filter import RemoteVisitorDataFilter
from tests.conformance.replay import Replay, normalized, plain, read_lines, substitute
from tests.integration.conftest import settled

SCENARIOS = list(zip(read_lines("scenarios.jsonl.gz"), read_lines("expected.jsonl.gz")))


@pytest.fixture(scope="module")
def shared_platform() -> Iterator[Platform]:
    with Platform() as running:
        yield running


class OnlineReplay(Replay):
    """A scenario against the platform."""

    def __init__(self, scenario: dict[str, Any], platform: Platform) -> None:
        import time

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

    def _get_remote_visitor_data(self, _operation: Any, arguments: list[Any], named: dict[str, Any]) -> Any:
        named = {**named, "data_filter": RemoteVisitorDataFilter(**(named.get("data_filter") or {}))}
        return sorted(
            (plain(item) for item in self.client.get_remote_visitor_data(*arguments, **named)), key=json.dumps
        )

    def _get_visitor_warehouse_audience(self, _operation: Any, arguments: list[Any], named: dict[str, Any]) -> Any:
        return self.client.get_visitor_warehouse_audience(*arguments, **named)

    def _tracked(self, operation: dict[str, Any], _arguments: list[Any], _named: dict[str, Any]) -> Any:
        if operation.get("all"):
            self.client.flush(instant=True)
        else:
            for code in operation["visitors"]:
                self.client.flush(code, instant=True)
        settled(self.client)
        lines = self.platform.received.lines
        self.platform.received.clear()
        return compared(lines)


def compared(lines: list[str]) -> list[list[list[str]]]:
    """The lines without nonces and activity events, JSON normalized, sorted."""
    shown = []
    for line in lines:
        pairs = [
            [name, _normalized(name, value)]
            for name, value in parse_qsl(line, keep_blank_values=True)
            if name != "nonce"
        ]
        if ["eventType", "activity"] not in pairs:
            shown.append(pairs)
    return sorted(shown)


def _normalized(name: str, value: str) -> str:
    if name in ("valuesCountMap", "metadata", "referrersIndices"):
        return json.dumps(json.loads(value), sort_keys=True)
    if name == "timeSincePreviousVisit":
        return str(round(int(value) / 60_000))
    return value


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize(("scenario", "expected"), SCENARIOS, ids=[scenario["name"] for scenario, _ in SCENARIOS])
def test_answers_and_events_are_the_reference_clients(
    scenario: dict[str, Any], expected: dict[str, Any], shared_platform: Platform, log: object
) -> None:
    replay = OnlineReplay(scenario, shared_platform)
    try:
        for number, operation in enumerate(scenario["ops"]):
            actual = json.loads(json.dumps(normalized(replay.run(operation))))
            wanted = normalized(expected["results"][number])
            if operation["op"] == "tracked":
                wanted = {"ok": sorted([[n, _normalized(n, v)] for n, v in line] for line in wanted["ok"])}
            assert actual == wanted, f"operation {number}: {operation}"
    finally:
        replay.client.close(0)
