"""The configuration: parameters, YAML, environment."""

from __future__ import annotations

import json
import os
import pickle
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from kameleoon import KameleoonClientConfig, exceptions
from kameleoon.kameleoon_client import KameleoonClient
from kameleoon.logging.log_level import LogLevel
from tests.conftest import LogLines
from tests.data_files import data_file, flag


def write(tmp_path: Path, text: str) -> str:
    path = tmp_path / "client.yaml"
    path.write_text(text, encoding="utf-8")
    return str(path)


def about_configurations(log: LogLines) -> list[tuple[LogLevel, str]]:
    """Lines of the log; clients of other tests may still write others."""
    return [(level, line) for level, line in log.lines if "config:" in line]


def levels(log: LogLines) -> set[LogLevel]:
    return {level for level, _ in about_configurations(log)}


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
        ("http://example.com", "example.com"),
        ("not a domain", None),
        ("", None),
        (None, None),
        ("a.b-c.io", "a.b-c.io"),
        ("localhost", "localhost"),
        ("https://localhost", "localhost"),
        ("127.0.0.1", "127.0.0.1"),
        ("..example.com", "example.com"),
        ("example.com/", None),
        ("https://example.com/path", None),
        ("example.com:80", None),
        ("https://https://example.com", None),
        ("https://", None),
        ("a_b.com", None),
        ("-a.com", None),
        ("a", None),
        (5, None),
    ],
)
def test_network_domains(given: object, used: str | None, log: LogLines) -> None:
    assert KameleoonClientConfig("id", "secret", network_domain=given).network_domain == used
    is_refused = bool(given) and used is None
    assert ("network_domain" in log) == (is_refused or "://" in str(given))
    assert (LogLevel.ERROR in levels(log)) == (is_refused and given != 5)


@pytest.mark.parametrize(
    ("given", "used", "level"),
    [
        ("example.com", "example.com", None),
        ("Example.COM", "example.com", None),
        (".Example.com", ".example.com", None),
        ("localhost", "localhost", None),
        ("sub.example.co.uk", "sub.example.co.uk", None),
        ("https://Example.com", "example.com", LogLevel.WARNING),
        ("HTTP://localhost", "localhost", LogLevel.WARNING),
        ("https://example.com/path?q=1", "example.com/path?q=1", LogLevel.ERROR),
        ("example.com/", "example.com/", LogLevel.ERROR),
        ("example.com:8080", "example.com:8080", LogLevel.ERROR),
        ("No Domain", "no domain", LogLevel.ERROR),
        ("..example.com", "..example.com", LogLevel.ERROR),
        (".localhost", ".localhost", LogLevel.ERROR),
        ("example.com.", "example.com.", LogLevel.ERROR),
        ("https://", "", LogLevel.ERROR),
        ("", "", LogLevel.WARNING),
        (None, "", LogLevel.WARNING),
        (5, "", LogLevel.WARNING),
    ],
)
def test_top_level_domains(given: object, used: str, level: LogLevel | None, log: LogLines) -> None:
    config = KameleoonClientConfig("id", "secret", top_level_domain="a.io")
    assert levels(log) == set()
    config.set_top_level_domain(given)
    assert config.top_level_domain == used
    assert min(levels(log), default=None) == level
    assert ("top_level_domain" in log) == (level is not None)


def test_a_missing_top_level_domain_is_said_once_a_configuration_but_not_offline(tmp_path: Path, log: LogLines) -> None:
    KameleoonClientConfig("id", "secret")
    assert "top_level_domain" in log
    assert len(about_configurations(log)) == 1
    KameleoonClientConfig.read_from_yaml(write(tmp_path, "client_id: i\nclient_secret: s\n"))
    assert len(about_configurations(log)) == 2
    KameleoonClientConfig.offline({})
    assert len(about_configurations(log)) == 2


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


@pytest.mark.parametrize("text", ["", "client_id:\nclient_secret: s\n", "client_id: ''\n", "client_id: 0\n"])
def test_a_file_that_is_empty_or_has_an_empty_credential_lacks_it(text: str, tmp_path: Path) -> None:
    with pytest.raises(exceptions.ConfigCredentialsInvalid):
        KameleoonClientConfig.read_from_yaml(write(tmp_path, text))


def test_a_number_as_a_credential_is_text(tmp_path: Path) -> None:
    config = KameleoonClientConfig.read_from_yaml(write(tmp_path, "client_id: 123\nclient_secret: 4.5\n"))
    assert (config.client_id, config.client_secret) == ("123", "4.5")
    assert KameleoonClientConfig(123, "secret").client_id == "123"


def test_a_file_may_leave_the_secret_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KAMELEOON_CLIENT_SECRET", "from-environment")
    monkeypatch.setenv("KAMELEOON_SESSION_DURATION_MINUTE", "2.5")
    config = KameleoonClientConfig.read_from_yaml(write(tmp_path, "client_id: file\n"))
    assert (config.client_id, config.client_secret, config.session_duration_second) == ("file", "", 1800)


def test_the_environment_alone(monkeypatch: pytest.MonkeyPatch, log: LogLines) -> None:
    monkeypatch.setenv("KAMELEOON_CLIENT_ID", "id")
    with pytest.raises(exceptions.ConfigCredentialsInvalid, match="KAMELEOON_CLIENT_SECRET is not set"):
        KameleoonClientConfig.from_env()
    monkeypatch.setenv("KAMELEOON_CLIENT_SECRET", "secret")
    monkeypatch.setenv("KAMELEOON_ENVIRONMENT", "")
    monkeypatch.setenv("KAMELEOON_SESSION_DURATION_MINUTE", "2.5")
    monkeypatch.setenv("KAMELEOON_REFRESH_INTERVAL_MINUTE", "soon")
    monkeypatch.setenv("KAMELEOON_CLOSE_TIMEOUT_SECOND", "0.5")
    monkeypatch.setenv("KAMELEOON_COOKIE_SECURE", "True")
    monkeypatch.setenv("KAMELEOON_SIMULATION_COOKIE", "perhaps")
    config = KameleoonClientConfig.from_env()
    assert (config.client_id, config.client_secret, config.environment) == ("id", "secret", None)
    assert (config.session_duration_second, config.refresh_interval_second) == (150, 3600)
    assert (config.close_timeout_second, config.cookie_secure, config.simulation_cookie) == (0.5, True, True)
    assert "KAMELEOON_SIMULATION_COOKIE" in log
    assert "KAMELEOON_REFRESH_INTERVAL_MINUTE" in log
    monkeypatch.setenv("KAMELEOON_SIMULATION_COOKIE", "0")
    assert KameleoonClientConfig.from_env().simulation_cookie is False


def test_cookies_and_the_closing_by_file(tmp_path: Path) -> None:
    text = "client_id: i\nclient_secret: s\ncookie_same_site: None\ncookie_path: /a\ncookie_max_age_second: 60\n"
    text += "close_timeout_second: 0.5\n"
    config = KameleoonClientConfig.read_from_yaml(write(tmp_path, text))
    assert (config.cookie_secure, config.cookie_same_site, config.cookie_path) == (True, "None", "/a")
    assert (config.cookie_max_age_second, config.simulation_cookie, config.close_timeout_second) == (60, True, 0.5)


def test_the_setters_have_the_vendors_parameter_and_check_as_the_constructor_does(log: LogLines) -> None:
    config = KameleoonClientConfig("id", "secret", top_level_domain="example.com")
    config.set_refresh_interval_minute(value=2)
    config.set_session_duration_minute(value=-1)
    config.set_default_timeout_millisecond(value=250)
    config.set_tracking_interval_millisecond(value=9000)
    config.set_environment(value="staging")
    config.set_network_domain(value="https://example.org")
    config.set_logger(value="x")
    config.set_multi_threading(value=True)
    assert (config.refresh_interval_second, config.session_duration_second) == (120, 1800)
    assert (config.default_timeout_second, config.tracking_interval_second) == (0.25, 5)
    assert (config.environment, config.network_domain) == ("staging", "example.org")
    assert (config.logger, config.multi_threading) == ("x", True)
    for parameter in (
        "session_duration_minute",
        "tracking_interval",
        "network_domain",
        "'logger'",
        "'multi_threading'",
    ):
        assert parameter in log
    config.close_timeout_second, config.default_data_file = 0.5, b"{}"
    assert (config.close_timeout_second, config.default_data_file) == (0.5, b"{}")


@pytest.mark.parametrize("value", ["soon", None, float("nan"), True])
def test_a_closing_time_that_is_no_number_is_the_default_with_a_warning(value: object, log: LogLines) -> None:
    assert KameleoonClientConfig("id", "secret", close_timeout_second=value).close_timeout_second == 2.0
    assert "close_timeout_second" in log


def test_multi_threading_is_false_where_nobody_gives_it(log: LogLines) -> None:
    assert KameleoonClientConfig("id", "secret", top_level_domain="example.com").multi_threading is False
    assert about_configurations(log) == []


class OwnConfig(KameleoonClientConfig):
    """A program's own kind of configuration."""


def test_the_class_of_a_program_stays(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KAMELEOON_CLIENT_ID", "id")
    monkeypatch.setenv("KAMELEOON_CLIENT_SECRET", "secret")
    assert type(OwnConfig.from_env()) is OwnConfig
    assert type(OwnConfig.read_from_yaml(write(tmp_path, "client_id: i\nclient_secret: s\n"))) is OwnConfig
    offline = OwnConfig.offline({"featureFlags": []}, environment="staging")
    assert type(offline) is OwnConfig
    assert pickle.loads(pickle.dumps(offline)).environment == "staging"


@pytest.mark.parametrize("endpoint", ["localhost:80", "http://h/path", "ftp://h", "http://", 5])
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


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
def test_a_fork_while_another_thread_makes_the_first_configuration_hangs_nobody() -> None:
    program = """
    import os, sys, threading, time
    from kameleoon import KameleoonClientConfig

    begun = threading.Event()

    class Slow:
        def find_spec(self, name, path=None, target=None):
            if name == "kameleoon._settings.kinds":
                begun.set()
                time.sleep(0.3)

    sys.meta_path.insert(0, Slow())
    thread = threading.Thread(target=lambda: KameleoonClientConfig.offline(b"{}"))
    thread.start()
    assert begun.wait(10)
    pid = os.fork()
    if pid == 0:
        KameleoonClientConfig.offline(b"{}")
        os._exit(0)
    deadline = time.monotonic() + 20
    while os.waitpid(pid, os.WNOHANG)[0] == 0:
        if time.monotonic() > deadline:
            os.kill(pid, 9)
            sys.exit("the child hangs")
        time.sleep(0.01)
    thread.join()
    """
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", textwrap.dedent(program)],
        check=False,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
