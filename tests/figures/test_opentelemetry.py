"""The OpenTelemetry adapter beside OpenTelemetry's own SDK: what its exporter gets, and what spans hold."""

from __future__ import annotations

import gc
import weakref
from collections.abc import Callable
from typing import Any

import pytest

from kameleoon import KameleoonClient, KameleoonClientConfig
from kameleoon.testing import FaultKind, Platform
from tests.figures.conftest import shop
from tests.figures.test_flags import ready
from tests.integration.conftest import eventually

pytest.importorskip("opentelemetry.sdk")

from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.semconv._incubating.attributes import feature_flag_attributes as names

from kameleoon.opentelemetry import add_flags_to_span, instrument

MakeOnline = Callable[..., KameleoonClient]


def points(reader: InMemoryMetricReader) -> dict[str, list[Any]]:
    """The points of each metric at an export."""
    data = reader.get_metrics_data()
    found: dict[str, list[Any]] = {}
    for resource in data.resource_metrics if data is not None else []:
        for scope in resource.scope_metrics:
            assert scope.scope.name == "kameleoon"
            for metric in scope.metrics:
                found[metric.name] = list(metric.data.data_points)
    return found


def test_figures_are_exported(platform: Platform, make_online: MakeOnline) -> None:
    platform.set_data_file(shop())
    client = ready(make_online)
    reader = InMemoryMetricReader()
    instrument(client, meter_provider=MeterProvider([reader]))
    for number in range(100):
        client.get_variation(f"{number}", "checkout")
    client.is_feature_active("0", "old")
    platform.misbehave("remote-data", FaultKind.STATUS, status=500)
    client.get_remote_data("prices")
    assert client.flush(timeout=5)
    durations: list[Any] = []

    def are_recorded() -> bool:  # handlers have a thread of their own
        durations[:] = points(reader).get("kameleoon.request.duration", [])
        return {point.attributes["kameleoon.request.kind"] for point in durations} >= {"REMOTE_DATA", "TRACKING"}

    eventually(are_recorded)
    (failed,) = (point for point in durations if point.attributes["kameleoon.request.kind"] == "REMOTE_DATA")
    assert (failed.attributes["error.type"], failed.count) == ("500", 1)
    found = points(reader)
    (ready_point,) = found["kameleoon.ready"]
    assert (ready_point.value, ready_point.attributes) == (1, {"kameleoon.site": client.site_code})
    flags = client.stats().flags
    counted = {
        point.attributes[names.FEATURE_FLAG_RESULT_VARIANT]: point.value
        for point in found["kameleoon.flag.evaluations"]
        if point.attributes[names.FEATURE_FLAG_KEY] == "checkout"
    }
    assert counted == flags["checkout"].variations
    exposed = {
        point.attributes[names.FEATURE_FLAG_RESULT_VARIANT]: point.value for point in found["kameleoon.flag.exposures"]
    }
    assert exposed == flags["checkout"].exposed
    asked = {point.attributes[names.FEATURE_FLAG_KEY]: point.value for point in found["kameleoon.flag.last_asked"]}
    assert asked == {"checkout": flags["checkout"].last_asked, "search": 0, "old": flags["old"].last_asked}
    sent = {point.attributes["kameleoon.outcome"]: point.value for point in found["kameleoon.events"]}
    assert sent == {"sent": client.stats().events_sent, "failed": 0, "refused": 0, "dropped": 0}
    (p_value,) = found["kameleoon.experiment.p_value"]
    assert 0 < p_value.value <= 1


def test_flags_can_be_left_out(platform: Platform, make_online: MakeOnline) -> None:
    client = ready(make_online)
    reader = InMemoryMetricReader()
    instrument(client, meter_provider=MeterProvider([reader]), with_flags=False)
    client.get_variation("alice", "flag")
    found = points(reader)
    assert "kameleoon.visitors" in found
    assert not [name for name in found if "flag" in name or "experiment" in name]


def test_a_client_that_is_gone_has_no_figures() -> None:
    client = KameleoonClient("site", KameleoonClientConfig.offline(shop()))
    reader = InMemoryMetricReader()
    instrument(client, meter_provider=MeterProvider([reader]))
    assert points(reader)
    reference = weakref.ref(client)
    client.close()
    del client
    gc.collect()
    assert reference() is None
    assert points(reader) == {}


def span_of(use: Callable[[], object]) -> ReadableSpan:
    exporter = InMemorySpanExporter()
    provider = TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    with provider.get_tracer("test").start_as_current_span("request"):
        use()
    (span,) = exporter.get_finished_spans()
    return span


def test_flags_that_were_looked_at_are_on_the_span() -> None:
    with KameleoonClient("site", KameleoonClientConfig.offline(shop())) as client:

        def serve() -> None:
            flags = client.visitor("alice").evaluate()
            flags.is_active("search")
            add_flags_to_span(flags)

        (event,) = span_of(serve).events
        assert event.name == "feature_flag.evaluation"
        assert event.attributes == {
            names.FEATURE_FLAG_KEY: "search",
            names.FEATURE_FLAG_RESULT_VARIANT: client.get_variation("alice", "search").key,
            names.FEATURE_FLAG_PROVIDER_NAME: "Kameleoon",
            names.FEATURE_FLAG_CONTEXT_ID: "alice",
        }


def test_variations_by_key_are_too() -> None:
    with KameleoonClient("site", KameleoonClientConfig.offline(shop())) as client:
        variations = client.get_variations("alice")
        events = span_of(lambda: add_flags_to_span(variations)).events
        assert [(event.attributes or {})[names.FEATURE_FLAG_KEY] for event in events] == ["checkout", "search"]
        assert all(names.FEATURE_FLAG_CONTEXT_ID not in (event.attributes or {}) for event in events)
        add_flags_to_span(variations)  # no span records: nothing happens


def test_requests_are_spans_by_the_instrumentation_of_requests(platform: Platform, make_online: MakeOnline) -> None:
    instrumentation = pytest.importorskip("opentelemetry.instrumentation.requests")
    exporter, provider = InMemorySpanExporter(), TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    instrumentor = instrumentation.RequestsInstrumentor()
    instrumentor.instrument(tracer_provider=provider)
    try:
        client = ready(make_online)
        platform.remote_data["prices"] = [1]
        with provider.get_tracer("test").start_as_current_span("caller") as caller:
            assert client.get_remote_data("prices") == [1]
        client.get_variation("alice", "flag")
        assert client.flush(timeout=5)
    finally:
        instrumentor.uninstrument()
    spans = {str((span.attributes or {}).get("http.url", span.name)): span for span in exporter.get_finished_spans()}
    (remote,) = (span for url, span in spans.items() if "/map/map" in url)
    assert remote.parent is not None
    assert remote.parent.span_id == caller.get_span_context().span_id
    assert any("/visit/events" in url for url in spans)
