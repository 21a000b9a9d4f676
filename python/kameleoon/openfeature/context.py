"""From an evaluation context to what Kameleoon holds of a visitor (docs/openfeature.md#context)."""

from __future__ import annotations

import copy
import json
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Iterator, Mapping, Sequence
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

__all__ = ["VARIABLE_KEY", "GivenData", "conversions_of", "data_of"]

VARIABLE_KEY = "variableKey"
"""The attribute that names the variable whose value is wanted: no datum."""
_MOST_VISITORS = 10_000


def data_of(name: str, value: Any, is_custom_datum: Callable[[str], bool]) -> Iterator[Data]:
    """The data that an attribute of a context stands for. One that stands for none gives none; one that cannot be read
    is logged, and gives none.
    """
    read = _KINDS.get(name)
    if value is None or name == VARIABLE_KEY:
        return
    if read is None:
        if is_custom_datum(name):
            yield CustomData(name, *_texts(value))
        return
    for each in value if isinstance(value, list) and name in _REPEATED else [value]:
        try:
            yield read(each)
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            reason = f"{error.args[0]!r} is missing" if isinstance(error, KeyError) and error.args else str(error)
            KameleoonLogger.warning(
                "OpenFeature: the attribute %r of the evaluation context is ignored: %s. hint: it is such as %s",
                name,
                reason,
                _EXAMPLES[name],
            )


def conversions_of(event: str, value: float | None, attributes: Mapping[str, Any]) -> Conversion:
    """The conversion that a tracking event stands for. Raises ``ValueError`` where it names no goal."""
    goal = attributes.get("goalId", event)
    try:
        goal_id = int(goal)
    except (TypeError, ValueError):
        raise ValueError(f"goal {goal!r} is no whole number") from None
    revenue = attributes.get("revenue", value)
    return _conversion({**attributes, "goalId": goal_id, "revenue": revenue})


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


def _conversion(value: Any) -> Conversion:
    fields = _fields(value)
    metadata = fields.get("metadata") or []
    revenue = fields.get("revenue")
    if revenue is not None and (isinstance(revenue, bool) or not isinstance(revenue, (int, float))):
        raise TypeError(f"revenue {revenue!r} is no number")
    return Conversion(
        int(fields["goalId"]),
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


class GivenData:
    """Which attributes visitors were given last: they come with every evaluation, and would be sent with each.

    So many visitors are remembered, those that came last; what a client has forgotten, as its session was over, counts
    as not given. Threads may share it.
    """

    def __init__(self, session_seconds: float, most: int = _MOST_VISITORS) -> None:
        self._session_seconds = session_seconds
        self._most = most
        self._lock = threading.Lock()
        self._visitors: OrderedDict[str, tuple[float, dict[str, Any]]] = OrderedDict()

    def new_in(self, code: str, attributes: Mapping[str, Any]) -> Mapping[str, Any]:
        """Those attributes that the visitor has not been given yet, or that are others now. They count as given."""
        now = time.monotonic()
        with self._lock:
            known = self._visitors.pop(code, None)
            if known is None or now - known[0] >= self._session_seconds:
                given: dict[str, Any] = {}
            elif known[1] == attributes:
                self._visitors[code] = (now, known[1])
                return {}
            else:
                given = known[1]
        new = {name: value for name, value in attributes.items() if name not in given or given[name] != value}
        kept = {**given, **copy.deepcopy(new)}  # the caller may change what it has passed
        with self._lock:
            self._visitors[code] = (now, kept)
            if len(self._visitors) > self._most:
                self._visitors.popitem(last=False)
        return new
