"""``visitor_data_maximum_size``: what visitors take stays below it."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

from kameleoon import Conversion, CustomData, KameleoonClientConfig
from kameleoon.testing import Platform
from tests.core.programs import run
from tests.data_files import data_file, flag
from tests.integration.conftest import eventually

OFFLINE = """
import json
from tests.data_files import data_file, flag
def resident():
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")
client = KameleoonClient("site", KameleoonClientConfig.offline(data_file(flag()), visitor_data_maximum_size=64))
"""
REPORT = """
stats = client.stats()
print(json.dumps([most - before, stats.evicted_visitors, most_bytes, stats.visitors]))
"""
needs_proc = pytest.mark.skipif(not os.path.exists("/proc/self/statm"), reason="no /proc here")
FILLINGS = {
    "custom data": ("CustomData(1, f'{number:0200}')", 1_500_000),
    "page views": ("PageView(f'https://shop/{number:0180}')", 1_300_000),
    "conversions with metadata": ("Conversion(1, metadata=[CustomData(1, f'{number:0200}')])", 1_000_000),
    "cookies": ("Cookie({'a': f'{number:0200}'})", 1_000_000),
    "nothing but variations": (None, 3_000_000),
}


@needs_proc
@pytest.mark.long
@pytest.mark.parametrize("filling", FILLINGS)
def test_ten_times_as_many_visitors_as_fit_stay_below_the_limit(filling: str) -> None:
    datum, count = FILLINGS[filling]
    add = f"client.add_data(code, {datum})" if datum else "pass"
    program = f"""
before, most, most_bytes = resident(), 0, 0
for number in range({count}):
    code = f"visitor {{number}}"
    {add}
    client.is_feature_active(code, "flag")
    if number % 20_000 == 0:
        most, most_bytes = max(most, resident()), max(most_bytes, client.stats().visitor_bytes)
"""
    growth, evicted, most_bytes, visitors = json.loads(run(OFFLINE + program + REPORT, timeout=100))
    assert growth < 104e6
    assert evicted > 0
    assert 32e6 < most_bytes <= 64e6
    assert visitors < count


@needs_proc
def test_one_visitor_with_ten_times_as_much_as_fits_stays_below_the_limit() -> None:
    program = """
before, most, most_bytes = resident(), 0, 0
for number in range(3_000_000):
    client.add_data("v", CustomData(number, "x" * 150))
    if number % 20_000 == 0:
        most, most_bytes = max(most, resident()), max(most_bytes, client.stats().visitor_bytes)
"""
    growth, _, most_bytes, _ = json.loads(run(OFFLINE + program + REPORT, timeout=60))
    assert growth < 160e6, "the table of one visitor grows by doubling"
    assert most_bytes <= 80e6


def test_visitors_with_unsent_events_go_last(platform: Platform, make_online: Any, log: object) -> None:
    platform.misbehave("tracking", "status", status=503)
    client = make_online(visitor_data_maximum_size=16)
    assert client.wait_init()
    for number in range(3_000):
        client.track_conversion(f"buyer {number}", 1)
    for number in range(200_000):
        client.add_data(f"visitor {number}", CustomData(1, f"{number:0200}"), track=False)
    stats = client.stats()
    assert stats.evicted_visitors > 100_000
    assert stats.visitor_bytes <= 16e6
    assert (stats.events_dropped, stats.dropped_visitors) == (0, 0)
    platform.behave()
    eventually(lambda: platform.received.summary()["kinds"].get("conversion") == 3_000, 30)
    assert platform.received.duplicated == 0


def test_unsent_events_beyond_the_limit_are_dropped_counted_and_logged(
    platform: Platform, make_online: Any, log: Any
) -> None:
    platform.misbehave("tracking", "status", status=503)
    client = make_online(visitor_data_maximum_size=4)
    assert client.wait_init()
    for number in range(60_000):
        client.add_data(f"visitor {number}", Conversion(number))
    stats = client.stats()
    assert stats.visitor_bytes <= 4e6
    assert stats.events_dropped > 10_000
    eventually(lambda: "events were dropped for want of room" in log)
    platform.behave()
    client.flush()
    goals = platform.received
    eventually(lambda: goals.summary()["kinds"].get("conversion", 0) + client.stats().events_dropped == 60_000, 30)


def test_the_limit_comes_from_yaml_and_from_the_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "config.yaml"
    credentials = "client_id: id\nclient_secret: secret\n"
    path.write_text(credentials + "visitor_data_maximum_size: 64\n")
    assert KameleoonClientConfig.read_from_yaml(path).visitor_data_maximum_size == 64
    monkeypatch.setenv("KAMELEOON_VISITOR_DATA_MAXIMUM_SIZE", "32.5")
    assert KameleoonClientConfig.read_from_yaml(path).visitor_data_maximum_size == 64, "the file is asked alone"
    monkeypatch.setenv("KAMELEOON_CLIENT_ID", "id")
    monkeypatch.setenv("KAMELEOON_CLIENT_SECRET", "secret")
    assert KameleoonClientConfig.from_env().visitor_data_maximum_size == 32.5


def test_a_limit_in_the_environment_is_kept_to(platform: Platform) -> None:
    environment = {**os.environ, "KAMELEOON_CLIENT_ID": "id", "KAMELEOON_CLIENT_SECRET": "secret"}
    environment.update(KAMELEOON_ENDPOINT=platform.origin, KAMELEOON_VISITOR_DATA_MAXIMUM_SIZE="2")
    program = """
    client = KameleoonClientFactory.create("site")
    assert client.wait_init()
    for number in range(50_000):
        client.add_data(f"visitor {number}", CustomData(1, f"{number:0200}"), track=False)
    print(client.stats().visitor_bytes, client.stats().evicted_visitors)
    """
    taken, evicted = map(int, run(program, timeout=30, environment=environment).split())
    assert 0 < taken <= 2e6
    assert evicted > 0


@pytest.mark.parametrize("value", [-1, float("nan"), "64", True, None])
def test_a_limit_that_is_none_is_told_of(value: Any, log: Any) -> None:
    config = KameleoonClientConfig("id", "secret", visitor_data_maximum_size=value)
    assert config.visitor_data_maximum_size == 0
    assert "visitor_data_maximum_size" in log
    assert KameleoonClientConfig.offline(data_file(flag()), visitor_data_maximum_size=1).visitor_data_maximum_size == 1
