"""Which flags may be answered otherwise with another data file."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from typing import Any

import pytest

pytest.importorskip("openfeature", reason="the extra openfeature is not installed")

from kameleoon.openfeature.decisive import DataFile
from tests.data_files import data_file, flag, rule, segment

GOLD = {"targetingType": "CUSTOM_DATUM", "customDataIndex": "1", "valueMatchType": "EXACT", "value": "gold"}
SAME = {"targetingType": "SEGMENT", "segmentId": 5}
HAD = {"targetingType": "TARGET_FEATURE_FLAG", "featureFlagId": 1}
WAS_IN = {"targetingType": "TARGET_EXPERIMENT", "experimentId": 11}
INLINE = {"id": 9, "conditionsData": {"firstLevel": [{"conditions": [HAD], "orOperators": []}]}}
FLAGS = data_file(
    flag("plain", 1, [rule(10)]),
    flag("gold", 2, [rule(20, segmentId=5)]),
    flag("same", 3, [rule(30, segmentId=6)]),
    flag("had", 4, [rule(40, segmentId=7)]),
    flag("was-in", 5, [rule(50, segmentId=8)]),
    flag("old", 6, [rule(60, segment=INLINE)]),
    flag("first", 7, [rule(70)], mutuallyExclusiveGroup="group"),
    flag("second", 8, [rule(80)], mutuallyExclusiveGroup="group"),
    flag("bucket", 9, [rule(90)], bucketingCustomDataId=21),
    segments=[segment(5, GOLD), segment(6, SAME), segment(7, HAD), segment(8, WAS_IN)],
    customData=[{"index": 1, "id": 20, "name": "plan"}, {"index": 2, "id": 21, "name": "account"}],
    configuration={"realTimeUpdate": False},
)
ALL = sorted(each["featureKey"] for each in FLAGS["featureFlags"])


def set_item(*path: Any, to: Any) -> Callable[[dict[str, Any]], None]:
    def change(changed: dict[str, Any]) -> None:
        target: Any = changed
        for step in path[:-1]:
            target = target[step]
        target[path[-1]] = to

    return change


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (set_item("dateModified", to=2), []),
        (set_item("configuration", "realTimeUpdate", to=True), []),
        (set_item("configuration", "consentType", to="REQUIRED"), ALL),
        (set_item("holdout", to={"experimentId": 99, "variationByExposition": []}), ALL),
        (set_item("featureFlags", 0, "environmentEnabled", to=False), ["had", "old", "plain", "was-in"]),
        (set_item("featureFlags", 1, "rules", 0, "exposition", to=0.5), ["gold"]),
        (set_item("segments", 0, "conditionsData", "firstLevel", to=[]), ["gold", "same"]),
        (set_item("featureFlags", 6, "mutuallyExclusiveGroup", to=None), ["first", "second"]),
        (set_item("customData", 0, "scope", to="VISITOR"), ["gold", "same"]),
        (set_item("customData", 1, "index", to=3), ["bucket"]),
        (set_item("customData", 1, "isMappingIdentifier", to=True), ALL),
    ],
)
def test_a_change_is_told_of_the_flags_that_it_concerns(
    change: Callable[[dict[str, Any]], None], expected: list[str]
) -> None:
    changed = copy.deepcopy(FLAGS)
    change(changed)
    before, after = (DataFile(json.dumps(each).encode()) for each in (FLAGS, changed))
    assert after.changed_since(before) == before.changed_since(after) == expected


def test_circles_and_what_is_no_data_file() -> None:
    circle = data_file(
        flag("a", 1, [rule(10, segmentId=5)]),
        flag("b", 2, [rule(20, segmentId=6)]),
        segments=[segment(5, {**HAD, "featureFlagId": 2}, SAME), segment(6, HAD)],
    )
    changed = copy.deepcopy(circle)
    changed["featureFlags"][0]["defaultVariationKey"] = "on"
    after = DataFile(json.dumps(changed).encode())
    assert after.changed_since(DataFile(json.dumps(circle).encode())) == ["a", "b"]
    for text in (b"{}", b"[]", b'{"featureFlags": [7, {}], "segments": {}, "customData": [{"name": []}]}'):
        assert set(DataFile(text).changed_since(DataFile(b"{}"))) <= {"None"}
