"""Four times as much takes less than eight times as long.

Measured in processor time, which a busy machine does not stretch.
"""

from __future__ import annotations

import gc
import json
import time
from collections.abc import Callable
from typing import Any

import pytest

from kameleoon import Conversion, CustomData, KameleoonClientConfig, PageView
from kameleoon.kameleoon_client import KameleoonClient
from kameleoon.testing import Platform
from kameleoon.types.remote_visitor_data_filter import RemoteVisitorDataFilter
from tests.data_files import data_file, flag, rule, segment, targeted_by

pytestmark = [pytest.mark.alone, pytest.mark.long]


def best_of_three(measure: Callable[[int, int], float], size: int, first: int) -> float:
    """Without the garbage collector, whose own work on what the test keeps grows faster than that."""
    gc.collect()
    gc.disable()
    try:
        return min(measure(size, attempt) for attempt in range(first, first + 3))
    finally:
        gc.enable()


def assert_grows_linearly(measure: Callable[[int, int], float], size: int, most: float = 8) -> None:
    """``measure(size, attempt)`` returns seconds."""
    for first in range(0, 12, 3):  # what grows with the square never passes; a disturbed measurement is made again
        small, large = best_of_three(measure, size, first), best_of_three(measure, 4 * size, first)
        if large < most * small:
            return
    assert large < most * small, f"{size}: {small:.4f} s, {4 * size}: {large:.4f} s, {large / small:.1f} times"


def offline(file: dict[str, Any] | bytes) -> KameleoonClient:
    return KameleoonClient("site", KameleoonClientConfig.offline(file))


def wait_for_events(platform: Platform, count: int) -> None:
    deadline = time.monotonic() + 60
    while len(platform.received.nonces) < count:
        assert time.monotonic() < deadline
        time.sleep(0.005)


def test_values_of_a_custom_datum_until_they_have_arrived(platform: Platform, make_online: Any) -> None:
    client = make_online(tracking_interval_millisecond=5000)
    client.wait_init()

    def measure(size: int, attempt: int) -> float:
        platform.received.clear()
        datum = CustomData(1, *(f"v{number}" for number in range(size)))
        start = time.process_time()
        client.add_data(f"v {size} {attempt}", datum)
        client.flush(f"v {size} {attempt}", instant=True)
        wait_for_events(platform, 1)
        return time.process_time() - start

    assert_grows_linearly(measure, 20_000)


def test_custom_data_of_a_visitor(make_client: Any) -> None:
    client = make_client(data_file(flag()))

    def measure(size: int, attempt: int) -> float:
        data = [CustomData(number, "a") for number in range(size)]
        start = time.process_time()
        for datum in data:
            client.add_data(f"v {size} {attempt}", datum)
        return time.process_time() - start

    assert_grows_linearly(measure, 5_000)


def test_pages_of_remote_visitor_data(platform: Platform, make_online: Any) -> None:
    client = make_online(default_timeout_millisecond=20_000)
    client.wait_init()

    def measure(size: int, attempt: int) -> float:
        code = f"v {size} {attempt}"
        pages = [{"data": {"href": f"https://shop/{n}", "title": "t"}, "time": n} for n in range(size)]
        platform.visitor_data[code] = {"currentVisit": {"timeStarted": 1, "pageEvents": pages}}
        start = time.process_time()
        found = client.get_remote_visitor_data(code, data_filter=RemoteVisitorDataFilter(page_views=True))
        seconds = time.process_time() - start
        assert len(found) == size
        return seconds

    assert_grows_linearly(measure, 10_000)


@pytest.mark.parametrize("kind", ["customDataEvents", "experimentEvents", "personalizationEvents", "conversionEvents"])
def test_other_remote_visitor_data(platform: Platform, make_online: Any, kind: str) -> None:
    client = make_online(default_timeout_millisecond=20_000)
    client.wait_init()

    def measure(size: int, attempt: int) -> float:
        code = f"v {size} {attempt}"
        data = [{"index": n, "valuesCountMap": {"a": 1}, "id": n, "variationId": n, "goalId": n} for n in range(size)]
        events = [{"data": datum, "time": n} for n, datum in enumerate(data)]
        platform.visitor_data[code] = {"currentVisit": {"timeStarted": 1, kind: events}}
        wanted = RemoteVisitorDataFilter(experiments=True, personalization=True, conversions=True)
        start = time.process_time()
        client.get_remote_visitor_data(code, data_filter=wanted)
        return time.process_time() - start

    assert_grows_linearly(measure, 8_000)


def test_values_of_a_remote_custom_datum(platform: Platform, make_online: Any) -> None:
    client = make_online(default_timeout_millisecond=20_000)
    client.wait_init()

    def measure(size: int, attempt: int) -> float:
        code = f"v {size} {attempt}"
        data = {"index": 1, "valuesCountMap": {f"v{n}": 1 for n in range(size)}}
        platform.visitor_data[code] = {"currentVisit": {"customDataEvents": [{"data": data, "time": 1}]}}
        start = time.process_time()
        (found,) = client.get_remote_visitor_data(code)
        seconds = time.process_time() - start
        assert len(found.values) == size
        return seconds

    assert_grows_linearly(measure, 20_000)


def test_page_views_with_a_page_condition_evaluated_after_each(make_client: Any) -> None:
    wanted = {"targetingType": "PAGE_URL", "url": "https://shop/1", "matchType": "EXACT"}
    before = {"targetingType": "PREVIOUS_PAGE", "url": "https://shop/0", "matchType": "EXACT", "isInclude": False}
    count = {"targetingType": "PAGE_VIEWS", "pageCount": 0, "matchType": "GREATER"}
    client = make_client(targeted_by(wanted, before, count))

    def measure(size: int, attempt: int) -> float:
        code = f"v {size} {attempt}"
        views = [PageView(f"https://shop/{number}") for number in range(size)]
        start = time.process_time()
        for view in views:
            client.add_data(code, view)
            client.is_feature_active(code, "flag")
        return time.process_time() - start

    assert_grows_linearly(measure, 5_000)


def many_flags(count: int, **more: Any) -> dict[str, Any]:
    return data_file(*(flag(f"f{n}", n + 1, [rule(10 * (n + 1))], **more) for n in range(count)))


def test_assigned_variations_of_all_flags() -> None:
    clients = {size: offline(many_flags(size)) for size in (3_000, 12_000)}

    def measure(size: int, attempt: int) -> float:
        start = time.process_time()
        assert len(clients[size].get_variations(f"v {attempt}")) == size
        return time.process_time() - start

    assert_grows_linearly(measure, 3_000)


def test_one_flag_of_a_visitor_with_many_assigned_variations() -> None:
    clients = {size: offline(many_flags(size)) for size in (3_000, 12_000)}
    for client in clients.values():
        client.get_variations("v")

    def measure(size: int, attempt: int) -> float:
        client, keys = clients[size], [f"f{n * 7 % size}" for n in range(3_000)]
        start = time.process_time()
        for key in keys:
            client.is_feature_active("v", key)
        return time.process_time() - start

    assert_grows_linearly(measure, 3_000, most=3)


@pytest.mark.parametrize("kind", ["ANY", "EXPERIMENT"])
def test_an_exclusive_experiment_among_many_assigned_variations(kind: str) -> None:
    alone = {"targetingType": "EXCLUSIVE_EXPERIMENT", "campaignType": kind}
    clients = {}
    for size in (3_000, 12_000):
        file = many_flags(size)
        file["featureFlags"].append(flag("last", 9_000_000, [rule(9_000_000, segmentId=5)]))
        file["segments"] = [segment(5, alone)]
        clients[size] = offline(file)
        clients[size].get_variations("v")

    def measure(size: int, attempt: int) -> float:
        start = time.process_time()
        for _ in range(1_000):
            assert not clients[size].is_feature_active("v", "last")
        return time.process_time() - start

    assert_grows_linearly(measure, 3_000)


def data_file_text(size: int, kind: str) -> bytes:
    if kind == "mutually exclusive groups":
        flags = [flag(f"f{n}", n + 1, [rule(10 * (n + 1))], mutuallyExclusiveGroup=f"group {n}") for n in range(size)]
        return json.dumps(data_file(*flags)).encode()
    if kind == "one mutually exclusive group":
        flags = [flag(f"f{n}", size - n, [rule(10 * (n + 1))], mutuallyExclusiveGroup="group") for n in range(size)]
        return json.dumps(data_file(*flags)).encode()
    if kind == "local-only custom data":
        entries = [{"index": n, "id": n, "name": f"name {n}", "localOnly": True} for n in range(size)]
        return json.dumps(data_file(flag(), customData=entries)).encode()
    if kind == "inline segments":
        tree = {"firstLevel": [], "firstLevelOrOperators": []}
        rules = [rule(10 * (n + 1), segment={"id": n, "conditionsData": tree}) for n in range(size)]
        return json.dumps(data_file(flag(rules=rules))).encode()
    chain = [segment(n, {"targetingType": "SEGMENT", "segmentId": n + 1}) for n in range(size)]
    return json.dumps(data_file(flag(), segments=chain)).encode()


KINDS = [
    "mutually exclusive groups",
    "one mutually exclusive group",
    "local-only custom data",
    "inline segments",
    "a chain of segments",
]


@pytest.mark.parametrize("kind", KINDS)
def test_a_client_is_made_of_a_data_file(kind: str, log: object) -> None:
    texts = {size: data_file_text(size, kind) for size in (5_000, 20_000)}

    def measure(size: int, attempt: int) -> float:
        start = time.process_time()
        client = offline(texts[size])
        seconds = time.process_time() - start
        client.close()
        return seconds

    assert_grows_linearly(measure, 5_000)


def test_local_only_custom_data_of_a_visitor() -> None:
    clients = {size: offline(data_file_text(size, "local-only custom data")) for size in (5_000, 20_000)}

    def measure(size: int, attempt: int) -> float:
        start = time.process_time()
        for number in range(size):
            clients[size].add_data(f"v {attempt} {number}", CustomData(number, "a"))
        return time.process_time() - start

    assert_grows_linearly(measure, 5_000)


def test_conversions_until_they_have_arrived(platform: Platform, make_online: Any) -> None:
    client = make_online(tracking_interval_millisecond=5000)
    client.wait_init()

    def measure(size: int, attempt: int) -> float:
        platform.received.clear()
        code = f"v {size} {attempt}"
        start = time.process_time()
        client.add_data(code, *(Conversion(number) for number in range(size)))
        client.flush(instant=True)
        wait_for_events(platform, size)
        return time.process_time() - start

    assert_grows_linearly(measure, 40_000)


def test_a_conversion_condition_of_a_visitor_with_many_conversions(make_client: Any) -> None:
    client = make_client(targeted_by({"targetingType": "CONVERSIONS", "goalId": -5}))
    for size in (5_000, 20_000):
        client.add_data(f"v {size}", *(Conversion(number) for number in range(size)))

    def measure(size: int, attempt: int) -> float:
        start = time.process_time()
        for _ in range(200):
            assert not client.is_feature_active(f"v {size}", "flag")
        return time.process_time() - start

    assert_grows_linearly(measure, 5_000)
