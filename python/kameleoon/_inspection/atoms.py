"""A condition as something that is true or false, and what is certain of it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from kameleoon._inspection.parts import is_left_out
from kameleoon.data.browser import BrowserType
from kameleoon.data.device import DeviceType
from kameleoon.data.operating_system import OperatingSystemType
from kameleoon.kameleoon_client import KameleoonClient
from kameleoon.kameleoon_client_config import KameleoonClientConfig

__all__ = ["Atom", "atom_of", "exclude_each_other"]

_KINDS = {
    "DEVICE_TYPE": ("device", set(DeviceType.__members__)),
    "OPERATING_SYSTEM": ("os", set(OperatingSystemType.__members__)),
    "BROWSER": ("browser", {*BrowserType.__members__, "IE"}),
}
"""Conditions on what a visitor has one of: the field that names it, and the names that there are."""
_TEXTS = {"VISITOR_CODE": "visitorCode", "PAGE_URL": "url", "PAGE_TITLE": "title"}
"""Conditions on a text of which a visitor has one."""
_NUMBERS = ("EQUAL", "GREATER", "LOWER")


@dataclass(frozen=True)
class Atom:
    """A condition without its ``isInclude``. Two of the same ``key`` are both true or both false. ``truth``: what it is
    for everybody, ``None`` where that depends. ``only``: an aspect of a visitor and the one value that it has to have.
    """

    key: str
    truth: bool | None = None
    only: tuple[str, str] | None = None


def exclude_each_other(one: Atom, other: Atom) -> bool:
    """Whether no visitor can meet both: they want different values of one aspect."""
    if one.only is None or other.only is None:
        return False
    return one.only[0] == other.only[0] and one.only[1] != other.only[1]


def atom_of(condition: dict[str, Any], place: str, flag_ids: set[int | None]) -> Atom:
    """A condition that refers to no segment. ``place``: its own, for patterns, which may give up one time and not the
    other; ``flag_ids``: those of the data file.
    """
    asked = {name: value for name, value in condition.items() if name != "isInclude"}
    key = json.dumps(asked, sort_keys=True)
    if "REGULAR_EXPRESSION" in asked.values():
        key = f"{place} {key}"
    if _leaves_out(asked):
        return Atom(key, truth=False)
    return Atom(key, _truth(asked, flag_ids), _only(asked))


def _leaves_out(condition: dict[str, Any]) -> bool:
    segment = {"id": 1, "conditionsData": {"firstLevel": [{"conditions": [condition]}]}}
    return is_left_out("segments", segment, "condition")


def _truth(condition: dict[str, Any], flag_ids: set[int | None]) -> bool | None:
    kind = condition.get("targetingType")
    if kind == "SDK_LANGUAGE":
        return _engine_says(condition)
    if kind == "TARGET_FEATURE_FLAG":
        return None if condition.get("featureFlagId") in flag_ids else False
    if kind in _KINDS:
        field, names = _KINDS[kind]
        return None if condition.get(field) in names else False
    if kind == "CUSTOM_DATUM":
        return None if _can_hold(condition) else False
    return None


def _can_hold(condition: dict[str, Any]) -> bool:
    """Whether some value of a custom datum may pass."""
    operator, value = condition.get("valueMatchType"), condition.get("value")
    if operator in _NUMBERS:
        try:
            float(value)  # type: ignore[arg-type]  # what is none is what is looked for
        except (TypeError, ValueError, OverflowError):
            return False
    if operator == "AMONG_VALUES" and isinstance(value, str):
        try:
            values = json.loads(value)
        except (ValueError, RecursionError):
            return True  # the engine has taken it
        return not isinstance(values, list) or _are_texts(values)
    return True


def _are_texts(values: list[Any]) -> bool:
    return bool(values) and not any(isinstance(each, (list, dict)) for each in values)


def _only(condition: dict[str, Any]) -> tuple[str, str] | None:
    kind = condition.get("targetingType")
    if kind in _KINDS and condition.get("version") is None:
        value = condition.get(_KINDS[kind][0])
        return (kind, "INTERNET_EXPLORER" if value == "IE" else str(value))
    if kind in _TEXTS and condition.get("matchType") == "EXACT":
        return (kind, str(condition.get(_TEXTS[kind])))
    if kind == "NEW_VISITORS":
        return (kind, str(condition.get("visitorType")))
    return None


def _engine_says(condition: dict[str, Any]) -> bool:
    """Of a condition that is the same for all visitors: what an evaluation says."""
    rule = {
        "id": 1,
        "type": "TARGETED_DELIVERY",
        "exposition": 1.0,
        "segmentId": 1,
        "variationByExposition": [{"variationKey": "on", "exposition": 1.0}],
    }
    flag = {
        "featureKey": "flag",
        "environmentEnabled": True,
        "defaultVariationKey": "off",
        "variations": [{"key": "off"}, {"key": "on"}],
        "rules": [rule],
    }
    segment = {"id": 1, "conditionsData": {"firstLevel": [{"conditions": [condition]}]}}
    config = KameleoonClientConfig.offline({"featureFlags": [flag], "segments": [segment]})
    with KameleoonClient("inspection", config) as client:
        return client.is_feature_active("visitor", "flag", track=False)
