"""The factory: what it makes a client with."""

from __future__ import annotations

import itertools
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from kameleoon import KameleoonClientConfig, KameleoonClientFactory, exceptions
from kameleoon.kameleoon_client import KameleoonClient
from kameleoon.kameleoon_client_config import DEFAULT_CONFIGURATION_PATH
from tests.conftest import LogLines
from tests.data_files import data_file, flag

_sites = itertools.count()
NOWHERE = "http://127.0.0.1:9"  # nobody listens there

pytestmark = pytest.mark.skipif(Path(DEFAULT_CONFIGURATION_PATH).exists(), reason="this machine has a configuration")


@pytest.fixture
def site() -> Iterator[str]:
    site = f"factory{next(_sites)}"
    yield site
    KameleoonClientFactory.forget(site)


@pytest.fixture
def credentials(monkeypatch: pytest.MonkeyPatch) -> None:
    """Credentials in the process environment."""
    monkeypatch.setenv("KAMELEOON_CLIENT_ID", "from-environment")
    monkeypatch.setenv("KAMELEOON_CLIENT_SECRET", "from-environment")
    monkeypatch.setenv("KAMELEOON_ENDPOINT", NOWHERE)
    monkeypatch.setenv("KAMELEOON_ENVIRONMENT", "from-environment")


def config(**options: Any) -> KameleoonClientConfig:
    return KameleoonClientConfig.offline(data_file(flag()), **options)


def about_configurations(log: LogLines) -> list[str]:
    """Lines of the log; clients of other tests may still write others."""
    return [line for _, line in log.lines if "config:" in line]


@pytest.mark.parametrize("path", ["/typo", Path("/typo"), "", "/does/not/exist.yaml"])
def test_a_path_that_is_given_and_does_not_exist_is_an_error_that_begins_with_it(
    path: str | Path, site: str, credentials: None
) -> None:
    with pytest.raises(exceptions.ConfigFileNotFound) as caught:
        KameleoonClientFactory.create(site, config_path=path)
    assert caught.value.message.startswith(f"Kameleoon error: {str(path)!r}: ")
    with pytest.raises(exceptions.ConfigFileNotFound) as caught:
        KameleoonClientConfig.read_from_yaml(path)
    assert caught.value.message.startswith(f"Kameleoon error: {str(path)!r}: ")


def test_the_default_path_is_read_where_none_is_given() -> None:
    with pytest.raises(exceptions.ConfigFileNotFound, match=f"^Kameleoon error: '{DEFAULT_CONFIGURATION_PATH}'"):
        KameleoonClientConfig.read_from_yaml()


def test_without_configuration_and_file_the_environment_is_asked(site: str, credentials: None) -> None:
    client = KameleoonClientFactory.create(site)
    assert "environment='from-environment'" in repr(client)


def test_nothing_at_all_is_an_error_that_says_what_would_help(site: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("KAMELEOON_CLIENT_ID", raising=False)
    with pytest.raises(exceptions.ConfigFileNotFound, match=f"'{DEFAULT_CONFIGURATION_PATH}'.* hint: "):
        KameleoonClientFactory.create(site)


def test_the_environment_does_not_fill_what_the_program_leaves_out(
    site: str, credentials: None, tmp_path: Path
) -> None:
    path = tmp_path / "client.yaml"
    path.write_text(f"client_id: id\nclient_secret: secret\nendpoint: {NOWHERE}\n")
    client = KameleoonClientFactory.create(site, config_path=str(path))
    assert "environment=None" in repr(client)


def test_another_configuration_for_a_site_that_has_a_client_is_said_once(site: str, log: LogLines) -> None:
    first = config(environment="staging")
    client = KameleoonClientFactory.create(site, first)
    for same in (first, config(environment="staging"), None):
        assert KameleoonClientFactory.create(site, same) is client
    assert "config:" not in log
    for _ in range(3):
        assert KameleoonClientFactory.create(site, config(environment="production")) is client
    assert len(about_configurations(log)) == 1
    assert repr(site) in log
    assert "environment='staging'" in repr(client)
    KameleoonClientFactory.forget(site)
    assert KameleoonClientFactory.create(site, config(environment="production")) is not client
    assert len(about_configurations(log)) == 1


def test_another_configuration_is_said_by_a_logger_that_asks_the_factory_itself(site: str, log: LogLines) -> None:
    client = KameleoonClientFactory.create(site, config())
    asked: list[KameleoonClient] = []

    class Asking(LogLines):
        def log(self, level: Any, message: str) -> None:
            thread = threading.Thread(target=lambda: asked.append(KameleoonClientFactory.create(site)))
            thread.start()
            thread.join(10)

    from kameleoon.logging.kameleoon_logger import KameleoonLogger

    KameleoonLogger.set_logger(Asking())
    KameleoonClientFactory.create(site, config(environment="production"))
    assert asked == [client]


def test_a_client_keeps_the_settings_that_it_was_made_with(site: str) -> None:
    given = config(environment="staging", top_level_domain="example.com")
    client = KameleoonClientFactory.create(site, given)
    given.set_environment("production")
    given.set_top_level_domain("example.org")
    given.close_timeout_second = 0.0
    cookies: dict[str, Any] = {}
    client.get_visitor_code(cookies=cookies)
    assert "Domain=example.com" in cookies["kameleoonVisitorCode"].OutputString()
    assert "environment='staging'" in repr(client)
