"""A Kameleoon data file that gives the answers of OpenFeature's ``test-flags.json``."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parents[3] / "shared" / "openfeature"
"""OpenFeature's scenarios and flags, where they stand beside the checkout."""
CONTEXT_AWARE = {  # the flag of the older `evaluation.feature`, which test-flags.json does not have
    "variants": {"internal": "INTERNAL", "external": "EXTERNAL"},
    "defaultVariant": "external",
    "contextEvaluator": "!customer && fn == 'Sulisław' && ln == 'Świętopełk' && age > 28 ? 'internal' : ''",
}
_TERM = re.compile(r"(?P<negated>!)?(?P<name>\w+)(?: (?P<operator>==|>) (?:'(?P<text>[^']*)'|(?P<number>\d+)))?")
_OPERATORS = {"==": "EXACT", ">": "GREATER"}


def data_file() -> dict[str, Any]:
    flags = json.loads((FOLDER / "test-flags.json").read_text(encoding="utf-8"))
    flags["context-aware"] = CONTEXT_AWARE
    custom_data: dict[str, int] = {}
    segments: list[dict[str, Any]] = []
    built = [_flag(number, key, flag, custom_data, segments) for number, (key, flag) in enumerate(flags.items(), 1)]
    named = [{"index": index, "id": index, "name": name} for name, index in custom_data.items()]
    return {"featureFlags": built, "segments": segments, "customData": named, "dateModified": 1}


def _flag(
    number: int, key: str, flag: dict[str, Any], custom_data: dict[str, int], segments: list[dict[str, Any]]
) -> dict[str, Any]:
    metadata = flag.get("flagMetadata")
    variations = [
        {"key": name, "name": name, "variables": _variables(value, metadata)}
        for name, value in flag["variants"].items()
    ]
    rules = []
    if "contextEvaluator" in flag:
        condition, _, answers = flag["contextEvaluator"].partition(" ? ")
        variant = answers.partition(" : ")[0].strip("'")
        segments.append(_segment(number, condition, custom_data))
        delivery = {"variationKey": variant, "variationId": number * 10 + 2, "exposition": 1.0}
        rules.append(
            {
                "id": number * 10,
                "type": "TARGETED_DELIVERY",
                "exposition": 1.0,
                "experimentId": number * 10 + 1,
                "segmentId": number,
                "variationByExposition": [delivery],
            }
        )
    return {
        "id": number,
        "featureKey": key,
        "environmentEnabled": not flag.get("disabled", False),
        "defaultVariationKey": flag.get("defaultVariant") or next(iter(flag["variants"])),
        "variations": variations,
        "rules": rules,
    }


def _variables(value: Any, metadata: Any) -> list[dict[str, Any]]:
    variables = [_variable("value", value)]
    if metadata is not None:
        variables.append(_variable("metadata", metadata))
    return variables


def _variable(key: str, value: Any) -> dict[str, Any]:
    if isinstance(value, bool):
        return {"key": key, "type": "BOOLEAN", "value": value}
    if isinstance(value, (int, float)):
        return {"key": key, "type": "NUMBER", "value": value}
    if isinstance(value, str):
        return {"key": key, "type": "STRING", "value": value}
    return {"key": key, "type": "JSON", "value": json.dumps(value)}


def _segment(number: int, condition: str, custom_data: dict[str, int]) -> dict[str, Any]:
    conditions = []
    for text in condition.split(" && "):
        term = _TERM.fullmatch(text)
        assert term is not None, text
        index = custom_data.setdefault(term["name"], len(custom_data) + 1)
        value = "false" if term["negated"] else term["text"] if term["text"] is not None else term["number"]
        operator = _OPERATORS[term["operator"]] if term["operator"] else "EXACT"
        conditions.append(
            {
                "targetingType": "CUSTOM_DATUM",
                "customDataIndex": str(index),
                "valueMatchType": operator,
                "value": value,
            }
        )
    group = {"conditions": conditions, "orOperators": [False] * (len(conditions) - 1)}
    return {"id": number, "conditionsData": {"firstLevel": [group], "firstLevelOrOperators": []}}
