"""The data that a visitor may be given on the page of the local platform: which kinds, with which fields, and reading
them. Whatever is wrong with them is a ``FormMistake``, which says where.

>>> read_row({"kind": "Device", "device": "PHONE"}, 0, {})
Device(<DeviceType.PHONE: 'PHONE'>)
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NamedTuple, Union

from kameleoon import data as kinds
from kameleoon._mistakes import did_you_mean
from kameleoon.testing.data_file_reading import identifier, mapping, mappings

_MOST_ROWS = 50
"""Of what events tell: the latest ones."""
__all__ = ["ForcedVariation", "FormMistake", "kinds_to_json", "read_row", "required_text", "rows_of_events"]


class FormMistake(ValueError):
    """What was entered cannot be read: in which ``row`` (from 0; ``None``: in none of them) and which ``field``."""

    def __init__(self, message: str, row: int | None, field: str) -> None:
        super().__init__(message)
        self.row = row
        self.field = field


class ForcedVariation(NamedTuple):
    """No datum, but entered like one: a variation (its key) that is forced for an experiment (its id)."""

    experiment: int
    variation: str
    is_targeted: bool


Row = Union[kinds.Data, ForcedVariation]
"""What a row of the form is read as."""


@dataclass(frozen=True)
class _Field:
    """``type``: text, lines (texts, one a line), integer, number, switch or choice."""

    name: str
    label: str
    type: str = "text"
    is_required: bool = False
    choices: tuple[str, ...] = ()
    example: str = ""


@dataclass(frozen=True)
class _Kind:
    label: str
    fields: tuple[_Field, ...]
    make: Callable[[dict[str, Any]], Row]


def kinds_to_json(data_file: dict[str, Any]) -> list[dict[str, Any]]:
    """The kinds with their fields, for a form to be made of; ``suggestions`` are of the data file.

    >>> [field["name"] for field in kinds_to_json({})[1]["fields"]]
    ['device']
    """
    names = list(_custom_data(data_file))
    return [
        {
            "name": name,
            "label": kind.label,
            "fields": [
                {
                    "name": field.name,
                    "label": field.label,
                    "type": field.type,
                    "required": field.is_required,
                    "choices": list(field.choices),
                    "example": field.example,
                    "suggestions": names if field.name == "datum" else [],
                }
                for field in kind.fields
            ],
        }
        for name, kind in _KINDS.items()
    ]


def read_row(row: Any, number: int, data_file: dict[str, Any]) -> Row:
    """The datum of a row, ``{"kind": …}`` and its fields; ``number`` is the row's, from 0. Raises ``FormMistake``.

    >>> read_row({"kind": "Conversion", "goal": "five"}, 0, {})
    Traceback (most recent call last):
    kameleoon.testing.visitor_form.FormMistake: goal: expected an integer, such as 5, got 'five'
    """
    if not isinstance(row, dict):
        raise FormMistake(f"expected a kind with its fields, got {row!r}", number, "kind")
    kind = _KINDS.get(row["kind"]) if isinstance(row.get("kind"), str) else None
    if kind is None:
        near = did_you_mean(str(row.get("kind")), _KINDS)
        raise FormMistake(f"there is no kind of data {row.get('kind')!r}{near}", number, "kind")
    values = {field.name: _read(field, row.get(field.name), number) for field in kind.fields}
    if "datum" in values:
        values["datum"] = _custom_datum(values["datum"], number, data_file)
    try:
        return kind.make(values)
    except (TypeError, ValueError, OverflowError) as error:
        raise FormMistake(f"{kind.label}: {error}", number, kind.fields[0].name) from error


def required_text(value: Any, label: str, row: int | None, field: str) -> str:
    """A text that is not empty. Raises ``FormMistake``.

    >>> required_text("alice", "visitor code", None, "visitor")
    'alice'
    """
    if not isinstance(value, str) or not value:
        got = "nothing" if value in (None, "") else repr(value)
        raise FormMistake(f"{label}: expected a text, got {got}", row, field)
    return value


def _read(field: _Field, value: Any, row: int) -> Any:
    """The value of a field, ``None`` where it may be empty and is."""
    if value is None or value in ("", []):
        if field.is_required:
            example = f", such as {field.example}" if field.example else ""
            raise FormMistake(f"{field.label}: it is needed{example}", row, field.name)
        return False if field.type == "switch" else [] if field.type == "lines" else None
    read = _READERS[field.type](field, value)
    if read is None:
        raise FormMistake(f"{field.label}: expected {_expected(field)}, got {value!r}", row, field.name)
    return read


def _expected(field: _Field) -> str:
    names = {"lines": "texts", "integer": "an integer", "number": "a number", "switch": "true or false"}
    what = f"one of {', '.join(field.choices)}" if field.choices else names.get(field.type, "a text")
    return f"{what}, such as {field.example}" if field.example and not field.choices else what


def _text(_: _Field, value: Any) -> str | None:
    return value if isinstance(value, str) else None


def _lines(_: _Field, value: Any) -> list[str] | None:
    lines = value.split("\n") if isinstance(value, str) else value
    is_texts = isinstance(lines, list) and all(isinstance(line, str) for line in lines)
    return [line for line in lines if line] if is_texts else None


def _integer(_: _Field, value: Any) -> int | None:
    if isinstance(value, str):
        text = value.strip()
        return identifier(text[1:]) and -int(text[1:]) if text.startswith("-") else identifier(text)
    return identifier(value)


def _number(_: _Field, value: Any) -> float | None:
    if isinstance(value, bool):
        return None
    try:
        number = float(value)
    except (TypeError, ValueError, OverflowError):
        return None
    return number if math.isfinite(number) else None


def _switch(_: _Field, value: Any) -> bool | None:
    return value if isinstance(value, bool) else None


def _choice(field: _Field, value: Any) -> str | None:
    return value if isinstance(value, str) and value in field.choices else None


_READERS: dict[str, Callable[[_Field, Any], Any]] = {
    "text": _text,
    "lines": _lines,
    "integer": _integer,
    "number": _number,
    "switch": _switch,
    "choice": _choice,
}


def _custom_data(data_file: dict[str, Any]) -> dict[str, int]:
    """The indices of custom data by name."""
    entries = mappings(data_file.get("customData"))
    named = {entry["name"]: identifier(entry.get("index")) for entry in entries if isinstance(entry.get("name"), str)}
    return {name: index for name, index in named.items() if index is not None}


def _custom_datum(text: str, row: int, data_file: dict[str, Any]) -> int:
    """The index of a custom datum that is given by name or index."""
    known = _custom_data(data_file)
    if text in known:
        return known[text]
    index = identifier(text.strip())
    if index is None:
        near = did_you_mean(text, known)
        listed = f"it has {', '.join(known)}" if known else "it has none with a name"
        hint = near or f"; {listed}"
        raise FormMistake(f"the data file has no custom datum {text!r}{hint}; an index does as well", row, "datum")
    return index


def _cookie(values: dict[str, Any]) -> kinds.Data:
    pairs = [line.partition("=") for line in values["cookies"]]
    for name, equals, _ in pairs:
        if not equals:
            raise ValueError(f"expected name=value on each line, got {name!r}")
    return kinds.Cookie({name.strip(): value for name, _, value in pairs})


def _custom(values: dict[str, Any]) -> kinds.Data:
    return kinds.CustomData(values["datum"], *values["values"])


def _geolocation(values: dict[str, Any]) -> kinds.Data:
    return kinds.Geolocation(values["country"], values["region"], values["city"])


def _conversion(values: dict[str, Any]) -> kinds.Data:
    return kinds.Conversion(values["goal"], values["revenue"] or 0.0, values["negative"])


_DATUM = _Field("datum", "name or index", is_required=True, example="plan")
_VALUES = _Field("values", "values, one a line", "lines", example="gold")
_KINDS = {
    "CustomData": _Kind("Custom data", (_DATUM, _VALUES), _custom),
    "Device": _Kind(
        "Device",
        (_Field("device", "device", "choice", True, tuple(kinds.DeviceType.__members__)),),
        lambda values: kinds.Device(kinds.DeviceType[values["device"]]),
    ),
    "Browser": _Kind(
        "Browser",
        (
            _Field("browser", "browser", "choice", True, tuple(kinds.BrowserType.__members__)),
            _Field("version", "version", "number", example="121.0"),
        ),
        lambda values: kinds.Browser(kinds.BrowserType[values["browser"]], values["version"]),
    ),
    "OperatingSystem": _Kind(
        "Operating system",
        (_Field("os", "operating system", "choice", True, tuple(kinds.OperatingSystemType.__members__)),),
        lambda values: kinds.OperatingSystem(kinds.OperatingSystemType[values["os"]]),
    ),
    "Geolocation": _Kind(
        "Geolocation",
        (
            _Field("country", "country", is_required=True, example="France"),
            _Field("region", "region", example="Île-de-France"),
            _Field("city", "city", example="Paris"),
        ),
        _geolocation,
    ),
    "PageView": _Kind(
        "Page view",
        (
            _Field("url", "address", is_required=True, example="https://shop.example/cart"),
            _Field("title", "title", example="Cart"),
        ),
        lambda values: kinds.PageView(values["url"], values["title"]),
    ),
    "Conversion": _Kind(
        "Conversion",
        (
            _Field("goal", "goal", "integer", True, example="5"),
            _Field("revenue", "revenue", "number", example="49.9"),
            _Field("negative", "negative", "switch"),
        ),
        _conversion,
    ),
    "Cookie": _Kind(
        "Cookies", (_Field("cookies", "name=value, one a line", "lines", True, example="theme=dark"),), _cookie
    ),
    "ApplicationVersion": _Kind(
        "Application version",
        (_Field("version", "version", is_required=True, example="3.4.1"),),
        lambda values: kinds.ApplicationVersion(values["version"]),
    ),
    "UserAgent": _Kind(
        "User agent",
        (_Field("value", "user agent", is_required=True, example="Mozilla/5.0"),),
        lambda values: kinds.UserAgent(values["value"]),
    ),
    "UniqueIdentifier": _Kind(
        "Unique identifier",
        (_Field("value", "the visitor code is one", "switch"),),
        lambda values: kinds.UniqueIdentifier(values["value"]),
    ),
    "ForcedVariation": _Kind(
        "Forced variation",
        (
            _Field("experiment", "experiment", "integer", True, example="11"),
            _Field("variation", "variation's key", is_required=True, example="on"),
            _Field("targeted", "also where the rule does not target", "switch"),
        ),
        lambda values: ForcedVariation(values["experiment"], values["variation"], values["targeted"]),
    ),
}


def rows_of_events(events: list[dict[str, str]], data_file: dict[str, Any]) -> list[dict[str, Any]]:
    """The rows that would give a visitor what its events (decoded parameters, in their order) tell of it.

    >>> rows_of_events([{"eventType": "staticData", "deviceType": "PHONE"}], {})
    [{'kind': 'Device', 'device': 'PHONE'}]
    """
    names = {str(index): name for name, index in _custom_data(data_file).items()}
    rows: dict[tuple[str, str], dict[str, Any]] = {}  # the later one of a kind, or of an index, counts
    for event in events:
        for identity, row in _rows_of_event(event):
            if "datum" in row:
                row["datum"] = names.get(row["datum"], row["datum"])
            rows.pop((row["kind"], identity), None)
            rows[row["kind"], identity] = row
    return list(rows.values())[-_MOST_ROWS:]


def _rows_of_event(event: dict[str, str]) -> list[tuple[str, dict[str, Any]]]:
    """The rows of an event, each with what tells it from others of its kind."""
    kind = event.get("eventType")
    if kind == "customData":
        index = event.get("index", "")
        return [(index, {"kind": "CustomData", "datum": index, "values": _values(event)})]
    if kind == "page":
        row = {"kind": "PageView", "url": event.get("href", ""), "title": event.get("title", "")}
        return [(row["url"], row)]
    if kind == "geolocation":
        parts: dict[str, Any] = {name: event[name] for name in ("country", "region", "city") if name in event}
        return [("", {"kind": "Geolocation", **parts})]
    if kind == "conversion":
        row = {"kind": "Conversion", "goal": event.get("goalId", ""), "revenue": event.get("revenue", "")}
        return [(event.get("nonce", ""), {**row, "negative": event.get("negative") == "true"})]
    return [("", row) for row in _static_rows(event)] if kind == "staticData" else []


def _static_rows(event: dict[str, str]) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = []
    browser = identifier(event.get("browserIndex"))
    if browser in [kind.value for kind in kinds.BrowserType]:
        name = kinds.BrowserType(browser).name
        rows.append({"kind": "Browser", "browser": name, "version": event.get("browserVersion", "")})
    if event.get("deviceType") in kinds.DeviceType.__members__:
        rows.append({"kind": "Device", "device": event["deviceType"]})
    if event.get("os") in kinds.OperatingSystemType.__members__:
        rows.append({"kind": "OperatingSystem", "os": event["os"]})
    return rows


def _values(event: dict[str, str]) -> list[str]:
    try:
        return list(mapping(json.loads(event.get("valuesCountMap", "{}"))))
    except (ValueError, RecursionError):
        return []
