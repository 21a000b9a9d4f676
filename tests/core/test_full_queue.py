"""What a full tracking queue costs (slow: it takes a million visitors to fill one)."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from tests.core.programs import run
from tests.core.service import ScriptedService

pytestmark = [pytest.mark.slow, pytest.mark.alone]

PROGRAM = """
import gc, json
gc.disable()
client = online()
assert client.wait_init()
for number in range(1_000_050):
    client.is_feature_active(f"visitor {number}", "flag")
deadline = time.monotonic() + 8
while client.stats().dropped_visitors == 0 and time.monotonic() < deadline:
    client.is_feature_active(f"visitor {number}", "flag")  # until what is in flight has come back
    number += 1
start = time.perf_counter()
for stranger in range(200):
    client.is_feature_active(f"stranger {stranger}", "flag")
two_hundred = time.perf_counter() - start
before, stalls, number = client.stats().dropped_visitors, [], 2_000_000
for _ in range(3):
    longest = 0.0
    for number in range(number + 1, number + 205_000):
        code = f"visitor {number}"
        start = time.process_time()  # of all threads: the client's work, and not what else the machine is busy with
        client.is_feature_active(code, "flag")
        longest = max(longest, time.process_time() - start)
    stalls.append(longest)
stats = client.stats()
print(json.dumps([two_hundred, max(stalls), before, stats.dropped_visitors, stats.queued_visitors]))
sys.stdout.flush()
os._exit(0)
"""


@pytest.fixture(scope="module")
def measured() -> Iterator[dict[str, Any]]:
    from tests.data_files import data_file, flag

    with ScriptedService(data_file(flag())) as service:
        service.answer = lambda body: 503
        names = ("two_hundred_calls", "longest_call", "dropped_before", "dropped_visitors", "queued_visitors")
        yield dict(zip(names, json.loads(run(PROGRAM, service.origin, timeout=60))))


def test_a_full_queue_costs_a_call_nothing(measured: dict[str, Any]) -> None:
    assert measured["two_hundred_calls"] < 0.1


def test_what_a_full_queue_drops_is_counted(measured: dict[str, Any]) -> None:
    assert measured["dropped_before"] > 0
    assert measured["dropped_visitors"] >= measured["dropped_before"] + 400_000
    assert measured["queued_visitors"] < 1_050_000, "what is in requests that failed waits beside the queue"


def test_no_call_stalls_while_hundreds_of_thousands_of_visitors_come_to_a_full_queue(measured: dict[str, Any]) -> None:
    assert measured["longest_call"] < 0.05
