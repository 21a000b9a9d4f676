"""From an evaluation context to what Kameleoon holds of a visitor (docs/openfeature.md#context)."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

from kameleoon.data import (
    ApplicationVersion,
    Browser,
    BrowserType,
    Conversion,
    Cookie,
    CustomData,
    Data,
    Device,
    DeviceType,
    Geolocation,
    OperatingSystem,
    OperatingSystemType,
    PageView,
    UniqueIdentifier,
    UserAgent,
)
from kameleoon.logging.kameleoon_logger import KameleoonLogger

__all__ = ["KIND_NAMES", "VARIABLE_KEY", "conversion_of", "datum_of", "has_parts"]

VARIABLE_KEY = "variableKey"
"""The attribute that names the variable whose value is wanted: no datum."""


def has_parts(name: str, value: Any) -> bool:
    """Whether an attribute's value is a list, each part of which stands for a datum of its own."""
    return name in _REPEATED and isinstance(value, (list, tuple))


def datum_of(name: str, part: Any) -> Data | None:
    """The datum that a part of an attribute's value stands for. One that cannot be read is logged, and is none."""
    read = _KINDS.get(name)
    try:
        return CustomData(name, *_texts(part)) if read is None else read(part)
    except Exception as error:  # noqa: BLE001  # any object may come in a context, and the evaluation goes on
        reason = f"{error.args[0]!r} is missing" if isinstance(error, KeyError) and error.args else str(error)
        KameleoonLogger.warning(
            "OpenFeature: the attribute %r of the evaluation context is ignored: %s. hint: it is such as %s",
            name,
            reason,
            _EXAMPLES.get(name, '"gold" or ["a", "b"]'),
        )
        return None


def conversion_of(event: str, value: float | None, attributes: Mapping[str, Any]) -> Conversion:
    """The conversion that a tracking event stands for. Raises ``ValueError`` where it names no goal, and this or
    ``TypeError`` or ``KeyError`` where the rest cannot be read.
    """
    revenue = attributes.get("revenue", value)
    return _conversion({**attributes, "goalId": attributes.get("goalId", event), "revenue": revenue})


def _fields(value: Any) -> Mapping[str, Any]:
    if not isinstance(value, Mapping):
        raise TypeError(f"expected an object, got {value!r}")
    return value


def _member(kind: Any, value: Any) -> Any:
    """A member of an enumeration, by its name in any case: ``phone``, ``PHONE``."""
    if isinstance(value, kind):
        return value
    try:
        return kind[str(value).strip().upper().replace(" ", "_")]
    except KeyError:
        known = ", ".join(member.name for member in kind)
        raise ValueError(f"{value!r} is none of {known}") from None


def _texts(value: Any) -> list[str]:
    """A custom datum's values: truths as JSON has them, moments in ISO 8601, objects as JSON."""
    if isinstance(value, Sequence) and not isinstance(value, (str, bytes)):
        return [text for each in value for text in _texts(each)]
    if isinstance(value, str):
        return [value]
    if isinstance(value, datetime):
        return [value.isoformat()]
    return [json.dumps(value, ensure_ascii=False, default=str)]


def _custom_data(value: Any) -> CustomData:
    fields = _fields(value)
    which = fields["name"] if "name" in fields else _whole(fields["index"])
    values = _texts(fields["values"] if "values" in fields else fields["value"])
    return CustomData(which, *values, overwrite=bool(fields.get("overwrite", True)))


def _whole(index: Any) -> Any:
    """JSON of other programs may write 1 as 1.0."""
    return int(index) if isinstance(index, float) and index.is_integer() else index


def _goal_id(goal: Any) -> int:
    """7, "7" or 7.0."""
    goal = _whole(goal)
    if isinstance(goal, str) and goal.strip().isdecimal():
        return int(goal)
    if isinstance(goal, bool) or not isinstance(goal, int):
        raise ValueError(f"goal {goal!r} is no whole number")
    return goal


def _conversion(value: Any) -> Conversion:
    fields = _fields(value)
    metadata = fields.get("metadata") or []
    revenue = fields.get("revenue")
    if revenue is not None and (isinstance(revenue, bool) or not isinstance(revenue, (int, float))):
        raise TypeError(f"revenue {revenue!r} is no number")
    return Conversion(
        _goal_id(fields["goalId"]),
        0.0 if revenue is None else revenue,
        bool(fields.get("negative", False)),
        [_custom_data(each) for each in (metadata if isinstance(metadata, list) else [metadata])] or None,
    )


def _device(value: Any) -> Device:
    return Device(_member(DeviceType, value["type"] if isinstance(value, Mapping) else value))


def _browser(value: Any) -> Browser:
    if not isinstance(value, Mapping):
        return Browser(_member(BrowserType, value))
    version = value.get("version")
    return Browser(_member(BrowserType, value["type"]), None if version is None else float(version))


def _operating_system(value: Any) -> OperatingSystem:
    return OperatingSystem(_member(OperatingSystemType, value["type"] if isinstance(value, Mapping) else value))


def _geolocation(value: Any) -> Geolocation:
    if isinstance(value, str):
        return Geolocation(value)
    names = ("country", "region", "city", "postalCode", "latitude", "longitude")
    return Geolocation(*(_fields(value).get(name) for name in names))


def _page_view(value: Any) -> PageView:
    if isinstance(value, str):
        return PageView(value)
    return PageView(_fields(value)["url"], value.get("title"), value.get("referrers"))


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError(f"expected text, got {value!r}")
    return value


def _unique_identifier(value: Any) -> UniqueIdentifier:
    if not isinstance(value, bool):
        raise TypeError(f"expected true or false, got {value!r}")
    return UniqueIdentifier(value)


_KINDS: dict[str, Callable[[Any], Data]] = {
    "customData": _custom_data,
    "conversion": _conversion,
    "device": _device,
    "browser": _browser,
    "operatingSystem": _operating_system,
    "geolocation": _geolocation,
    "pageView": _page_view,
    "userAgent": lambda value: UserAgent(_text(value)),
    "applicationVersion": lambda value: ApplicationVersion(_text(value)),
    "cookie": lambda value: Cookie(_fields(value)),
    "uniqueIdentifier": _unique_identifier,
}
KIND_NAMES = frozenset(_KINDS)
"""The attributes that are data of a kind, whatever the data file has."""
_REPEATED = frozenset(("customData", "conversion", "pageView"))
"""Of these a context may have several, as a list."""
_EXAMPLES = {
    "customData": '{"index": 1, "values": ["gold"]}',
    "conversion": '{"goalId": 7, "revenue": 49.9}',
    "device": '"PHONE"',
    "browser": '{"type": "CHROME", "version": 126}',
    "operatingSystem": '"LINUX"',
    "geolocation": '{"country": "France", "city": "Paris"}',
    "pageView": '{"url": "https://example.com/", "title": "Home"}',
    "userAgent": '"Mozilla/5.0"',
    "applicationVersion": '"3.4.1"',
    "cookie": '{"name": "value"}',
    "uniqueIdentifier": "true",
}
