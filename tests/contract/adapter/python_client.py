"""Commands as calls of a ``kameleoon`` of Python, whichever is installed. Imports nothing but its public names."""

from __future__ import annotations

from http.cookies import SimpleCookie
from typing import Any

import kameleoon
from kameleoon import KameleoonClientConfig, KameleoonClientFactory, data
from kameleoon.types.remote_visitor_data_filter import RemoteVisitorDataFilter
from tests.contract.adapter.server import AdaptedClient, Unsupported

COOKIE = "kameleoonVisitorCode"
_PLAIN = [
    "evaluate_audiences",
    "get_active_feature_list_for_visitor",
    "get_active_features",
    "get_data_file",
    "get_engine_tracking_code",
    "get_feature_list",
    "get_feature_variable",
    "get_feature_variation_key",
    "get_feature_variation_variables",
    "get_remote_data",
    "get_variation",
    "get_variations",
    "get_visitor_warehouse_audience",
    "is_feature_active",
    "set_forced_variation",
]
"""Commands that are methods of the same name, with the same parameters."""
_SPECIAL = [
    "add_data",
    "add_data_to_each",
    "flush",
    "get_remote_visitor_data",
    "get_variation_and_spoil",
    "get_visitor_code",
    "set_legal_consent",
    "track_conversion",
]
COMMANDS = sorted(_PLAIN + _SPECIAL)
_ENUMS = {
    "browser_type": data.BrowserType,
    "device_type": data.DeviceType,
    "os_type": data.OperatingSystemType,
}


def about(name: str, capabilities: list[str]) -> dict[str, Any]:
    version = getattr(kameleoon, "__version__", "?")
    return {"name": name, "version": version, "language": "python", "capabilities": [*COMMANDS, *capabilities]}


class PythonClient(AdaptedClient):
    """A client of ``POST /``."""

    client: Any

    def __init__(self, options: dict[str, Any]) -> None:
        """``options``: the body. The client is made with what ``configuration`` returns."""
        self.site_code = options["site_code"]
        settings = {
            name: value for name, value in options.items() if name not in ("service", "site_code", "wait_second")
        }
        self.client = KameleoonClientFactory.create(
            self.site_code, self.configuration(options.get("service"), settings)
        )
        self.is_ready = bool(self.client.wait_init(round(options.get("wait_second", 10) * 1000)))

    def configuration(self, service: str | None, settings: dict[str, Any]) -> KameleoonClientConfig:
        raise NotImplementedError

    def run(self, command: str, parameters: dict[str, Any]) -> Any:
        if command in _SPECIAL:
            return getattr(self, f"_{command}")(**parameters)
        if command in _PLAIN:
            return as_json(getattr(self.client, command)(**parameters))
        raise Unsupported(command)

    def close(self) -> None:
        KameleoonClientFactory.forget(self.site_code)

    def _add_data(self, visitor_code: str, data: list[dict[str, Any]], **named: Any) -> None:
        self.client.add_data(visitor_code, *map(datum, data), **named)

    def _add_data_to_each(self, visitor_codes: list[str], data: list[dict[str, Any]]) -> None:
        made = [datum(item) for item in data]
        for code in visitor_codes:
            self.client.add_data(code, *made)

    def _flush(self, visitor_code: str | None = None, wait_second: float | None = None) -> bool | None:
        if wait_second is not None:
            return self.flush_and_wait(visitor_code, wait_second)
        self.client.flush(visitor_code, instant=True)
        return None

    def flush_and_wait(self, visitor_code: str | None, seconds: float) -> bool | None:
        """Sends, and returns whether all has arrived; ``None`` where the client does not say."""
        raise NotImplementedError

    def _get_variation_and_spoil(self, visitor_code: str, feature_key: str) -> Any:
        """Gets a variation, and does to it whatever a program can do to a value that it was given."""
        variation = self.client.get_variation(visitor_code, feature_key)
        shown = as_json(variation)
        for variable in variation.variables.values():
            if isinstance(variable.value, (dict, list)):
                variable.value.clear()
        variation.variables.clear()
        return shown

    def _track_conversion(self, metadata: list[dict[str, Any]] | None = None, **named: Any) -> None:
        if metadata is not None:
            named["metadata"] = [datum(item) for item in metadata]
        self.client.track_conversion(**named)

    def _get_remote_visitor_data(self, data_filter: dict[str, Any] | None = None, **named: Any) -> Any:
        if data_filter is not None:
            named["data_filter"] = RemoteVisitorDataFilter(**data_filter)
        return as_json(self.client.get_remote_visitor_data(**named))

    def _get_visitor_code(self, cookie: str = "", cookie_readonly: str = "", **named: Any) -> dict[str, Any]:
        jar: SimpleCookie = SimpleCookie(cookie)
        if cookie_readonly:
            named["cookies_readonly"] = {name: morsel.value for name, morsel in SimpleCookie(cookie_readonly).items()}
        return {"visitor_code": self.client.get_visitor_code(cookies=jar, **named), "cookie": _cookie(jar)}

    def _set_legal_consent(self, visitor_code: str, consent: bool) -> dict[str, Any]:
        jar: SimpleCookie = SimpleCookie()
        self.client.set_legal_consent(visitor_code, consent, jar)
        return {"cookie": _cookie(jar)}


def _cookie(jar: SimpleCookie) -> dict[str, Any] | None:
    """The visitor's cookie if it was set: that of a request has no path."""
    morsel = jar.get(COOKIE)
    if morsel is None or not morsel["path"]:
        return None
    found = {"domain": morsel["domain"], "path": morsel["path"], "max_age": int(morsel["max-age"])}
    return {"value": morsel.value, **found}


def datum(description: dict[str, Any]) -> Any:
    """A datum of ``{"type": …, field: value, …}``."""
    named = dict(description)
    kind = named.pop("type")
    for name, members in _ENUMS.items():
        if name in named:
            named[name] = members[named[name]]
    if "metadata" in named:
        named["metadata"] = [datum(item) for item in named["metadata"]]
    if kind == "CustomData":
        index = named.pop("index", None)
        return data.CustomData(named.pop("name") if index is None else index, *named.pop("values"), **named)
    return getattr(data, kind)(**named)


def as_json(value: Any) -> Any:
    """A result by the names of docs/contract.md#results. The classes of the two clients differ, their names do not."""
    if value is None or isinstance(value, (bool, int, float, str)):
        return value
    if isinstance(value, dict):
        return {str(key): as_json(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [as_json(item) for item in value]
    return _RESULTS[type(value).__name__](value)


_RESULTS: dict[str, Any] = {
    "Variation": lambda it: {
        "key": it.key,
        "name": it.name,
        "id": it.id_,
        "experiment_id": it.experiment_id,
        "is_active": it.is_active,
        "variables": as_json(it.variables),
    },
    "Variable": lambda it: {"key": it.key, "type": it.type, "value": as_json(it.value)},
    "DataFile": lambda it: {"date_modified": it.date_modified, "feature_flags": as_json(it.feature_flags)},
    "FeatureFlag": lambda it: {
        "default": it.default_variation_key,
        "enabled": it.environment_enabled,
        "variations": as_json(it.variations),
        "rules": [as_json(rule.variations) for rule in it.rules],
    },
    "CustomData": lambda it: {"type": "CustomData", "index": it.id, "values": list(it.values)},
    "PageView": lambda it: {"type": "PageView", "url": it.url, "title": it.title, "referrers": as_json(it.referrers)},
    "Browser": lambda it: {"type": "Browser", "browser_type": it.browser_type.name, "version": it.version},
    "Device": lambda it: {"type": "Device", "device_type": it.device_type.name},
    "OperatingSystem": lambda it: {"type": "OperatingSystem", "os_type": it.os_type.name},
    "Geolocation": lambda it: {
        "type": "Geolocation",
        "country": it.country,
        "region": it.region,
        "city": it.city,
        "postal_code": it.postal_code,
        "latitude": it.latitude,
        "longitude": it.longitude,
    },
    "Conversion": lambda it: {
        "type": "Conversion",
        "goal_id": it.goal_id,
        "revenue": it.revenue,
        "negative": it.negative,
    },
}
