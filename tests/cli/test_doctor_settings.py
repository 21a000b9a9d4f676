"""``doctor`` and what is on this machine: settings with their origins, data files, the other distribution."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from kameleoon import KameleoonClient, KameleoonClientConfig, __version__
from kameleoon._settings.table import rows
from kameleoon.testing import Platform
from tests.cli.commands import run_command, shop, write_json
from tests.cli.examined import CREDENTIALS, GIVEN, doctor
from tests.cli.page_files import mistaken
from tests.integration.conftest import eventually
from tests.loopback import free_port

CLIENT = """\
client_id: client-0123456789
client_secret: secret-0123456789
top_level_domain: example.com
refresh_interval_minute: 10
simulation_cookie: false
"""


@pytest.fixture
def client_file(tmp_path: Path) -> str:
    (tmp_path / "client.yaml").write_text(CLIENT)
    return str(tmp_path / "client.yaml")


def test_every_parameter_that_a_file_can_give_is_shown_with_its_origin(client_file: str) -> None:
    found = doctor("--config", client_file, "--environment", "staging", env={})
    shown = [each["parameter"] for each in found.report["settings"]]
    assert shown == [row.parameter for row in rows().values() if row.environment_variable is not None]
    assert found.origin_of("client_secret") == ("****", f"file {client_file}")
    assert found.origin_of("refresh_interval_minute") == ("10 minutes", f"file {client_file}")
    assert found.origin_of("simulation_cookie") == ("false", f"file {client_file}")
    assert found.origin_of("environment") == ("staging", "argument --environment")
    assert found.origin_of("tracking_interval_millisecond") == ("1,000 milliseconds", "default")


def test_without_a_file_the_process_environment_counts() -> None:
    found = doctor(env={**GIVEN, "KAMELEOON_SESSION_DURATION_MINUTE": "45"})
    assert found.origin_of("session_duration_minute") == ("45 minutes", "variable KAMELEOON_SESSION_DURATION_MINUTE")
    assert found.of("settings", "ok")["details"]["given"] == 4


def test_variables_beside_a_file_do_not_count_and_that_is_said(client_file: str) -> None:
    found = doctor("--config", client_file, env={"KAMELEOON_ENVIRONMENT": "staging"})
    assert found.origin_of("environment") == ("-", "default")
    assert "KAMELEOON_ENVIRONMENT is set and does not count" in found.of("settings", "warning")["text"]


@pytest.mark.parametrize(
    ("name", "value", "said", "hint"),
    [
        ("KAMELEOON_ENVIRONMEN", "staging", "KAMELEOON_ENVIRONMEN is not known; did you mean", "configuration.md"),
        ("KAMELEOON_REFRESH_INTERVAL_MINUTE", "soon", "cannot be read; it is ignored", "configuration.md"),
        ("KAMELEOON_TRACKING_INTERVAL_MILLISECOND", "1", "is moved to 1000", "configuration.md"),
        ("KAMELEOON_TOP_LEVEL_DOMAIN", "", "not recognized across subdomains", "give the site's"),
    ],
)
def test_what_is_odd_about_the_settings_is_a_warning(name: str, value: str, said: str, hint: str) -> None:
    found = doctor(env={**GIVEN, name: value})
    warning = found.of("settings", "warning")
    assert said in warning["text"]
    assert hint in warning["hint"]
    assert found.status == 0


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (None, "there is no such configuration file"),
        ("client_id: [", "is no YAML"),
        ("client_id:\nclient_secret: x\n", "client_id is empty"),
        ("endpoint: shop.example\n", "endpoint must be like http://host:port"),
    ],
)
def test_settings_that_cannot_be_used_are_a_failure(tmp_path: Path, content: str | None, said: str) -> None:
    path = tmp_path / "client.yaml"
    if content is not None:
        path.write_text(content)
    found = doctor("--site-code", "shop", "--config", str(path), env={})
    assert found.status == 1
    assert said in found.of("settings")["text"]
    assert found.of("settings")["hint"]


def test_the_secret_is_not_in_the_text_either(client_file: str) -> None:
    shown = run_command("doctor", "--config", client_file).stdout
    assert "client_secret" in shown
    assert [secret for secret in CREDENTIALS.values() if secret in shown] == []


def test_data_files_that_the_settings_name_are_looked_at(tmp_path: Path) -> None:
    data = write_json(tmp_path / "data.json", shop())
    other = write_json(tmp_path / "other.json", mistaken())
    env = {**GIVEN, "KAMELEOON_DEFAULT_DATA_FILE": data, "KAMELEOON_DATA_SOURCE": other}
    found = doctor("--site-code", "shop", "--endpoint", f"http://127.0.0.1:{free_port()}", env=env)
    assert found.of("default_data_file")["verdict"] == "ok"
    assert "2 feature flags" in found.of("default_data_file")["text"]
    assert "written" in found.of("default_data_file")["text"]
    left_out = found.of("data_source")
    assert left_out["verdict"] == "warning"
    assert "datafile check" in left_out["hint"]
    assert len(left_out["details"]["left_out"]) == 1
    assert "not asked" in found.of("configuration")["text"]
    assert "event stream" not in found.verdicts


def test_a_data_file_that_is_not_there_or_is_none_is_a_failure(tmp_path: Path) -> None:
    (tmp_path / "page.html").write_text("<html>")
    env = {
        **GIVEN,
        "KAMELEOON_DEFAULT_DATA_FILE": str(tmp_path / "missing.json"),
        "KAMELEOON_DATA_SOURCE": str(tmp_path / "page.html"),
    }
    found = doctor(env=env)
    assert "No such file" in found.of("default_data_file")["text"]
    assert "cannot be used" in found.of("data_source")["text"]
    assert found.status == 1


@pytest.mark.long
def test_places_that_a_client_writes_to_are_looked_at(tmp_path: Path) -> None:
    cache, spool = tmp_path / "cache", tmp_path / "spool"
    env = {**GIVEN, "KAMELEOON_DATA_FILE_CACHE": str(cache), "KAMELEOON_SPOOL": str(spool)}
    with Platform(shop()) as platform:
        arguments = ("--site-code", "shop", "--endpoint", platform.origin)
        before = doctor(*arguments, env=env)
        config = KameleoonClientConfig("id", "secret", endpoint=platform.origin, data_file_cache=str(cache))
        with KameleoonClient("shop", config) as client:
            assert client.wait_init(10_000)
            eventually(lambda: list(cache.glob("*.json")))
        after = doctor(*arguments, env=env)
    assert "nothing is kept for 'shop/default' yet" in before.of("data_file_cache")["text"]
    assert "can be written" in before.of("spool")["text"]
    assert "2 feature flags" in after.of("data_file_cache")["text"]
    assert "found to be the latest" in after.of("data_file_cache")["text"]
    assert (before.status, after.status) == (0, 0)
    assert not spool.exists(), "looking makes nothing"


def test_a_place_that_cannot_be_written_is_a_failure(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    found = doctor(env={**GIVEN, "KAMELEOON_SPOOL": str(tmp_path / "file" / "spool")})
    assert "cannot be written" in found.of("spool")["text"]
    assert found.status == 1


def test_the_password_of_a_store_is_not_shown() -> None:
    pytest.importorskip("redis")
    env = {**GIVEN, "KAMELEOON_DATA_FILE_STORE": "redis://user:pa55word@cache.example:6379/0"}
    assert doctor(env=env).origin_of("data_file_store")[0] == "redis://****@cache.example:6379/0"


def other_distribution(folder: Path, requires: str) -> dict[str, str]:
    """The environment with metadata of the other distribution on Python's path."""
    metadata = folder / "kameleoon_client_python-3.22.2.dist-info"
    metadata.mkdir()
    (metadata / "METADATA").write_text(
        f"Metadata-Version: 2.1\nName: kameleoon-client-python\nVersion: 3.22.2\n{requires}"
    )
    return {**GIVEN, "PYTHONPATH": os.pathsep.join([os.environ.get("PYTHONPATH", ""), str(folder)])}


def test_the_other_distribution_beside_this_one_is_a_warning(tmp_path: Path) -> None:
    found = doctor(env=other_distribution(tmp_path, "Requires-Dist: requests\n"))
    assert found.of("installation")["verdict"] == "warning"
    assert "uninstall both" in found.of("installation")["hint"]


def test_an_empty_one_that_requires_this_one_is_none(tmp_path: Path) -> None:
    found = doctor(env=other_distribution(tmp_path, "Requires-Dist: kameleoon-rs\n"))
    assert found.of("installation")["verdict"] == "ok"


def test_versions_are_those_that_are_imported() -> None:
    found = doctor()
    assert found.of("installation")["details"]["version"] == __version__
    libraries = {name.lower() for name in found.of("versions")["details"]["libraries"]}
    assert {"requests", "urllib3", "pyyaml"} <= libraries
    assert "extensions" in found.of("hashing")["details"]
    assert "is_profile_guided" in found.of("build")["details"]


def test_text_and_data_say_the_same() -> None:
    text = run_command("doctor", env=GIVEN).stdout
    found = json.loads(run_command("doctor", "--json", env=GIVEN).stdout)
    for finding in found["findings"]:
        assert finding["text"] in text
        assert finding["hint"] is None or f"hint: {finding['hint']}\n" in text
