"""Where parameters come from when the program does not give them one by one: a YAML file, the process environment."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any

from kameleoon._imports import late_imports
from kameleoon._mistakes import did_you_mean
from kameleoon._settings.table import REQUIRED, Row, rows
from kameleoon.exceptions import ConfigCredentialsInvalid, ConfigException, ConfigFileNotFound
from kameleoon.logging.kameleoon_logger import KameleoonLogger


def read_yaml(path: str | os.PathLike[str]) -> dict[str, Any]:
    """The parameters in a YAML file, keys named as the parameters. A value of a wrong type is ignored with a warning.

    Raises ``ConfigFileNotFound``, ``ConfigException`` (which says where the file is wrong), and
    ``ConfigCredentialsInvalid`` for a file that holds nothing.
    """
    by_parameter = {row.parameter: row for row in rows().values() if row.kind.file_types}
    values: dict[str, Any] = {}
    for key, value in _load_yaml(path).items():
        row = by_parameter.get(key) if isinstance(key, str) else None
        if row is None:
            near = did_you_mean(key, by_parameter)
            KameleoonLogger.warning("config file %s: key %r is not known; it is ignored%s", path, key, near)
        elif _is_usable(row, value, path):
            values[row.parameter] = value
    return values


def read_environment(environment: Mapping[str, str] | None = None) -> dict[str, Any]:
    """The parameters in the process environment (or in ``environment``): ``KAMELEOON_CLIENT_ID``, ….

    Empty variables count as none; one that cannot be read is ignored with a warning. Raises
    ``ConfigCredentialsInvalid`` where the credentials are missing.
    """
    values = environment_values(environment)
    missing = [f"KAMELEOON_{parameter.upper()}" for parameter in REQUIRED if parameter not in values]
    if missing:
        raise ConfigCredentialsInvalid(f"environment variable {' and '.join(missing)} is not set")
    return values


def environment_values(environment: Mapping[str, str] | None = None) -> dict[str, Any]:
    """As ``read_environment``, whether the credentials are there or not."""
    variables = os.environ if environment is None else environment
    values: dict[str, Any] = {}
    for row in rows().values():
        name = row.environment_variable
        text = variables.get(name) if name else None
        if not text:
            continue
        try:
            values[row.parameter] = row.kind.from_text(text)
        except ValueError:
            KameleoonLogger.warning("environment variable %s cannot be read; it is ignored", name)
    return values


def has_credentials() -> bool:
    """Whether the process environment holds credentials."""
    return all(os.environ.get(f"KAMELEOON_{parameter.upper()}") for parameter in REQUIRED)


def _is_usable(row: Row, value: Any, path: object) -> bool:
    if value is None:
        return row.parameter in REQUIRED  # the check of the credentials says that they are empty
    types = row.kind.file_types
    if isinstance(value, types) and (bool in types or not isinstance(value, bool)):
        return True
    expected = " or ".join(kind.__name__ for kind in types)
    KameleoonLogger.warning("config file %s: key %r must be %s; it is ignored", path, row.parameter, expected)
    return False


def _load_yaml(path: str | os.PathLike[str]) -> dict[Any, Any]:
    with late_imports:
        import yaml  # here: a program may well read the environment alone

    shown = os.fspath(path)
    try:
        with open(path, encoding="utf-8") as file:
            loaded = yaml.safe_load(file)
    except FileNotFoundError as error:
        raise ConfigFileNotFound(
            f"{shown!r}: there is no such configuration file", hint="is the path right, and relative to where?"
        ) from error
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigException(f"config file {shown!r} cannot be read: {error}") from error
    except yaml.YAMLError as error:
        raise ConfigException(f"config file {shown!r} is no YAML: {error}") from error
    if loaded is None:
        raise ConfigCredentialsInvalid(f"config file {shown!r} is empty: it must hold client_id and client_secret")
    if not isinstance(loaded, dict):
        kind = type(loaded).__name__
        raise ConfigException(f"config file {shown!r} must hold a mapping at its top level, not {kind}")
    return loaded
