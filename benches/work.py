"""The work that is measured: data files and visitors, the same for every client."""

from __future__ import annotations

import random
import string
from typing import Any

VISITORS = 100_000
FLAGS = 200


def visitor_codes(count: int = VISITORS) -> list[str]:
    choose = random.Random(20240501)
    return ["".join(choose.choices(string.ascii_lowercase + string.digits, k=16)) for _ in range(count)]


def experiment(number: int, segment: int | None = None) -> dict[str, Any]:
    """A flag with one 50/50 experiment."""
    rule = {
        "id": 10_000 + number,
        "order": 0,
        "type": "EXPERIMENTATION",
        "exposition": 1.0,
        "experimentId": 20_000 + number,
        "respoolTime": None,
        "variationByExposition": [
            {"variationKey": "off", "variationId": 30_000 + 2 * number, "exposition": 0.5},
            {"variationKey": "on", "variationId": 30_001 + 2 * number, "exposition": 0.5},
        ],
    }
    if segment is not None:
        rule["segmentId"] = segment
    return {
        "id": number,
        "featureKey": f"flag_{number}",
        "defaultVariationKey": "off",
        "environmentEnabled": True,
        "variations": [{"key": key, "name": key, "variables": []} for key in ("off", "on")],
        "rules": [rule],
    }


def data_file(*flags: dict[str, Any], segments: list[dict[str, Any]] | None = None) -> dict[str, Any]:
    custom_data = [{"index": index, "id": index, "name": f"cd{index}"} for index in range(1, 6)]
    return {
        "configuration": {"realTimeUpdate": False},
        "customData": custom_data,
        "segments": segments or [],
        "featureFlags": list(flags),
        "dateModified": 1,
    }


def _custom(index: int, operator: str, value: str) -> dict[str, Any]:
    return {"targetingType": "CUSTOM_DATUM", "customDataIndex": str(index), "valueMatchType": operator, "value": value}


def segment(number: int, *values: str) -> dict[str, Any]:
    """Those whose custom datum 1 is each of the values."""
    conditions = [_custom(1, "EXACT", value) for value in values]
    group = {"conditions": conditions, "orOperators": [False] * (len(conditions) - 1)}
    tree = {"firstLevel": [group], "firstLevelOrOperators": []}
    return {"id": number, "audienceTracking": False, "conditionsData": tree}


FIVE_CONDITIONS = {
    "id": 1,
    "audienceTracking": False,
    "conditionsData": {
        "firstLevel": [
            {
                "conditions": [
                    _custom(1, "EXACT", "premium"),
                    _custom(2, "GREATER", "18"),
                    _custom(3, "AMONG_VALUES", '["silver", "gold", "platinum"]'),
                    {"targetingType": "APPLICATION_VERSION", "version": "3.4", "versionMatchType": "GREATER"},
                    {"targetingType": "GEOLOCATION", "country": "FR"},
                ],
                "orOperators": [False] * 4,
            }
        ],
        "firstLevelOrOperators": [],
    },
}

ONE = data_file(experiment(0))
TARGETED = data_file(experiment(0, 1), segments=[FIVE_CONDITIONS])
MANY = data_file(*(experiment(number) for number in range(FLAGS)))


def five_data(kinds: Any) -> list[Any]:
    """Data for which the five conditions hold."""
    from kameleoon.data.application_version import ApplicationVersion
    from kameleoon.data.geolocation import Geolocation

    data = kinds.CustomData
    return [data(1, "premium"), data(2, "34"), data(3, "gold"), ApplicationVersion("3.4.1"), Geolocation("FR")]
