"""``flush`` with a time-out: whether what a client has to send is delivered by then."""

from __future__ import annotations

import asyncio
import time
from typing import Any

import pytest

from kameleoon import Conversion, KameleoonClientConfig, exceptions
from kameleoon.kameleoon_client import KameleoonClient
from kameleoon.testing import Platform, clock
from tests.data_files import data_file, flag
from tests.integration.test_lifecycle import conversions


def test_it_waits_until_everything_is_delivered(platform: Platform, make_online: Any) -> None:
    client = make_online()
    assert client.wait_init()
    for number in range(1000):
        client.track_conversion(f"{number:04}", 1)
    assert client.flush(timeout=10) is True
    assert conversions(platform) == [f"{number:04}" for number in range(1000)]
    assert client.flush(timeout=10) is True, "there is nothing to deliver"


def test_of_one_visitor_what_that_one_has(platform: Platform, make_online: Any) -> None:
    client = make_online(tracking_interval_millisecond=5000)
    assert client.wait_init()
    client.track_conversion("a", 1)
    client.track_conversion("b", 1)
    assert client.flush("a", timeout=10) is True
    assert conversions(platform) == ["a"]
    with pytest.raises(exceptions.VisitorCodeInvalid):
        client.flush("", timeout=10)


def test_it_tries_again_within_the_time(platform: Platform, make_online: Any) -> None:
    client = make_online()
    assert client.wait_init()
    platform.misbehave("tracking", "status", status=503, times=3)
    client.track_conversion("v", 1)
    assert client.flush("v", timeout=10) is True
    assert conversions(platform) == ["v"]
    assert platform.received.duplicated == 0


def test_what_came_back_from_a_failed_request_is_of_the_visitor_too(platform: Platform, make_online: Any) -> None:
    client = make_online(tracking_interval_millisecond=5000)
    assert client.wait_init()
    platform.misbehave("tracking", "status", status=503)
    client.track_conversion("v", 1)
    assert client.flush("v", timeout=0.3) is False
    platform.behave()
    assert client.flush("v", timeout=10) is True
    assert conversions(platform) == ["v"]


def test_what_a_visitor_has_left_that_is_forgotten_is_of_the_visitor_too(platform: Platform, make_online: Any) -> None:
    client = make_online(tracking_interval_millisecond=5000)
    assert client.wait_init()
    with clock() as now:
        client.track_conversion("v", 1)
        now.advance(minutes=31)
        assert client.stats().visitors == 0
        assert client.flush("v", timeout=10) is True
    assert conversions(platform) == ["v"]


@pytest.mark.parametrize("instant", [False, True])
def test_what_was_flushed_is_sent_by_a_close_that_comes_at_once(
    platform: Platform, make_online: Any, instant: bool
) -> None:
    client = make_online(tracking_interval_millisecond=5000)
    assert client.wait_init()
    client.add_data("v", Conversion(1))  # is not queued by itself
    client.flush(instant=instant)
    client.close(10)
    assert conversions(platform) == ["v"]


@pytest.mark.parametrize("kind", ["black-hole", "slow-bytes", "drop", "status"])
def test_a_dead_service_takes_no_longer_than_the_time_and_loses_nothing(
    platform: Platform, make_online: Any, kind: str, log: Any
) -> None:
    client = make_online(default_timeout_millisecond=1000)
    assert client.wait_init()
    platform.misbehave("tracking", kind)
    client.track_conversion("v", 1)
    start = time.monotonic()
    assert client.flush(timeout=0.2) is False
    assert time.monotonic() - start < 0.45
    platform.behave()
    assert client.flush(timeout=10) is True
    assert conversions(platform) in (["v"], ["v", "v"]), "what arrived unconfirmed comes again, under the same nonce"
    assert len(platform.received.nonces) == 1 + (platform.received.summary()["kinds"].get("activity", 0))


def test_without_a_time_nothing_is_known_and_offline_nothing_is_to_deliver(make_online: Any) -> None:
    client = make_online()
    client.track_conversion("v", 1)
    assert client.flush() is False
    client.close()
    assert client.flush(timeout=1) is False, "a closed client delivers nothing"
    offline = KameleoonClient("site", KameleoonClientConfig.offline(data_file(flag())))
    assert offline.flush(timeout=1) is True
    offline.close()


def test_async_forms(platform: Platform, make_online: Any) -> None:
    async def use() -> None:
        async with make_online() as client:
            assert await client.wait_init_async()
            client.track_conversion("a", 1)
            assert await client.flush_async(timeout=5) is True
            client.track_conversion("b", 1)
        assert client.is_closed
        await client.aclose()

    asyncio.run(use())
    assert conversions(platform) == ["a", "b"]
