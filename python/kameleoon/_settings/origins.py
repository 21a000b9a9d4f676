"""The settings that a client of this process would have, and where each of them comes from: for the command line.

A path or ``None``, and what the command line says, come in; the settings, a line for each parameter, and what was said
while they were read go out. Places are looked at as ``KameleoonClientFactory.create`` does it (docs/configuration.md).
"""

from __future__ import annotations

import logging
import os
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from kameleoon._mistakes import did_you_mean
from kameleoon._settings.defaults import DEFAULT_CONFIGURATION_PATH
from kameleoon._settings.kinds import Credential, Number
from kameleoon._settings.sources import environment_values, read_yaml
from kameleoon._settings.table import Row, Settings, rows

__all__ = ["Given", "GivenSettings", "given_settings", "without_secrets"]

_PREFIX = "KAMELEOON_"
_LOGGER = "Kameleoon SDK"
_HIDDEN = "****"


@dataclass(frozen=True)
class Given:
    """One parameter: its name, its value as it may be shown, and where that comes from."""

    parameter: str
    value: str
    origin: str


@dataclass(frozen=True)
class GivenSettings:
    """``settings``, each parameter (``given``), the place that they were read from, and ``remarks``: what the log says
    of them, and which variables do not count.
    """

    settings: Settings
    given: list[Given]
    place: str
    remarks: list[str]


def given_settings(path: str | None, options: Mapping[str, Any]) -> GivenSettings:
    """The settings in the file at ``path``; without one, in the file at the default path, or in the process
    environment. ``options``: parameters that the command line gives; those that are ``None`` it does not.

    Raises ``ConfigFileNotFound``, ``ConfigException``, ``ConfigCredentialsInvalid``.
    """
    said = {parameter: value for parameter, value in options.items() if value is not None}
    remarks: list[str] = []
    with _log_lines(remarks):
        values, place, origins = _read(path)
        values.update(said)
        origins.update({parameter: f"argument --{parameter.replace('_', '-')}" for parameter in said})
        settings = Settings.of(values)
        given = [
            Given(row.parameter, _shown(row, _used(row, values)), origins.get(row.parameter, "default"))
            for row in rows().values()
            if row.environment_variable is not None
        ]
    remarks += _stray_variables(counts="environment" in place)
    return GivenSettings(settings, given, place, [without_secrets(line) for line in dict.fromkeys(remarks)])


def without_secrets(text: str) -> str:
    """``text`` without the credentials of the addresses in it.

    >>> without_secrets("http://user:password@proxy.example:3128")
    'http://****@proxy.example:3128'
    """
    return re.sub(r"//[^/@\s]+@", f"//{_HIDDEN}@", text)


def _read(path: str | None) -> tuple[dict[str, Any], str, dict[str, str]]:
    """The values by parameter, the place that they are from, and the origin of each."""
    if path is None and os.path.exists(DEFAULT_CONFIGURATION_PATH):
        path = DEFAULT_CONFIGURATION_PATH
    if path is not None:
        values = read_yaml(path)
        return values, f"the file {path}", dict.fromkeys(values, f"file {path}")
    values = environment_values()
    return values, "the process environment", {parameter: f"variable {_variable(parameter)}" for parameter in values}


def _used(row: Row, values: Mapping[str, Any]) -> Any:
    """The value in the parameter's unit; where the one that is given cannot be used, what is used instead. Of what is
    made of a value, such as a store of its address, the value.
    """
    if row.parameter not in values:
        return row.default
    used = row.kind.checked(row.parameter, values[row.parameter], row.default)
    return used if used is None or isinstance(used, (str, int, float)) else values[row.parameter]


def _shown(row: Row, value: Any) -> str:
    if value is None or value == "":
        return "-"
    if isinstance(row.kind, Credential):
        return _HIDDEN
    if isinstance(value, bool):
        return str(value).lower()
    unit = f" {row.kind.unit}" if isinstance(row.kind, Number) else ""
    shown = f"{value:,.10g}" if isinstance(value, float) else f"{value:,}" if isinstance(value, int) else str(value)
    return without_secrets(shown) + unit


def _variable(parameter: str) -> str:
    return f"{_PREFIX}{parameter.upper()}"


def _stray_variables(*, counts: bool) -> Iterator[str]:
    """Variables of the process environment that somebody may have set in vain."""
    known = [row.environment_variable for row in rows().values() if row.environment_variable is not None]
    for name in sorted(os.environ):
        if name in known and os.environ[name] and not counts:
            yield f"environment variable {name} is set and does not count, since a file is read"
        elif name.startswith(_PREFIX) and name not in known and (near := did_you_mean(name, known)):
            yield f"environment variable {name} is not known{near}"


@contextmanager
def _log_lines(lines: list[str]) -> Iterator[None]:
    """Adds what is logged meanwhile."""
    handler = _Collecting(lines)
    logger = logging.getLogger(_LOGGER)
    logger.addHandler(handler)
    try:
        yield
    finally:
        logger.removeHandler(handler)


class _Collecting(logging.Handler):
    def __init__(self, lines: list[str]) -> None:
        super().__init__(logging.WARNING)
        self._lines = lines

    def emit(self, record: logging.LogRecord) -> None:
        """Without the head of the line: the package, the level, and that it is of the configuration."""
        self._lines.append(record.getMessage().partition("]: ")[2].removeprefix("config: "))
