"""The configuration: parameters, YAML, environment."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from kameleoon import KameleoonClientConfig, KameleoonClientFactory, exceptions
from kameleoon.kameleoon_client import KameleoonClient
from tests.data_files import data_file, flag


def write(tmp_path: Path, text: str) -> str:
    path = tmp_path / "client.yaml"
    path.write_text(text, encoding="utf-8")
    return str(path)


def test_defaults() -> None:
    config = KameleoonClientConfig("id", "secret")
    assert config.refresh_interval_second == 3600
    assert config.session_duration_second == 1800
    assert config.default_timeout_second == 10.0
    assert config.tracking_interval_second == 1.0
    assert (config.environment, config.top_level_domain, config.network_domain) == (None, "", None)


@pytest.mark.parametrize("credentials", [("", "secret"), ("id", ""), (None, "secret")])
def test_credentials_must_be_there(credentials: tuple) -> None:
    with pytest.raises(exceptions.ConfigCredentialsInvalid):
        KameleoonClientConfig(*credentials)


@pytest.mark.parametrize("value", [0, -1, "5", None, float("nan"), True])
def test_an_interval_that_is_not_positive_is_the_default_with_a_warning(value: object, log: object) -> None:
    config = KameleoonClientConfig("id", "secret", refresh_interval_minute=value, session_duration_minute=value)
    assert (config.refresh_interval_second, config.session_duration_second) == (3600, 1800)
    assert "refresh_interval_minute" in log


@pytest.mark.parametrize(("value", "second"), [(1, 1), (999, 1), (1500, 1.5), (9000, 5), ("x", 1)])
def test_the_tracking_interval_is_moved_to_its_bounds(value: object, second: float, log: object) -> None:
    assert KameleoonClientConfig("id", "secret", tracking_interval_millisecond=value).tracking_interval_second == second
    assert ("tracking_interval" in log) == (value != 1500)


@pytest.mark.parametrize(
    ("given", "used"),
    [
        ("https://.Example.COM.", "example.com"),
        ("not a domain", None),
        ("", None),
        ("a.b-c.io", "a.b-c.io"),
        ("localhost", None),
    ],
)
def test_network_domains(given: str, used: str | None, log: object) -> None:
    assert KameleoonClientConfig("id", "secret", network_domain=given).network_domain == used
    assert ("network_domain" in log) == (bool(given) and used is None)


@pytest.mark.parametrize(
    ("given", "used"), [("https://Example.com", "example.com"), ("localhost", "localhost"), ("no domain", "no domain")]
)
def test_top_level_domains(given: str, used: str, log: object) -> None:
    assert KameleoonClientConfig("id", "secret", top_level_domain=given).top_level_domain == used
    assert ("top_level_domain" in log) == (" " in given)


def test_yaml(tmp_path: Path, log: object) -> None:
    text = "client_id: my-id\nclient_secret: s\nsession_duration_minute: 5\nenvironment: 7\nrefresh_interval_minute: true\nodd: 1\n"
    config = KameleoonClientConfig.read_from_yaml(write(tmp_path, text))
    assert (config.client_id, config.session_duration_second, config.environment) == ("my-id", 300, None)
    assert config.refresh_interval_second == 3600
    for culprit in ("'environment'", "'refresh_interval_minute'", "'odd'"):
        assert culprit in log


@pytest.mark.parametrize("text", ["- a\n- b\n", "just text", "a: [1\n", "\tx: 1"])
def test_a_file_that_is_no_mapping_or_no_yaml_is_an_error_that_says_where(tmp_path: Path, text: str) -> None:
    with pytest.raises(exceptions.ConfigException, match=r"client\.yaml"):
        KameleoonClientConfig.read_from_yaml(write(tmp_path, text))


def test_an_empty_file_lacks_credentials(tmp_path: Path) -> None:
    with pytest.raises(exceptions.ConfigCredentialsInvalid):
        KameleoonClientConfig.read_from_yaml(write(tmp_path, ""))


def test_a_missing_file() -> None:
    with pytest.raises(exceptions.ConfigFileNotFound):
        KameleoonClientFactory.create("nowhere", config_path="/does/not/exist.yaml")
    with pytest.raises(exceptions.ConfigFileNotFound):
        KameleoonClientConfig.read_from_yaml("/does/not/exist.yaml")


def test_the_environment_fills_what_the_file_leaves_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, log: object
) -> None:
    monkeypatch.setenv("KAMELEOON_CLIENT_SECRET", "from-environment")
    monkeypatch.setenv("KAMELEOON_CLIENT_ID", "unused")
    monkeypatch.setenv("KAMELEOON_SESSION_DURATION_MINUTE", "2.5")
    monkeypatch.setenv("KAMELEOON_REFRESH_INTERVAL_MINUTE", "soon")
    config = KameleoonClientConfig.read_from_yaml(write(tmp_path, "client_id: file\n"))
    assert (config.client_id, config.client_secret, config.session_duration_second) == ("file", "from-environment", 150)
    assert "KAMELEOON_REFRESH_INTERVAL_MINUTE" in log


def test_cookies_by_file_and_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, log: object) -> None:
    monkeypatch.setenv("KAMELEOON_COOKIE_SECURE", "true")
    monkeypatch.setenv("KAMELEOON_COOKIE_MAX_AGE_SECOND", "3600")
    monkeypatch.setenv("KAMELEOON_SIMULATION_COOKIE", "perhaps")
    text = "client_id: i\nclient_secret: s\ncookie_same_site: None\ncookie_path: /a\ncookie_max_age_second: 60\n"
    config = KameleoonClientConfig.read_from_yaml(write(tmp_path, text))
    assert (config.cookie_secure, config.cookie_same_site, config.cookie_path) == (True, "None", "/a")
    assert (config.cookie_max_age_second, config.simulation_cookie) == (60, True)
    assert "KAMELEOON_SIMULATION_COOKIE" in log
    monkeypatch.setenv("KAMELEOON_SIMULATION_COOKIE", "0")
    assert KameleoonClientConfig.read_from_yaml(write(tmp_path, text)).simulation_cookie is False


@pytest.mark.parametrize("endpoint", ["localhost:80", "http://h/path", "ftp://h", "http://"])
def test_an_endpoint_is_an_origin(endpoint: str) -> None:
    with pytest.raises(exceptions.ConfigException):
        KameleoonClientConfig("id", "secret", endpoint=endpoint)


def test_the_default_data_file_may_be_a_path_bytes_or_a_mapping(tmp_path: Path) -> None:
    path = tmp_path / "data.json"
    path.write_text(json.dumps(data_file(flag())))
    for source in (path, str(path), path.read_bytes(), data_file(flag())):
        with KameleoonClient("site", KameleoonClientConfig.offline(source)) as client:
            assert client.is_ready()
            assert client.wait_init(0)
            assert client.is_feature_active("v", "flag")


@pytest.mark.parametrize("source", ["/does/not/exist.json", 5, b"{", b"", b"[]", b"null", {"a": object()}])
def test_a_default_data_file_that_cannot_be_used_is_a_clear_error(source: object) -> None:
    with pytest.raises(exceptions.ConfigException, match="default data file"):
        KameleoonClient("site", KameleoonClientConfig.offline(source))
