"""The wall clock is set back and forth by an hour, again and again: the client goes by the monotonic one."""

from __future__ import annotations

import time
from typing import Any

import pytest

from kameleoon.testing import Platform
from tests.data_files import data_file, flag
from tests.integration.conftest import eventually
from tests.integration.test_lifecycle import conversions


@pytest.mark.parametrize("is_streaming", [False, True])
def test_it_follows_the_data_file_and_delivers(
    platform: Platform, make_online: Any, monkeypatch: pytest.MonkeyPatch, is_streaming: bool
) -> None:
    real, jumps = time.time, [0]

    def jumping() -> float:
        jumps[0] += 1
        return real() + (3600 if jumps[0] % 2 else -3600)

    monkeypatch.setattr(time, "time", jumping)
    platform.requires_token = True
    platform.set_data_file(data_file(flag("first"), configuration={"realTimeUpdate": is_streaming}))
    client = make_online(refresh_interval_minute=(60 if is_streaming else 0.2 / 60))
    assert client.wait_init()
    if is_streaming:
        eventually(lambda: platform.listeners == 1)
    for number in range(5):
        platform.set_data_file(data_file(flag(f"flag-{number}"), configuration={"realTimeUpdate": is_streaming}))
        eventually(lambda number=number: client.get_feature_list() == [f"flag-{number}"], 5)
        client.track_conversion(f"visitor {number}", 1)
        assert client.flush(timeout=5)
    assert conversions(platform) == [f"visitor {number}" for number in range(5)]
    assert platform.received.duplicated == 0
    assert client.stats().requests["ACCESS_TOKEN"]["succeeded"] == 1, "the token is kept"
    assert jumps[0] > 10
