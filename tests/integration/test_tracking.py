"""Tracking over HTTP."""

from __future__ import annotations

import random
import threading
import time

import pytest

from kameleoon import Conversion, CustomData, KameleoonClientConfig, PageView, UniqueIdentifier, UserAgent
from kameleoon.kameleoon_client import KameleoonClient
from kameleoon.testing import Platform
from tests.data_files import data_file, flag, rule
from tests.integration.conftest import eventually


def test_exposures_conversions_and_data_arrive_each_once(platform: Platform, make_online) -> None:
    client = make_online()
    assert client.wait_init()
    for number in range(50):
        code = f"visitor {number}"
        client.add_data(code, CustomData(1, "a b&c"), PageView("https://shop/?a=1", "é"), UserAgent("agent/1"))
        client.is_feature_active(code, "flag")
        client.is_feature_active(code, "flag")
        client.track_conversion(code, 7, 10)
    client.flush(instant=True)
    eventually(lambda: client.stats().events_sent >= 200)
    kinds = platform.received.summary()["kinds"]
    assert (kinds["experiment"], kinds["conversion"], kinds["customData"], kinds["page"]) == (50, 50, 50, 50)
    assert platform.received.duplicated == 0
    event = next(event for event in platform.received.events if event["eventType"] == "conversion")
    assert (event["goalId"], event["revenue"], event["negative"]) == ("7", "10", "false")
    assert sum("userAgent" in event for event in platform.received.events) == 50, "on a visitor's first line alone"
    assert client.stats().events_sent == 200
    assert client.stats().queued_visitors == 0
    method, path, headers = next(request for request in platform.requests if "/visit/events" in request[1])
    assert path.endswith(f"?sdkName=PYTHON&sdkVersion=3.22.2&siteCode={client.site_code}&bodyUa=true")
    assert (method, headers["Content-Type"]) == ("POST", "*/*")
    assert headers["Authorization"].removeprefix("Bearer ") in platform.tokens


def test_the_interval_sends_by_itself_and_a_visitor_with_nothing_new_is_active(platform: Platform, make_online) -> None:
    client = make_online()
    client.wait_init()
    client.get_variation("v", "flag")
    eventually(lambda: platform.received.lines, 5)
    client.flush("v")
    eventually(lambda: platform.received.summary()["kinds"].get("activity"), 5)


def test_untracked_data_are_not_sent(platform: Platform, make_online) -> None:
    client = make_online()
    client.wait_init()
    client.add_data("v", CustomData(1, "a"), Conversion(1), track=False)
    client.get_variation("v", "flag", track=False)
    assert client.flush("v", timeout=10)
    assert platform.received.summary()["kinds"] == {"activity": 1}


def test_without_consent_only_deliveries_and_conversions_are_sent(platform: Platform, make_online) -> None:
    flags = [flag("delivery", 1, [rule(10)]), flag("experiment", 2, [rule(20, type="EXPERIMENTATION")])]
    platform.set_data_file(data_file(*flags, configuration={"consentType": "REQUIRED"}))
    client = make_online()
    client.wait_init()
    client.add_data("v", CustomData(1, "a"))
    client.get_variations("v")
    client.track_conversion("v", 1)
    assert client.flush("v", timeout=10)
    assert platform.received.summary()["kinds"] == {"experiment": 1, "conversion": 1}
    assert platform.received.summary()["variations"] == {"11/12": 1}
    client.set_legal_consent("v", True)
    assert client.flush("v", timeout=10)
    assert platform.received.summary()["kinds"] == {"experiment": 2, "conversion": 1, "customData": 1}


def test_a_unique_identifier_is_mapped_to_itself(platform: Platform, make_online) -> None:
    mapping = [{"index": 3, "id": 3, "name": "user", "isMappingIdentifier": True}]
    platform.set_data_file(data_file(flag(), customData=mapping))
    client = make_online()
    client.wait_init()
    client.add_data("alice", UniqueIdentifier(True))
    assert client.flush("alice", timeout=10)
    (event,) = platform.received.events
    assert (event["index"], event["mappingIdentifier"], event["visitorCode"]) == ("3", "true", "alice")


def test_a_large_queue_goes_out_in_requests_below_the_limit(platform: Platform, make_online) -> None:
    client = make_online()
    client.wait_init()
    for number in range(30_000):
        client.add_data(f"visitor {number}", CustomData(1, "x" * 100))
        client.is_feature_active(f"visitor {number}", "flag")
    eventually(lambda: platform.received.summary()["events"] == 60_000, 30)
    sizes = [int(headers["Content-Length"]) for _, path, headers in platform.requests if "/visit/events" in path]
    assert max(sizes) < 2.5 * 1024 * 1024
    assert len(sizes) > 1


def test_a_second_client_sees_the_first_ones_visit(platform: Platform, make_online) -> None:
    from kameleoon.types.remote_visitor_data_filter import RemoteVisitorDataFilter

    first, second = make_online(), make_online()
    assert first.wait_init()
    assert second.wait_init()
    first.add_data("v", CustomData(1, "gold"), PageView("https://shop/", "Shop"))
    assert first.flush("v", timeout=10)
    wanted = RemoteVisitorDataFilter(page_views=True)
    assert set(second.get_remote_visitor_data("v", data_filter=wanted)) == {
        CustomData(1, "gold"),
        PageView("https://shop/", "Shop"),
    }


@pytest.mark.long
@pytest.mark.parametrize("kind", ["status", "drop", "reset", "truncated", "latency"])
def test_a_failing_service_loses_and_doubles_nothing(platform: Platform, make_online, kind: str, log: object) -> None:
    client = make_online()
    client.wait_init()
    platform.misbehave("tracking", kind, times=3, seconds=0.2)
    for number in range(20):
        client.track_conversion(f"visitor {number}", number)
    eventually(lambda: len({e.get("goalId") for e in platform.received.events} - {None}) == 20, 25)
    eventually(lambda: client.stats().queued_visitors == 0, 25)
    events = [event for event in platform.received.events if event["eventType"] == "conversion"]
    assert len(events) == 20, "each once, by its nonce"


@pytest.mark.long
def test_while_the_service_is_down_one_visitor_is_sent_per_interval(
    platform: Platform, make_online, log: object
) -> None:
    client = make_online()
    client.wait_init()
    platform.misbehave("tracking", "status", status=503)
    for number in range(500):
        client.track_conversion(f"visitor {number}", 1)
    time.sleep(13)  # the first request, its retry after up to 10 s, probes
    sizes = [int(headers["Content-Length"]) for _, path, headers in platform.requests if "/visit/events" in path]
    assert len(sizes) >= 3
    assert max(sizes[2:]) < 300, "a probe is one visitor"
    assert len(sizes) <= 20, "a dead service is not flooded: a probe a second, and its one retry"
    platform.behave()
    eventually(lambda: platform.received.summary()["kinds"].get("conversion") == 500, 30)


@pytest.mark.long
def test_load_with_a_slow_and_failing_service(platform: Platform) -> None:
    """Four threads as fast as they can; what the counters call sent is on the platform exactly once."""
    import os

    seconds = float(os.environ.get("LOAD_SECONDS", "4"))
    config = KameleoonClientConfig("id", "secret", endpoint=platform.origin, default_timeout_millisecond=2000)
    client = KameleoonClient("load", config)
    assert client.wait_init()
    stop, latencies = threading.Event(), []

    def evaluate(worker: int) -> None:
        choose, own = random.Random(worker), []
        while not stop.is_set():
            code = f"visitor {choose.randrange(20_000)}"
            start = time.perf_counter()
            client.is_feature_active(code, "flag")
            own.append(time.perf_counter() - start)
        latencies.extend(own)

    def disturb() -> None:
        choose = random.Random(9)
        while not stop.wait(0.3):
            kind = choose.choice(["status", "drop", "latency", "truncated", "reset"])
            platform.misbehave("tracking", kind, seconds=0.3, probability=0.3)

    threads = [threading.Thread(target=evaluate, args=(n,)) for n in range(4)] + [threading.Thread(target=disturb)]
    [thread.start() for thread in threads]
    time.sleep(seconds)
    stop.set()
    [thread.join() for thread in threads]
    platform.behave()
    # An event's line is written once, nonce included, and tried until it arrives: in the end the platform holds what the
    # counters call sent, no more and no less. An answer that got lost makes a line arrive twice, under one nonce.
    eventually(lambda: len(platform.received.nonces) == client.stats().events_sent > 0, 60)
    client.close()
    sent = client.stats().events_sent
    assert len(platform.received.nonces) == sent
    assert client.stats().queued_visitors == 0
    latencies.sort()
    print(f"{len(latencies):,} calls, p99.9 {latencies[int(len(latencies) * 0.999)] * 1e6:.0f} µs, {sent:,} events sent, "
          f"{platform.received.duplicated:,} sent again after a lost answer")  # fmt: skip
