"""Settings as they are seen over the wire."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from kameleoon import KameleoonClientConfig
from kameleoon.kameleoon_client import KameleoonClient
from kameleoon.testing import Platform
from tests.conftest import LogLines
from tests.integration.conftest import eventually


def from_file(path: Path, platform: Platform, text: str) -> KameleoonClientConfig:
    path.write_text(f"endpoint: {platform.origin}\ntop_level_domain: localhost\n{text}")
    return KameleoonClientConfig.read_from_yaml(path)


def token_requests(platform: Platform) -> list[str]:
    return [path for _, path, _ in platform.requests if path.startswith("/oauth")]


@pytest.mark.parametrize("missing", ["client_id", "client_secret"])
def test_missing_credentials_are_said_when_a_token_is_needed_and_not_before(
    missing: str, platform: Platform, tmp_path: Path, log: LogLines
) -> None:
    there = "client_secret: secret" if missing == "client_id" else "client_id: id"
    with KameleoonClient("site", from_file(tmp_path / "client.yaml", platform, there)) as client:
        assert client.wait_init()
        assert client.is_feature_active("v", "flag", track=False)
        assert missing not in log
        platform.remote_data["key"] = {"a": 1}
        for _ in range(3):
            assert client.get_remote_data("key") == {"a": 1}
        client.track_conversion("v", 1)
        client.flush("v", instant=True)
        eventually(lambda: platform.received.events)
    assert token_requests(platform) == []
    (line,) = (line for _, line in log.lines if missing in line)
    assert "no access token" in line


def test_a_numeric_client_id_is_sent_as_text(platform: Platform, tmp_path: Path) -> None:
    platform.remote_data["key"] = 5
    config = from_file(tmp_path / "client.yaml", platform, "client_id: 123\nclient_secret: 456\n")
    with KameleoonClient("site", config) as client:
        assert client.wait_init()
        assert client.get_remote_data("key") == 5
    (headers,) = (headers for _, path, headers in platform.requests if path.startswith("/oauth"))
    assert headers["Authorization"] == "Basic MTIzOjQ1Ng=="  # 123:456


def test_a_setter_changes_nothing_of_a_client_that_is_made(platform: Platform, log: LogLines) -> None:
    config = KameleoonClientConfig("id", "secret", endpoint=platform.origin, top_level_domain="localhost")
    with KameleoonClient("site", config) as client:
        assert client.wait_init()
        platform.misbehave("remote-data", "latency", seconds=1.0)
        platform.remote_data["key"] = 5
        config.set_default_timeout_millisecond(1)
        config.set_environment("other")
        assert client.get_remote_data("key") == 5
    assert not any("environment=other" in path for _, path, _ in platform.requests)


def test_a_refresh_interval_beyond_what_a_clock_can_wait_is_bounded(platform: Platform, log: Any) -> None:
    config = KameleoonClientConfig(
        "id",
        "secret",
        endpoint=platform.origin,
        refresh_interval_minute=1e30,
        session_duration_minute=1e30,
        default_timeout_millisecond=1e30,
        close_timeout_second=1e30,
    )
    client = KameleoonClient("site", config)
    assert client.wait_init()
    client.track_conversion("v", 1)
    client.close()
    assert platform.received.events
