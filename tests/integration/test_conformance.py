"""All recorded scenarios over HTTP, tracking included."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from kameleoon.testing import Platform
from tests.conformance.lines import normalized_value
from tests.conformance.online import OnlineReplay
from tests.conformance.replay import normalized, read_lines

SCENARIOS = list(zip(read_lines("scenarios.jsonl.gz"), read_lines("expected.jsonl.gz")))


@pytest.fixture(scope="module")
def shared_platform() -> Iterator[Platform]:
    with Platform() as running:
        yield running


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
                wanted = {"ok": sorted([[n, normalized_value(n, v)] for n, v in line] for line in wanted["ok"])}
            assert actual == wanted, f"operation {number}: {operation}"
    finally:
        replay.client.close(0)
