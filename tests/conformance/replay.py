"""Replays recorded scenarios through the public API, on ``default_data_file`` alone: no network.

Every operation but ``tracked`` runs. What the reference client fetched (remote visitor data, remote data) is handed to
the client as the bytes that the service would have sent.
"""

from __future__ import annotations

import gzip
import json
import time
from collections.abc import Iterator
from http.cookies import SimpleCookie
from pathlib import Path
from typing import Any

from kameleoon import KameleoonClientConfig, data
from kameleoon.kameleoon_client import KameleoonClient
from kameleoon.types.data_file import DataFile
from kameleoon.types.remote_visitor_data_filter import RemoteVisitorDataFilter
from kameleoon.types.variation import Variation

HERE = Path(__file__).parent
COOKIE = "kameleoonVisitorCode"
# The reference prints a literal placeholder in one of its messages.
LOOSE = {"FeatureVariationNotFound"}


def read_lines(name: str) -> Iterator[Any]:
    with gzip.open(HERE / name, "rt", encoding="utf-8") as file:
        yield from map(json.loads, file)


def substitute(value: Any, now: int) -> Any:
    """Replaces ``{"$now_ms": n}`` by now + n."""
    if isinstance(value, dict):
        if set(value) == {"$now_ms"}:
            return now + value["$now_ms"]
        return {key: substitute(item, now) for key, item in value.items()}
    if isinstance(value, list):
        return [substitute(item, now) for item in value]
    return value


def build_datum(description: dict[str, Any]) -> data.Data:
    kind, arguments = description["type"], description.get("args", [])
    named = dict(description.get("kwargs", {}))
    if kind == "Browser":
        return data.Browser(data.BrowserType[arguments[0]], *arguments[1:])
    if kind == "Device":
        return data.Device(data.DeviceType[arguments[0]])
    if kind == "OperatingSystem":
        return data.OperatingSystem(data.OperatingSystemType[arguments[0]])
    if "metadata" in named:
        named["metadata"] = [build_datum(item) for item in named["metadata"]]
    return getattr(data, kind)(*arguments, **named)


def plain(value: Any) -> Any:
    """A result as JSON, the way the recording has it."""
    if value is None or isinstance(value, (bool, int, float, str)):
        return value
    if isinstance(value, dict):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(item) for item in value]
    if isinstance(value, Variation):
        variables = {key: [item.key, item.type, plain(item.value)] for key, item in value.variables.items()}
        return {
            "key": value.key,
            "name": value.name,
            "id": value.id_,
            "experiment_id": value.experiment_id,
            "is_active": value.is_active,
            "variables": variables,
        }
    if isinstance(value, DataFile):
        return {"date_modified": value.date_modified, "feature_flags": plain_flags(value)}
    return plain_datum(value)


def plain_flags(data_file: DataFile) -> dict[str, Any]:
    return {
        key: {
            "default": flag.default_variation_key,
            "enabled": flag.environment_enabled,
            "variations": plain(flag.variations),
            "rules": [plain(rule.variations) for rule in flag.rules],
        }
        for key, flag in data_file.feature_flags.items()
    }


def plain_datum(datum: Any) -> Any:
    match_kind = {
        data.CustomData: lambda d: [d.id, list(d.values)],
        data.PageView: lambda d: [d.url, d.title, d.referrers],
        data.Browser: lambda d: [d.browser_type.name, d.version],
        data.Device: lambda d: d.device_type.name,
        data.OperatingSystem: lambda d: d.os_type.name,
        data.Geolocation: lambda d: [d.country, d.region, d.city, d.postal_code, d.latitude, d.longitude],
        data.Conversion: lambda d: [d.goal_id, d.revenue, d.negative],
    }
    return {type(datum).__name__: match_kind[type(datum)](datum)}


class ToldClient(KameleoonClient):
    """A client without a network that is told what the data services would answer."""

    remote: dict[str, Any]
    remote_visitors: dict[str, Any]

    def get_remote_data(self, key: str, timeout: float | None = None) -> Any:
        return self.remote.get(key)

    def get_remote_visitor_data(self, visitor_code: str, add_data: bool = True, **options: Any) -> list[data.Data]:
        answer = json.dumps(self.remote_visitors.get(visitor_code, {})).encode()
        *_, read = self._remote_visitor(visitor_code, add_data, options["data_filter"])
        try:
            return read(answer)
        except ValueError:  # as where the answer came over the network
            return []


class Replay:
    """One scenario on a client of its own."""

    def __init__(self, scenario: dict[str, Any]) -> None:
        now = int(time.time() * 1000)
        config = KameleoonClientConfig.offline(
            substitute(scenario["datafile"], now),
            environment=scenario.get("environment"),
            top_level_domain="example.com",
        )
        client = ToldClient("site", config)
        client.remote_visitors = substitute(scenario.get("visitors", {}), now)
        client.remote = scenario.get("remote", {})
        self.client: KameleoonClient = client

    def run(self, operation: dict[str, Any]) -> Any:
        name = operation["op"]
        arguments, named = list(operation.get("args", [])), dict(operation.get("kwargs", {}))
        special = getattr(self, f"_{name}", None)
        try:
            result = (
                special(operation, arguments, named) if special else getattr(self.client, name)(*arguments, **named)
            )
        except Exception as error:  # noqa: BLE001  # recorded by its name
            return {"error": type(error).__name__, "message": str(error)}
        return {"ok": plain(result)}

    def _sleep(self, operation: dict[str, Any], _arguments: list[Any], _named: dict[str, Any]) -> None:
        time.sleep(operation["seconds"])

    def _add_data(self, operation: dict[str, Any], arguments: list[Any], named: dict[str, Any]) -> None:
        self.client.add_data(arguments[0], *map(build_datum, operation["data"]), **named)

    def _get_visitor_code(self, operation: dict[str, Any], _arguments: list[Any], named: dict[str, Any]) -> Any:
        sent = operation.get("cookie", "")
        jar: SimpleCookie = SimpleCookie(sent)
        code = self.client.get_visitor_code(cookies=jar, **named)
        morsel = jar.get(COOKIE)
        is_random = not named.get("default_visitor_code") and COOKIE not in sent
        set_cookie = None if morsel is None else [morsel["domain"], morsel["path"], morsel["max-age"]]
        return [len(code) if is_random else code, set_cookie]

    def _set_legal_consent(self, _operation: dict[str, Any], arguments: list[Any], _named: dict[str, Any]) -> Any:
        jar: SimpleCookie = SimpleCookie()
        self.client.set_legal_consent(*arguments, jar)
        morsel = jar.get(COOKIE)
        return None if morsel is None else [morsel.value, morsel["domain"], morsel["path"], morsel["max-age"]]

    def _get_remote_visitor_data(self, _operation: Any, arguments: list[Any], named: dict[str, Any]) -> Any:
        named = {**named, "data_filter": RemoteVisitorDataFilter(**(named.get("data_filter") or {}))}
        loaded = self.client.get_remote_visitor_data(*arguments, **named)
        return sorted((plain(item) for item in loaded), key=json.dumps)


def normalized(result: dict[str, Any]) -> dict[str, Any]:
    """What of a result is compared: free wording is not."""
    message = result.get("message", "").lower()
    worded_freely = result.get("error") == "FeatureEnvironmentDisabled" and "consent" in message
    if result.get("error") in LOOSE or worded_freely:
        return {"error": result["error"]}
    return result


def mismatches(scenario: dict[str, Any], expected: list[dict[str, Any]]) -> Iterator[tuple[int, Any, Any, Any]]:
    """The operations of a scenario whose results differ: number, operation, expected, actual."""
    replay = Replay(scenario)
    with replay.client:
        for number, operation in enumerate(scenario["ops"]):
            if operation["op"] == "tracked":
                continue
            actual = json.loads(json.dumps(normalized(replay.run(operation))))
            wanted = normalized(expected[number])
            if actual != wanted:
                yield number, operation, wanted, actual
