"""Events in words, as the page of the local platform lists them. Called by ``control`` for each event that it shows.

>>> EventWords({}).of({"eventType": "conversion", "goalId": "5", "revenue": "49.9", "negative": "false"})
'goal 5, revenue 49.9'
"""

from __future__ import annotations

import json
from typing import Any

from kameleoon.data import BrowserType
from kameleoon.testing.condition_words import ConditionWords
from kameleoon.testing.data_file_reading import identifier, mapping, mappings

__all__ = ["EventWords"]

_OF_ALL = frozenset({"nonce", "eventType", "visitorCode", "mappingValue", "userAgent"})
"""Parameters that say nothing of what happened."""


class EventWords:
    """Words for events; the data file says what experiments and custom data are called.

    >>> EventWords({"customData": [{"index": 1, "name": "plan"}]}).of(
    ...     {"eventType": "customData", "index": "1", "valuesCountMap": '{"gold":1}'})
    "custom datum 'plan': gold"
    """

    def __init__(self, data_file: dict[str, Any]) -> None:
        self._conditions = ConditionWords(data_file)
        self._variations: dict[tuple[int | None, int | None], str] = {}
        holdout = mapping(data_file.get("holdout"))
        if holdout:
            self._learn("holdout", holdout)
        for flag in mappings(data_file.get("featureFlags")):
            for rule in mappings(flag.get("rules")):
                self._learn(str(flag.get("featureKey")), rule)

    def of(self, fields: dict[str, str]) -> str:
        """What happened, from the event's decoded parameters; they themselves, where there are no words for them.

        >>> EventWords({}).of({"eventType": "strange", "level": "3"})
        'level 3'
        """
        kind = fields.get("eventType")
        if kind == "experiment":
            key = identifier(fields.get("id")), identifier(fields.get("variationId"))
            named = self._variations.get(key)
            numbers = f"experiment {fields.get('id')}, variation {fields.get('variationId')}"
            return numbers if named is None else f"{named} ({numbers})"
        if kind == "customData":
            return self._custom_data(fields)
        if kind == "conversion":
            negative = ", negative" if fields.get("negative") == "true" else ""
            return f"goal {fields.get('goalId')}, revenue {fields.get('revenue')}{negative}"
        if kind == "page":
            return f"{fields['title']}, {fields.get('href')}" if fields.get("title") else fields.get("href", "")
        if kind == "geolocation":
            return ", ".join(fields[name] for name in ("city", "region", "country") if name in fields)
        told = [(name, value) for name, value in fields.items() if name not in _OF_ALL]
        return ", ".join(_static(name, value) if kind == "staticData" else f"{name} {value}" for name, value in told)

    def _custom_data(self, fields: dict[str, str]) -> str:
        index = identifier(fields.get("index"))
        try:
            values = json.loads(fields.get("valuesCountMap", "{}"))
        except (ValueError, RecursionError):
            values = {}
        name = f"custom datum {fields.get('index')}" if index is None else self._conditions.custom_datum(index)
        return f"{name}: {', '.join(mapping(values)) or 'no values'}"

    def _learn(self, flag: str, rule: dict[str, Any]) -> None:
        for share in mappings(rule.get("variationByExposition")):
            key = identifier(rule.get("experimentId")), identifier(share.get("variationId"))
            self._variations.setdefault(key, f"{flag}: {share.get('variationKey')}")


def _static(name: str, value: str) -> str:
    """One parameter of what a device, browser, operating system or visit tells."""
    if name == "browserIndex" and identifier(value) in list(BrowserType):
        return f"browser {BrowserType(int(value)).name}"
    names = {"deviceType": "device", "browserVersion": "version", "os": "operating system", "osIndex": "number"}
    return f"{names.get(name, name)} {value}"
