"""The table of the settings: constructor, file, environment and documentation have the parameters that it has."""

from __future__ import annotations

import copy
import inspect
import math
import pickle
import runpy
import typing
from pathlib import Path
from typing import Any

import pytest
import yaml

from kameleoon import KameleoonClientConfig, exceptions
from kameleoon._settings.sources import read_environment, read_yaml
from kameleoon._settings.table import Row, Settings, rows

ROOT = Path(__file__).parents[2]
CREDENTIALS = {"client_id": "id", "client_secret": "secret"}
SAMPLES: dict[str, Any] = {
    "client_id": "another",
    "client_secret": "another",
    "refresh_interval_minute": 7,
    "session_duration_minute": 7,
    "default_timeout_millisecond": 700,
    "environment": "staging",
    "top_level_domain": "example.com",
    "multi_threading": True,
    "tracking_interval_millisecond": 1700,
    "network_domain": "example.com",
    "endpoint": "http://localhost:1",
    "default_data_file": "data.json",
    "data_source": "latest.json",
    "data_file_cache": "/var/cache/shop",
    "data_file_store": "redis://localhost:1/0",
    "spool": "/var/spool/shop",
    "spool_maximum_size": 7,
    "close_timeout_second": 0.7,
    "visitor_data_maximum_size": 7,
    "cookie_secure": True,
    "cookie_same_site": "Strict",
    "cookie_path": "/seven",
    "cookie_max_age_second": 7,
    "simulation_cookie": False,
}
"""For each parameter that a file may give, a value that is not its default."""


@pytest.fixture(autouse=True)
def redis(request: pytest.FixtureRequest) -> None:
    """What a store's address needs, which is an extra."""
    parameter = getattr(request.node, "callspec", None) and request.node.callspec.params.get("parameter")
    if parameter == "data_file_store" or "shows_each_setting" in request.node.name:
        pytest.importorskip("redis")


def table() -> dict[str, Row]:
    return {row.parameter: row for row in rows().values()}


def in_files() -> list[str]:
    return [name for name, row in table().items() if row.kind.file_types]


def field_of(parameter: str) -> str:
    return next(name for name, row in rows().items() if row.parameter == parameter)


def test_the_samples_are_of_all_parameters_that_a_file_may_give() -> None:
    assert in_files() == list(SAMPLES)
    assert set(table()) - set(SAMPLES) == {"logger"}


def test_the_constructor_has_the_parameters_and_defaults_of_the_table() -> None:
    signature = list(inspect.signature(KameleoonClientConfig).parameters.values())
    assert [parameter.name for parameter in signature] == list(table())
    for parameter in signature[2:]:
        assert parameter.default == table()[parameter.name].default, parameter.name
        assert type(parameter.default) is type(table()[parameter.name].default)
    for parameter in list(inspect.signature(KameleoonClientConfig.offline).parameters.values())[1:]:
        assert parameter.default == table()[parameter.name].default, parameter.name


def test_the_configuration_shows_each_setting() -> None:
    config = KameleoonClientConfig(**SAMPLES)
    for name in [*rows(), "is_offline"]:
        assert getattr(config, name) == getattr(config.settings, name)
        assert inspect.getdoc(getattr(KameleoonClientConfig, name))


@pytest.mark.parametrize("parameter", list(SAMPLES))
def test_a_parameter_is_the_same_by_constructor_file_and_environment(parameter: str, tmp_path: Path, log: Any) -> None:
    value = SAMPLES[parameter]
    given = {**CREDENTIALS, parameter: value}
    expected = KameleoonClientConfig(**given).settings
    assert getattr(expected, field_of(parameter)) != getattr(Settings.of(CREDENTIALS), field_of(parameter))
    path = tmp_path / "client.yaml"
    path.write_text(yaml.safe_dump(given))
    assert KameleoonClientConfig.read_from_yaml(path).settings == expected
    text = {
        f"KAMELEOON_{name.upper()}": str(each).lower() if each is True else str(each) for name, each in given.items()
    }
    assert Settings.of(read_environment(text)) == expected


@pytest.mark.parametrize("parameter", list(SAMPLES))
def test_a_file_value_of_another_type_is_ignored_with_a_warning(parameter: str, tmp_path: Path, log: Any) -> None:
    path = tmp_path / "client.yaml"
    path.write_text(yaml.safe_dump({parameter: [1]}))
    assert read_yaml(path) == {}
    assert f"key '{parameter}' must be" in log


def test_the_program_alone_gives_a_logger(tmp_path: Path, log: Any) -> None:
    path = tmp_path / "client.yaml"
    path.write_text(yaml.safe_dump({"logger": "x"}))
    assert read_yaml(path) == {}
    assert table()["logger"].environment_variable is None


@pytest.mark.parametrize("parameter", [name for name, row in table().items() if hasattr(row.kind, "most")])
@pytest.mark.parametrize("value", [math.inf, -math.inf, math.nan, 1e300, -1, "5", None, True, [], "huge"])
def test_a_number_stays_in_its_bounds_whatever_is_given(parameter: str, value: Any, log: Any) -> None:
    row: Any = table()[parameter]
    value = 10**400 if value == "huge" else value  # beyond what a float can hold
    result = row.kind.checked(parameter, value, row.default)
    assert max(row.kind.least, row.kind.more_than) <= result <= row.kind.most
    assert result > row.kind.more_than
    assert row.kind.stored(result) >= 0
    assert parameter in log


def test_settings_are_immutable_and_copies_are_the_same() -> None:
    settings = Settings.of(CREDENTIALS)
    with pytest.raises(AttributeError):
        settings.environment = "other"  # type: ignore[misc]
    assert copy.copy(settings) == settings
    assert copy.deepcopy(settings) is settings
    assert settings.changed("environment", "other").environment == "other"
    assert settings.environment is None


def test_settings_hold_no_secret_for_a_pickle_or_a_log(log: Any) -> None:
    settings = Settings.of({"client_id": "client-0123456789", "client_secret": "secret-0123456789"})
    assert "0123456789" not in repr(settings)
    with pytest.raises(TypeError, match="hint: "):
        pickle.dumps(settings)
    offline = KameleoonClientConfig.offline(b"{}").settings
    assert pickle.loads(pickle.dumps(offline)) == offline


@pytest.mark.parametrize("missing", list(CREDENTIALS))
def test_the_environment_must_hold_the_credentials(missing: str) -> None:
    variables = {f"KAMELEOON_{name.upper()}": value for name, value in CREDENTIALS.items() if name != missing}
    with pytest.raises(exceptions.ConfigCredentialsInvalid, match=f"KAMELEOON_{missing.upper()} is not set"):
        read_environment(variables)


def test_the_documentation_is_the_table() -> None:
    page = runpy.run_path(str(ROOT / "docs" / "write_configuration.py"))["page"]()
    assert (ROOT / "docs" / "configuration.md").read_text(encoding="utf-8") == page, "run: make docs"
    for parameter, row in table().items():
        assert f"| `{parameter}` |" in page
        assert row.meaning in page


def test_the_public_callables_have_types() -> None:
    for name, member in inspect.getmembers(KameleoonClientConfig, callable):
        if not name.startswith("_"):
            assert "return" in typing.get_type_hints(member), name
