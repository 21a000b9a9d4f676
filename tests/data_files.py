"""Small data files for tests."""

from __future__ import annotations

from typing import Any


def variation(key: str, *variables: tuple[str, str, Any]) -> dict[str, Any]:
    listed = [{"key": name, "type": kind, "value": value} for name, kind, value in variables]
    return {"key": key, "name": key.upper(), "variables": listed}


def rule(identifier: int = 10, **more: Any) -> dict[str, Any]:
    exposure = {"variationKey": "on", "variationId": identifier + 2, "exposition": 1.0}
    return {
        "id": identifier,
        "type": "TARGETED_DELIVERY",
        "exposition": 1.0,
        "experimentId": identifier + 1,
        "variationByExposition": [exposure],
        **more,
    }


def flag(
    key: str = "flag", identifier: int = 1, rules: list[dict[str, Any]] | None = None, **more: Any
) -> dict[str, Any]:
    return {
        "id": identifier,
        "featureKey": key,
        "defaultVariationKey": "off",
        "environmentEnabled": True,
        "variations": [variation("off"), variation("on")],
        "rules": [rule()] if rules is None else rules,
        **more,
    }


def segment(identifier: int, *conditions: dict[str, Any], audience: bool = False) -> dict[str, Any]:
    group = {"conditions": list(conditions), "orOperators": [False] * (len(conditions) - 1)}
    tree = {"firstLevel": [group], "firstLevelOrOperators": []}
    return {"id": identifier, "conditionsData": tree, "audienceTracking": audience}


def data_file(*flags: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"featureFlags": list(flags), "dateModified": 1, **more}


def targeted_by(*conditions: dict[str, Any], **more: Any) -> dict[str, Any]:
    """One flag that is on for whom all the conditions hold."""
    return data_file(flag(rules=[rule(segmentId=5)]), segments=[segment(5, *conditions)], **more)
