"""The provider's events, from a real service that changes, goes away and comes back."""

from __future__ import annotations

import queue
import time
from collections.abc import Iterator
from typing import Any

import pytest

pytest.importorskip("openfeature", reason="the extra openfeature is not installed")

from openfeature import api
from openfeature.evaluation_context import EvaluationContext
from openfeature.event import EventDetails, ProviderEvent
from openfeature.provider import ProviderStatus

from kameleoon import KameleoonClientConfig
from kameleoon.events import EventType
from kameleoon.openfeature import KameleoonProvider
from kameleoon.testing import Fault, FaultKind, Platform, ServiceName
from tests.data_files import data_file, flag, rule, segment

GOLD = {"targetingType": "CUSTOM_DATUM", "customDataIndex": "1", "valueMatchType": "EXACT", "value": "gold"}
SILVER = {**GOLD, "value": "silver"}
STREAMED = {"configuration": {"realTimeUpdate": True}}
PATIENCE = 20.0


def flags(*more: dict[str, Any], condition: dict[str, Any] = GOLD) -> dict[str, Any]:
    segments = [segment(5, condition)]
    return data_file(flag("plain"), flag("gold", 2, [rule(20, segmentId=5)]), *more, segments=segments, **STREAMED)


class Events:
    """What OpenFeature tells its users."""

    def __init__(self) -> None:
        self._events: queue.Queue[tuple[ProviderEvent, EventDetails]] = queue.Queue()
        for event in ProviderEvent:
            api.add_handler(event, self._handler(event))

    def _handler(self, event: ProviderEvent) -> Any:
        return lambda details: self._events.put((event, details))

    def wait_for(self, event: ProviderEvent, seconds: float = PATIENCE) -> EventDetails:
        while True:
            found, details = self._events.get(timeout=seconds)
            if found is event and details.provider_name != "No-op Provider":  # OpenFeature's own, at the beginning
                return details

    def kinds(self) -> list[ProviderEvent]:
        """Those that have come since and were not waited for."""
        found = []
        while not self._events.empty():
            found.append(self._events.get()[0])
        return found


def wait_for_stream(provider: KameleoonProvider) -> None:
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        status = provider.client.stats().data_source if provider.client is not None else None
        if status is not None and status.state == "streaming":
            return
        time.sleep(0.02)
    raise TimeoutError("no stream")


@pytest.fixture
def platform() -> Iterator[Platform]:
    with Platform(flags()) as platform:
        yield platform


@pytest.fixture
def provider(platform: Platform) -> Iterator[KameleoonProvider]:
    config = KameleoonClientConfig("id", "secret", endpoint=platform.origin, top_level_domain="example.com")
    yield KameleoonProvider("site", config, timeout=1)
    api.clear_providers()
    api.shutdown()


def test_ready_and_what_has_changed(platform: Platform, provider: KameleoonProvider) -> None:
    events = Events()
    api.set_provider(provider)
    assert events.wait_for(ProviderEvent.PROVIDER_READY).provider_name == "Kameleoon Provider"
    assert provider.client is not None
    updates: queue.Queue[Any] = queue.Queue()

    class Mine:
        def on_update(self, event: Any) -> None:
            updates.put(event)

    provider.client.set_event_handler(EventType.DATAFILE_UPDATE, Mine())
    wait_for_stream(provider)
    platform.set_data_file(flags(flag("new", 3)))
    assert events.wait_for(ProviderEvent.PROVIDER_CONFIGURATION_CHANGED).flags_changed == ["new"]
    assert updates.get(timeout=PATIENCE) is not None, "the user's own handler is told too"
    platform.set_data_file(flags(flag("new", 3), condition=SILVER))
    assert events.wait_for(ProviderEvent.PROVIDER_CONFIGURATION_CHANGED).flags_changed == ["gold"], "its segment"
    platform.set_data_file(flags(flag("new", 3, environmentEnabled=False), condition=SILVER))
    assert events.wait_for(ProviderEvent.PROVIDER_CONFIGURATION_CHANGED).flags_changed == ["new"]


def test_a_service_that_comes_late(platform: Platform, provider: KameleoonProvider) -> None:
    platform.faults.set(ServiceName.CONFIGURATION, Fault(FaultKind.STATUS, status=503))
    events = Events()
    api.set_provider(provider)
    assert events.wait_for(ProviderEvent.PROVIDER_ERROR).error_code == "PROVIDER_NOT_READY"
    client = api.get_client()
    context = EvaluationContext("alice")
    assert client.get_boolean_details("plain", False, context).error_code == "PROVIDER_NOT_READY"
    platform.faults.clear()
    events.wait_for(ProviderEvent.PROVIDER_READY, 60)
    assert client.get_boolean_value("plain", False, context)


@pytest.mark.long
def test_what_was_never_there_is_not_stale(platform: Platform, provider: KameleoonProvider) -> None:
    platform.faults.set(ServiceName.CONFIGURATION, Fault(FaultKind.STATUS, status=503))
    events = Events()
    api.set_provider(provider)
    events.wait_for(ProviderEvent.PROVIDER_ERROR)
    end = time.monotonic() + 150
    while time.monotonic() < end:
        status = provider.client.stats().data_source if provider.client is not None else None
        if status is not None and status.is_stale:
            break
        time.sleep(0.2)
    time.sleep(1)  # for the event, which must not come
    assert api.get_client().get_provider_status() is ProviderStatus.ERROR
    assert events.kinds() == []
    platform.faults.clear()
    events.wait_for(ProviderEvent.PROVIDER_READY, 90)
    time.sleep(1)
    assert events.kinds() == [], "it is told once"


@pytest.mark.long
def test_stale_and_back(platform: Platform, provider: KameleoonProvider) -> None:
    """A data file is stale when it could not be fetched for a minute."""
    events = Events()
    api.set_provider_and_wait(provider)
    client, context = api.get_client(), EvaluationContext("alice")
    wait_for_stream(provider)
    platform.faults.set(ServiceName.CONFIGURATION, Fault(FaultKind.STATUS, status=503))
    platform.set_data_file(flags(flag("new", 3)))  # it is announced, and cannot be fetched
    events.wait_for(ProviderEvent.PROVIDER_STALE, 150)
    assert client.get_boolean_details("plain", False, context).reason == "STALE"
    platform.faults.clear()
    events.wait_for(ProviderEvent.PROVIDER_READY, 90)
    assert client.get_boolean_details("plain", False, context).reason == "STATIC"
