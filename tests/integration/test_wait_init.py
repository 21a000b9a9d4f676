"""Waiting for the first configuration while the service is down."""

from __future__ import annotations

import asyncio
import threading
import time
from typing import Any

from kameleoon.testing import Platform


def test_a_failure_ends_the_wait_at_once_and_is_told_of_once(platform: Platform, make_online: Any, log: Any) -> None:
    platform.misbehave("configuration", "status", status=500)
    client = make_online()
    start = time.monotonic()
    assert client.wait_init(30000) is False
    for _ in range(1000):
        assert client.wait_init(30000) is False
    assert time.monotonic() - start < 2
    told = [line for _, line in log.lines if "is not initialized" in line]
    assert len(told) == 1
    assert "hint: " in told[0]


def test_it_waits_on_if_told_to_until_the_service_is_back(platform: Platform, make_online: Any, log: Any) -> None:
    platform.misbehave("configuration", "status", status=500)
    client = make_online()
    assert client.wait_init(5000) is False
    threading.Timer(0.3, platform.behave).start()
    start = time.monotonic()
    assert client.wait_init(20000, keep_trying=True) is True
    assert 0.3 < time.monotonic() - start < 10
    assert client.is_feature_active("v", "flag")


def test_it_waits_on_until_the_time_is_over_or_the_client_closed(
    platform: Platform, make_online: Any, log: Any
) -> None:
    platform.misbehave("configuration", "status", status=500)
    client = make_online()
    start = time.monotonic()
    assert asyncio.run(client.wait_init_async(700, keep_trying=True)) is False
    assert 0.6 < time.monotonic() - start < 2
    threading.Timer(0.3, client.close).start()
    start = time.monotonic()
    assert client.wait_init(20000, keep_trying=True) is False
    assert time.monotonic() - start < 3
