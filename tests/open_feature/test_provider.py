"""What the scenarios do not ask: types, reasons, contexts, tracking, several domains, life."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from datetime import datetime, timezone
from typing import Any

import pytest

pytest.importorskip("openfeature", reason="the extra openfeature is not installed")

from openfeature import api
from openfeature.client import OpenFeatureClient
from openfeature.evaluation_context import EvaluationContext
from openfeature.exception import ProviderFatalError, ProviderNotReadyError
from openfeature.track import TrackingEventDetails

from kameleoon import KameleoonClient, KameleoonClientConfig
from kameleoon.openfeature import KameleoonProvider, TelemetryHook
from kameleoon.testing import Fault, FaultKind, Platform, ServiceName, clock, exposures, flags
from tests.data_files import data_file, flag, rule, segment, variation

SHARES = [
    {"variationKey": "off", "variationId": 12, "exposition": 0.5},
    {"variationKey": "on", "variationId": 13, "exposition": 0.5},
]
PHONES = {"targetingType": "DEVICE_TYPE", "device": "PHONE"}
GOLD = {"targetingType": "CUSTOM_DATUM", "customDataIndex": "1", "valueMatchType": "EXACT", "value": "gold"}
SEVERAL = [
    ("title", "STRING", "Hello"),
    ("amount", "NUMBER", 9),
    ("rate", "NUMBER", 0.5),
    ("layout", "JSON", '{"a": 1}'),
]
FLAGS = data_file(
    flag("checkout", 1, [rule(10)], variations=[variation("off"), variation("on", *SEVERAL)]),
    flag("split", 2, [rule(20, type="EXPERIMENTATION", variationByExposition=SHARES)]),
    flag("phones", 3, [rule(30, segmentId=5)]),
    flag("gold", 4, [rule(40, segmentId=6)]),
    flag("hidden", 5, [rule(50, exposition=0.0)]),
    flag("truth", 6, [], defaultVariationKey="on", variations=[variation("on", ("wraps", "BOOLEAN", False))]),
    flag("broken", 7, [], defaultVariationKey="on", variations=[variation("on", ("layout", "JSON", "{no json"))]),
    segments=[segment(5, PHONES), segment(6, GOLD)],
    customData=[{"index": 1, "id": 1, "name": "plan"}, {"index": 2, "id": 2, "name": "since"}],
)


@pytest.fixture
def platform() -> Iterator[Platform]:
    with Platform(FLAGS) as platform:
        yield platform


@pytest.fixture
def kameleoon(platform: Platform) -> Iterator[KameleoonClient]:
    config = KameleoonClientConfig("id", "secret", endpoint=platform.origin, top_level_domain="example.com")
    with KameleoonClient("site", config) as client:
        yield client


@pytest.fixture
def client(kameleoon: KameleoonClient) -> Iterator[OpenFeatureClient]:
    api.set_provider_and_wait(KameleoonProvider(client=kameleoon))
    yield api.get_client()
    api.clear_providers()
    api.clear_hooks()


def of(visitor: str = "alice", **attributes: Any) -> EvaluationContext:
    return EvaluationContext(visitor, attributes)


def test_which_variable_gives_the_value(client: OpenFeatureClient) -> None:
    assert client.get_string_value("checkout", "", of()) == "Hello"
    assert client.get_integer_value("checkout", 0, of()) == 9, "the first that fits"
    amount = client.get_float_details("checkout", 0.0, of())
    assert amount.value == 9.0 and isinstance(amount.value, float), "an int where a float is asked"
    assert client.get_float_value("checkout", 0.0, of(variableKey="rate")) == 0.5
    assert client.get_object_value("checkout", {}, of()) == {"a": 1}
    assert client.get_boolean_value("checkout", False, of()) is True, "whether the flag is on"
    assert client.get_boolean_value("truth", True, of()) is False, "its only truth"
    unknown = client.get_string_details("checkout", "x", of(variableKey="titel"))
    assert (unknown.value, unknown.error_code) == ("x", "FLAG_NOT_FOUND")
    assert "'title'" in str(unknown.error_message)
    wrong = client.get_integer_details("checkout", 5, of(variableKey="title"))
    assert (wrong.value, wrong.error_code) == (5, "TYPE_MISMATCH")
    assert client.get_integer_details("checkout", 5, of(variableKey="rate")).error_code == "TYPE_MISMATCH"
    assert client.get_object_details("broken", {}, of(variableKey="layout")).error_code == "PARSE_ERROR"


def test_reasons(client: OpenFeatureClient, kameleoon: KameleoonClient) -> None:
    def reason(key: str, context: EvaluationContext | None = None) -> str:
        return str(client.get_boolean_details(key, False, context or of()).reason)

    assert reason("checkout") == "STATIC", "everybody gets it"
    assert reason("truth") == "STATIC", "it has no rules"
    assert reason("split") == "SPLIT"
    assert reason("phones") == "DEFAULT"
    assert reason("phones", of("bob", device="phone")) == "TARGETING_MATCH"
    assert reason("hidden") == "DEFAULT"
    kameleoon.set_forced_variation("eve", 51, "on")
    assert reason("hidden", of("eve")) == "TARGETING_MATCH"
    with flags(split="on"):
        assert reason("split") == "STATIC"


def test_errors(client: OpenFeatureClient) -> None:
    def error(context: EvaluationContext | None, key: str = "checkout") -> str | None:
        return client.get_boolean_details(key, False, context).error_code

    assert error(None) == error(of("")) == "TARGETING_KEY_MISSING"
    assert error(of("x" * 256)) == "INVALID_CONTEXT"
    assert error(of(), "chekout") == "FLAG_NOT_FOUND"
    assert "chekout" in str(client.get_boolean_details("chekout", False, of()).error_message)
    assert error(of()) is None


def test_metadata(client: OpenFeatureClient) -> None:
    details = client.get_boolean_details("checkout", False, of())
    assert details.flag_metadata == {"experimentId": 11, "variationId": 12, "ruleId": 10}
    assert details.variant == "on"


def test_a_context_gives_data_once(client: OpenFeatureClient, kameleoon: KameleoonClient, platform: Platform) -> None:
    context = of(
        "bob",
        customData=[{"index": 1, "values": ["gold"]}, {"index": 2.0, "value": True}],
        conversion={"goalId": 7, "revenue": 5},
        device="PHONE",
        browser={"type": "Chrome", "version": 126},
        operatingSystem="linux",
        geolocation={"country": "France", "postalCode": "75001"},
        pageView={"url": "https://example.com/", "title": "Home"},
        userAgent="Mozilla/5.0",
        applicationVersion="3.4.1",
        cookie={"a": "b"},
        uniqueIdentifier=False,
    )
    for _ in range(3):
        assert client.get_boolean_value("gold", False, context)
        assert client.get_boolean_value("phones", False, context)
    assert kameleoon.flush(timeout=5)
    kinds = sorted(line.partition("eventType=")[2].partition("&")[0] for line in platform.received.lines)
    assert kinds.count("conversion") == kinds.count("page") == kinds.count("geolocation") == 1
    assert kinds.count("customData") == 2
    other = of("bob", customData={"index": 1, "values": ["silver"]}, device="PHONE")
    assert not client.get_boolean_value("gold", False, other), "what is another value now is given"
    assert client.get_boolean_value("gold", False, context), "and back"


def test_other_attributes_are_custom_data_of_their_name(client: OpenFeatureClient) -> None:
    assert client.get_boolean_value("gold", False, of("bob", plan="gold", nobody_knows="x"))
    assert not client.get_boolean_value("gold", False, of("eve", plan=["silver", "tin"]))
    client.get_boolean_value("gold", False, of("eve", since=datetime(2026, 1, 1, tzinfo=timezone.utc), plan=None))


def test_an_attribute_that_cannot_be_read_is_named_in_the_log(client: OpenFeatureClient, log: Any) -> None:
    context = of(
        device="toaster",
        browser=7,
        customData={"values": ["x"]},
        conversion="seven",
        pageView={},
        geolocation=5,
        userAgent=None,
        cookie="x",
        uniqueIdentifier="yes",
    )
    assert client.get_boolean_value("checkout", False, context)
    for name in (
        "device",
        "browser",
        "customData",
        "conversion",
        "pageView",
        "geolocation",
        "cookie",
        "uniqueIdentifier",
    ):
        assert f"'{name}'" in log
    assert "'userAgent'" not in log


def test_what_the_client_has_forgotten_is_given_again(client: OpenFeatureClient) -> None:
    context = of("bob", plan="gold")
    assert client.get_boolean_value("gold", False, context)
    with clock() as time:
        time.advance(minutes=31)
        # The visitor is gone; the provider has no clock of tests, so it may not know yet. Another value tells it.
        assert client.get_boolean_value("gold", False, of("bob", plan=["gold"]))


def test_tracking(client: OpenFeatureClient, kameleoon: KameleoonClient, platform: Platform, log: Any) -> None:
    client.track("7", of())
    client.track("purchase", of(), TrackingEventDetails(49.9, {"goalId": 8, "metadata": {"index": 1, "values": ["x"]}}))
    client.track("9", of(), TrackingEventDetails(attributes={"revenue": 3, "negative": True}))
    client.track("purchase", of())
    client.track("7")
    client.track("7", of("x" * 256))
    for goal in (True, 7.5, float("inf"), None):
        client.track("purchase", of(), TrackingEventDetails(attributes={"goalId": goal}))
    assert kameleoon.flush(timeout=5)
    sent = [line for line in platform.received.lines if "eventType=conversion" in line]
    assert [("goalId=7" in line, "goalId=8&revenue=49.9" in line, "goalId=9&revenue=3" in line) for line in sent] == [
        (True, False, False),
        (False, True, False),
        (False, False, True),
    ]
    assert "goal 'purchase' is no whole number" in log and "no targeting key" in log


def test_asynchronous_and_threads(client: OpenFeatureClient) -> None:
    async def ask() -> list[bool]:
        questions = (client.get_boolean_value_async("split", False, of(f"visitor-{number}")) for number in range(100))
        return list(await asyncio.gather(*questions))

    expected = asyncio.run(ask())
    assert len(set(expected)) == 2
    wrong: list[int] = []

    def check() -> None:
        for number in range(100):
            context = of(f"visitor-{number}", plan=str(number))
            if client.get_boolean_value("split", False, context) is not expected[number]:
                wrong.append(number)

    threads = [threading.Thread(target=check) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []


def test_an_evaluation_is_an_exposure(client: OpenFeatureClient) -> None:
    with exposures() as seen:
        client.get_string_value("checkout", "", of())
    assert seen.of("checkout").variation_keys == ["on"]


def test_domains_have_clients_of_their_own(platform: Platform) -> None:
    def provider(site: str) -> KameleoonProvider:
        config = KameleoonClientConfig("id", "secret", endpoint=platform.origin, top_level_domain="example.com")
        return KameleoonProvider(site, config)

    first, second = provider("first"), provider("second")
    try:
        api.set_provider_and_wait(first, domain="first")
        api.set_provider_and_wait(second, domain="second")
        assert first.client is not None and first.client.site_code == "first"
        assert api.get_client("second").get_boolean_value("checkout", False, of())
        kept = first.client
        first.shutdown()
        first.shutdown()
        assert kept.is_closed and first.client is None
        details = api.get_client("first").get_boolean_details("checkout", False, of())
        assert details.error_code == "PROVIDER_NOT_READY"
        assert api.get_client("second").get_boolean_value("checkout", False, of())
    finally:
        api.clear_providers()
    api.set_provider_and_wait(first)
    assert api.get_client().get_boolean_value("checkout", False, of()), "it can be used again"
    api.clear_providers()


def test_a_client_of_ones_own_stays_open(kameleoon: KameleoonClient) -> None:
    provider = KameleoonProvider(client=kameleoon)
    api.set_provider_and_wait(provider)
    api.shutdown()
    assert not kameleoon.is_closed
    api.clear_providers()


def test_a_start_that_fails(platform: Platform) -> None:
    config = KameleoonClientConfig("id", "secret", endpoint=platform.origin, top_level_domain="example.com")
    try:
        platform.faults.set(ServiceName.CONFIGURATION, Fault(FaultKind.STATUS, status=403))
        with pytest.raises(ProviderFatalError):
            api.set_provider_and_wait(KameleoonProvider("site", config, timeout=2))
        api.clear_providers()
        platform.faults.set(ServiceName.CONFIGURATION, Fault(FaultKind.STATUS, status=500))
        with pytest.raises(ProviderNotReadyError):
            api.set_provider_and_wait(KameleoonProvider("site", config, timeout=1))
    finally:
        api.clear_providers()


def test_tracking_before_there_is_a_client(log: Any) -> None:
    KameleoonProvider("site", KameleoonClientConfig.offline(FLAGS)).track("7", of())
    assert "the provider has no client now" in log


def test_what_cannot_be_made() -> None:
    with pytest.raises(TypeError, match="one of both"):
        KameleoonProvider()
    with pytest.raises(TypeError, match="one of both"):
        KameleoonProvider("site")


def test_telemetry(client: OpenFeatureClient) -> None:
    trace = pytest.importorskip("opentelemetry.sdk.trace")
    from opentelemetry import trace as tracing
    from opentelemetry.sdk.trace.export import SimpleSpanProcessor
    from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

    exporter = InMemorySpanExporter()
    provider = trace.TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    client.add_hooks([TelemetryHook()])
    with provider.get_tracer("test").start_as_current_span("request"):
        client.get_string_value("checkout", "", of())
        client.get_string_value("no-such-flag", "x", of())
    client.get_string_value("checkout", "", of())  # no span records
    assert not tracing.get_current_span().is_recording()
    first, second = [dict(event.attributes) for event in exporter.get_finished_spans()[0].events]
    assert first == {
        "feature_flag.key": "checkout",
        "feature_flag.result.reason": "static",
        "feature_flag.result.variant": "on",
        "feature_flag.context.id": "alice",
        "feature_flag.provider.name": "Kameleoon Provider",
    }
    assert second["error.type"] == "flag_not_found" and second["feature_flag.result.value"] == "x"
    assert "no-such-flag" in str(second["feature_flag.error.message"]), "the name that replaces error.message"
