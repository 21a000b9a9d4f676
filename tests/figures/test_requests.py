"""What ``stats()`` tells of requests, threads, bytes and staleness."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable

import pytest

from kameleoon import KameleoonClient, KameleoonClientConfig
from kameleoon._network.latency import BUCKETS, Latency
from kameleoon.testing import FaultKind, Platform
from tests.data_files import data_file, flag
from tests.figures.test_flags import ready
from tests.integration.conftest import eventually

MakeOnline = Callable[..., KameleoonClient]


def test_quantiles_lie_in_the_bucket_of_the_true_ones() -> None:
    latency = Latency()
    durations = [0.001 * number for number in range(1, 1001)]
    for seconds in durations:
        latency.observe(seconds)
    found = latency.snapshot()
    assert found["count"] == 1000
    assert found["sum"] == pytest.approx(sum(durations))
    assert found["buckets"][0.1] == 100
    assert found["buckets"][float("inf")] == 1000
    assert list(found["buckets"])[:-1] == list(BUCKETS)
    for name, true in (("p50", 0.5), ("p95", 0.95), ("p99", 0.99)):
        assert found[name] == pytest.approx(true, rel=0.06)


def test_few_durations_have_quantiles_too() -> None:
    assert Latency().snapshot()["p50"] is None
    latency = Latency()
    latency.observe(99.0)
    assert latency.snapshot()["p50"] == BUCKETS[-1], "more is not known"


def test_slow_and_failed_attempts_are_counted(platform: Platform, make_online: MakeOnline) -> None:
    client = ready(make_online)
    platform.misbehave("remote-data", FaultKind.LATENCY, seconds=0.3)
    client.get_remote_data("prices")
    platform.misbehave("remote-data", FaultKind.STATUS, status=500)
    client.get_remote_data("prices")
    counts = client.stats().requests["REMOTE_DATA"]
    assert counts["latency"]["count"] == counts["failed"] + counts["succeeded"] == 2
    assert counts["latency"]["sum"] >= 0.3
    assert counts["latency"]["buckets"][0.25] == 1


def test_what_fails_says_since_when_until_it_succeeds(platform: Platform, make_online: MakeOnline) -> None:
    client = ready(make_online)
    platform.misbehave("remote-data", FaultKind.DROP)
    client.get_remote_data("prices")
    failing = client.stats().requests["REMOTE_DATA"]["failing_since"]
    assert failing is not None
    client.get_remote_data("prices")
    assert client.stats().requests["REMOTE_DATA"]["failing_since"] == failing
    assert client.stats().requests["DATAFILE"]["failing_since"] is None
    platform.behave()
    platform.remote_data["prices"] = [1]
    assert client.get_remote_data("prices") == [1]
    assert client.stats().requests["REMOTE_DATA"]["failing_since"] is None


def test_threads_and_bytes(platform: Platform, make_online: MakeOnline) -> None:
    client = ready(make_online)
    stats = client.stats()
    assert set(stats.threads) >= {"kameleoon-configuration", "kameleoon-housekeeping", "kameleoon-tracking"}
    assert set(stats.threads) <= {thread.name for thread in threading.enumerate()}
    assert stats.data_file_bytes > 100
    assert stats.data_file_stale_second == 0.0


def test_a_client_that_has_nothing_yet_has_figures() -> None:
    with KameleoonClient("site", KameleoonClientConfig.offline(data_file(flag()))) as client:
        assert client.stats().requests == {}
        json.dumps(client.stats().to_dict())


def test_everything_is_json(platform: Platform, make_online: MakeOnline) -> None:
    client = ready(make_online)
    client.get_variation("alice", "flag")
    eventually(lambda: client.flush(timeout=5))
    read = json.loads(json.dumps(client.stats().to_dict(), allow_nan=False))
    assert read["flags"]["flag"]["evaluated"] == 1
    assert read["requests"]["TRACKING"]["latency"]["buckets"]["inf"] == 1
    assert read["data_source"]["state"] == "polling"
