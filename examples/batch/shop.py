"""The data file of these examples: an experiment on everybody, and a feature for visitors with the plan "pro"."""

from __future__ import annotations

from typing import Any, Optional

NEW_CART = {
    "id": 10,
    "type": "EXPERIMENTATION",
    "exposition": 1.0,
    "experimentId": 11,
    "variationByExposition": [
        {"variationKey": "off", "variationId": 12, "exposition": 0.5},
        {"variationKey": "on", "variationId": 13, "exposition": 0.5},
    ],
}
FOR_PROS = {
    "id": 20,
    "type": "TARGETED_DELIVERY",
    "exposition": 1.0,
    "experimentId": 21,
    "segmentId": 30,
    "variationByExposition": [{"variationKey": "on", "variationId": 22, "exposition": 1.0}],
}
PLAN_IS_PRO = {"targetingType": "CUSTOM_DATUM", "customDataIndex": 1, "valueMatchType": "EXACT", "value": "pro"}


def _flag(identifier: int, key: str, rule: dict[str, Any]) -> dict[str, Any]:
    return {
        "id": identifier,
        "featureKey": key,
        "environmentEnabled": True,
        "defaultVariationKey": "off",
        "variations": [{"key": "off"}, {"key": "on"}],
        "rules": [rule],
    }


DATA_FILE: dict[str, Any] = {
    "featureFlags": [_flag(1, "new-cart", NEW_CART), _flag(2, "bulk-orders", FOR_PROS)],
    "segments": [
        {
            "id": 30,
            "conditionsData": {
                "firstLevel": [{"conditions": [PLAN_IS_PRO], "orOperators": []}],
                "firstLevelOrOperators": [],
            },
        }
    ],
}
VISITORS: dict[str, list[Optional[str]]] = {
    "visitor_code": ["grace", "ada", "mary", None],
    "plan": ["pro", "pro", "free", "pro"],
}
