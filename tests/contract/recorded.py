"""The recorded scenarios of ``tests/conformance`` in the words of the protocol: every parameter has a name."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from tests.conformance.lines import normalized_value
from tests.conformance.replay import read_lines
from tests.contract.scenario import Command, Scenario, Sent, Sleep, Step

_NAMES = {
    "get_visitor_warehouse_audience": ("visitor_code", "custom_data_index"),
    "get_feature_variation_variables": ("feature_key", "variation_key"),
    "get_feature_variable": ("visitor_code", "feature_key", "variable_key"),
    "set_forced_variation": ("visitor_code", "experiment_id", "variation_key"),
    "set_legal_consent": ("visitor_code", "consent"),
    "track_conversion": ("visitor_code", "goal_id", "revenue"),
}
"""Parameters by their place, of the commands that have other ones than ``visitor_code, feature_key``."""
_FIELDS = {
    "ApplicationVersion": ("version",),
    "Browser": ("browser_type", "version"),
    "Conversion": ("goal_id", "revenue"),
    "Cookie": ("cookies",),
    "Device": ("device_type",),
    "Geolocation": ("country", "region", "city", "postal_code", "latitude", "longitude"),
    "OperatingSystem": ("os_type",),
    "PageView": ("url", "title", "referrers"),
    "UniqueIdentifier": ("value",),
    "UserAgent": ("value",),
}


def scenarios() -> Iterator[Scenario]:
    """All of them, in their order."""
    for scenario, expected in zip(read_lines("scenarios.jsonl.gz"), read_lines("expected.jsonl.gz")):
        steps: list[Step] = []
        for operation, result in zip(scenario["ops"], expected["results"]):
            steps += _steps(operation, result)
        yield Scenario(
            name=scenario["name"],
            data_file=scenario["datafile"],
            steps=steps,
            client={"environment": scenario.get("environment")},
            # A code that the recording has nothing for has no remote visitor data.
            visitors={**{code: {} for code in _codes(scenario)}, **scenario.get("visitors", {})},
            remote=scenario.get("remote", {}),
            why="what the reference client answered",
        )


def _codes(scenario: dict[str, Any]) -> Iterator[str]:
    for operation in scenario["ops"]:
        yield from (code for code in operation.get("args", [])[:1] if isinstance(code, str))


def _steps(operation: dict[str, Any], result: dict[str, Any]) -> list[Step]:
    name = operation["op"]
    if name == "sleep":
        return [Sleep(operation["seconds"])]
    if name == "tracked":
        lines = [[[key, normalized_value(key, value)] for key, value in line] for line in result["ok"]]
        flushes: list[Step] = [Command("flush", {"visitor_code": code}) for code in operation["visitors"]]
        return [*flushes, Sent(sorted(lines))]
    return [Command(name, _parameters(operation), _answer(name, result))]


def _parameters(operation: dict[str, Any]) -> dict[str, Any]:
    names = _NAMES.get(operation["op"], ("visitor_code", "feature_key"))
    parameters = {**dict(zip(names, operation.get("args", []))), **operation.get("kwargs", {})}
    if "data" in operation:
        parameters["data"] = [_datum(item) for item in operation["data"]]
    if operation["op"] == "get_visitor_code":
        parameters["cookie"] = operation.get("cookie", "")
    return parameters


def _datum(description: dict[str, Any]) -> dict[str, Any]:
    kind, arguments, named = description["type"], description.get("args", []), dict(description.get("kwargs", {}))
    if "metadata" in named:
        named["metadata"] = [_datum(item) for item in named["metadata"]]
    if kind == "CustomData":
        return {"type": kind, "index": arguments[0], "values": arguments[1:], **named}
    return {"type": kind, **dict(zip(_FIELDS[kind], arguments)), **named}


def _answer(name: str, result: dict[str, Any]) -> Any:
    if "ok" not in result:
        return result
    value = result["ok"]
    if name == "get_visitor_code":
        code, cookie = value
        # A cookie without attributes is the request's own: none was set.
        shown = _cookie(*cookie) if cookie is not None and cookie[1] else None
        given = {"$random": code} if isinstance(code, int) else code
        return {"ok": {"visitor_code": given, "cookie": None if shown is None else {"value": given, **shown}}}
    if name == "set_legal_consent":
        return {"ok": {"cookie": None if value is None else {"value": value[0], **_cookie(*value[1:])}}}
    if name in ("add_data", "track_conversion", "evaluate_audiences", "set_forced_variation"):
        return {"ok": None}
    if name == "get_data_file":
        return {"ok": {**value, "feature_flags": {key: _flag(flag) for key, flag in value["feature_flags"].items()}}}
    if name == "get_remote_visitor_data":
        return {"ok": {"$unordered": [_loaded(item) for item in value]}}
    if name == "get_visitor_warehouse_audience":
        return {"ok": None if value is None else _loaded(value)}
    if name == "get_variation":
        return {"ok": _variation(value)}
    if name in ("get_variations", "get_active_features"):
        return {"ok": {key: _variation(variation) for key, variation in value.items()}}
    return result


def _cookie(domain: str, path: str, max_age: Any) -> dict[str, Any]:
    return {"domain": domain, "path": path, "max_age": int(max_age)}


def _variation(value: dict[str, Any]) -> dict[str, Any]:
    variables = {
        name: {"key": key, "type": kind, "value": item} for name, (key, kind, item) in value["variables"].items()
    }
    return {**value, "variables": variables}


def _flag(flag: dict[str, Any]) -> dict[str, Any]:
    return {
        **flag,
        "variations": {key: _variation(item) for key, item in flag["variations"].items()},
        "rules": [{key: _variation(item) for key, item in rule.items()} for rule in flag["rules"]],
    }


def _loaded(item: dict[str, Any]) -> dict[str, Any]:
    """A datum that was read from remote visitor data, as the recording has it, by the names of its fields."""
    ((kind, values),) = item.items()
    if kind == "CustomData":
        return {"type": kind, "index": values[0], "values": values[1]}
    if kind == "Conversion":
        return {"type": kind, "goal_id": values[0], "revenue": values[1], "negative": values[2]}
    listed = values if isinstance(values, list) else [values]
    return {"type": kind, **dict(zip(_FIELDS[kind], listed))}
