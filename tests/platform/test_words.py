"""Data files in words: rules, groups, holdout, variables; and segments joined as the client joins them."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kameleoon import KameleoonClient, KameleoonClientConfig
from kameleoon._demo.shop import data_file as shop
from kameleoon.testing.targeting_words import SegmentWords, Targeting
from kameleoon.testing.words import FlagWords, in_words
from tests.data_files import data_file, flag, rule, segment, targeted_by, variation

GOLD = {"targetingType": "CUSTOM_DATUM", "customDataIndex": "1", "valueMatchType": "EXACT", "value": "gold"}
PHONE = {"targetingType": "DEVICE_TYPE", "device": "PHONE"}
HALVES = [
    {"variationKey": "on", "variationId": 12, "exposition": 0.5},
    {"variationKey": "off", "variationId": 13, "exposition": 0.5},
]
PLAN = [{"index": 1, "id": 101, "name": "plan"}]


def flag_words(file: dict[str, Any], position: int = 0) -> FlagWords:
    return in_words(file)["flags"][position]


def sentence(file: dict[str, Any]) -> str:
    return flag_words(file)["rules"][0]["sentence"]


def experiment(**more: Any) -> dict[str, Any]:
    return rule(10, type="EXPERIMENTATION", variationByExposition=HALVES, **more)


def test_an_experiment_in_a_sentence() -> None:
    file = data_file(
        flag(rules=[experiment(exposition=0.8, segmentId=5, name="Checkout")]),
        segments=[segment(5, GOLD, PHONE)],
        customData=PLAN,
    )
    assert sentence(file) == (
        "Experiment 'Checkout' (id 11): 50 % on, 50 % off, for visitors whose custom datum 'plan' is 'gold' and whose "
        "device is a phone; the first 80 % are exposed"
    )


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({}, "Delivery (rule 10): on, for everybody"),
        ({"name": "Launch"}, "Delivery 'Launch' (rule 10): on, for everybody"),
        ({"exposition": 0.333333}, "Delivery (rule 10): on, for everybody; the first 33.3333 % are exposed, the others get the default"),
        ({"exposition": 0}, "Delivery (rule 10): on, for everybody; nobody is exposed, the others get the default"),
        ({"variationByExposition": []}, "Delivery (rule 10): the default, since it has no variation, for everybody"),
        ({"type": "EXPERIMENTATION"}, "Experiment 11: 100 % on, for everybody"),
        ({"type": "BANDIT"}, "Experiment 11 (of the type 'BANDIT', asked as an experiment): 100 % on, for everybody"),
        ({"type": "EXPERIMENTATION", "variationByExposition": HALVES[:1]}, "Experiment 11: 50 % on, 50 % none of them, for everybody"),
        ({"type": "EXPERIMENTATION", "variationByExposition": []}, "Experiment 11: no variations, for everybody"),
        ({"respoolTime": 1_700_000_000}, "Delivery (rule 10): on, for everybody; dealt anew under 1700000000"),
        ({"segmentId": 99}, "Delivery (rule 10): on, for everybody"),
    ],
)  # fmt: skip
def test_a_rule_in_a_sentence(changed: dict[str, Any], words: str) -> None:
    assert sentence(data_file(flag(rules=[rule(10, **changed)]))) == words


def test_a_segment_inside_its_rule() -> None:
    inline = rule(10, segment=segment(5, PHONE))
    assert sentence(data_file(flag(rules=[inline]))).endswith("for visitors whose device is a phone")


def test_segments_that_refer_to_segments() -> None:
    refers = {"targetingType": "SEGMENT", "segmentId": 6}
    file = targeted_by(refers, PHONE)
    assert sentence(file).endswith(
        "who are in segment 6, which the data file does not have; so nobody and whose device is a phone"
    )
    file["segments"].append(segment(6, GOLD, {"targetingType": "SEGMENT", "segmentId": 5, "isInclude": False}))
    assert sentence(file).endswith(
        "who are in segment 6 (whose custom datum 1 is 'gold' and who are not in segment 5, which leads back to itself; "
        "so everybody) and whose device is a phone"
    )
    file["segments"][1] = segment(6)
    assert "who are in segment 6, which asks nothing" in sentence(file)
    tree = flag_words(targeted_by(refers, PHONE) | {"segments": [segment(5, refers, PHONE), segment(6, GOLD)]})[
        "rules"
    ][0]["targeting"]
    assert tree == {
        "all": [{"named": "who are in segment 6", "all": ["whose custom datum 1 is 'gold'"]}, "whose device is a phone"]
    }


def test_many_segments_that_refer_to_many_are_cut_short() -> None:
    """Spelt out they would be two to the power of thirty."""
    segments = [
        segment(number, *[{"targetingType": "SEGMENT", "segmentId": number + 1}] * 2) for number in range(5, 35)
    ] + [segment(35, GOLD)]
    words = sentence(data_file(flag(rules=[rule(segmentId=5)]), segments=segments))
    assert len(words) < 50_000


def test_what_holds_for_a_flag() -> None:
    file = data_file(
        flag("a", 1, [], mutuallyExclusiveGroup="shop", environmentEnabled=False),
        flag("b", 2, [], mutuallyExclusiveGroup="shop", bucketingCustomDataId=101),
        flag("alone", 3, [], mutuallyExclusiveGroup="other"),
        flag("alone", 4, []),
        customData=PLAN,
    )
    first, second, third, fourth = (entry["notes"] for entry in in_words(file)["flags"])
    assert first == [
        "Disabled in this environment: it has no variation for anybody.",
        "In the mutually exclusive group 'shop' with 'b': a visitor is in one of them alone.",
    ]
    assert second[1] == "Buckets go by the visitor's custom datum 'plan', if it has one, instead of the visitor code."
    assert third == [
        "A later flag of the same key counts, and this one does not.",
        "Alone in the mutually exclusive group 'other'.",
    ]
    assert fourth == []
    assert [flag_words(file, position)["is_enabled"] for position in range(4)] == [False, True, True, True]


def test_what_holds_for_all_flags() -> None:
    assert in_words(shop())["notes"] == ["Holdout (experiment 900): 5 % of visitors get the default of every flag."]
    assert in_words(data_file())["notes"] == []
    full = {"consentType": "REQUIRED", "consentOptOutBehavior": "FULLY_BLOCK"}
    assert "for them experiments are as disabled" in in_words({"configuration": full})["notes"][0]


def test_variations_and_their_variables() -> None:
    file = data_file(flag(variations=[variation("on", ("color", "STRING", "<b>"), ("size", "NUMBER", 1.0)), "broken"]))
    assert flag_words(file)["variations"] == [
        {
            "key": "on",
            "name": "ON",
            "variables": [
                {"key": "color", "type": "STRING", "value": "<b>"},
                {"key": "size", "type": "NUMBER", "value": 1.0},
            ],
        }
    ]


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=5,
)


def paths(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Where there is something in a value."""
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else []
    return [path, *(deeper for key, inner in items for deeper in paths(inner, (*path, key)))]


@given(st.data())
@settings(max_examples=300, deadline=None)
def test_a_data_file_that_is_broken_anywhere_has_words(data: st.DataObject) -> None:
    file = json.loads(json.dumps(shop()))
    for _ in range(3):
        path = data.draw(st.sampled_from(paths(file)[1:]))
        inner: Any = file
        for key in path[:-1]:
            inner = inner[key]
        inner[path[-1]] = data.draw(JSON)
    words = in_words(file)
    assert json.loads(json.dumps(words)) == words


ALICE, NOBODY = (
    {"targetingType": "VISITOR_CODE", "visitorCode": code, "matchType": "EXACT"} for code in ("alice", "nobody")
)
GROUPS = st.lists(st.sampled_from([ALICE, NOBODY]), max_size=5)


def is_true(targeting: Targeting) -> bool:
    """Whether it is for Alice."""
    if not targeting.parts:
        return targeting.is_everybody or "'alice'" in targeting.phrase
    return (any if targeting.is_any else all)(is_true(part) for part in targeting.parts)


@pytest.mark.parametrize(
    "tree",
    [
        {"firstLevel": 5},
        {"firstLevel": [5]},
        {"firstLevel": [{"conditions": [5]}]},
        {"firstLevel": [{"conditions": {}}]},
        {"firstLevel": [{"conditions": [PHONE], "orOperators": [1]}]},
        {"firstLevel": [], "firstLevelOrOperators": "text"},
        {"firstLevel": None},
        {"firstLevel": [{"conditions": None, "orOperators": None}]},
        5,
        None,
    ],
)
def test_a_segment_of_another_shape_is_for_whom_the_client_has_it(tree: Any) -> None:
    file = data_file(flag(rules=[rule(segmentId=5)]), segments=[{"id": 5, "conditionsData": tree}])
    with KameleoonClient("site", KameleoonClientConfig.offline(file)) as client:
        is_on = client.is_feature_active("alice", "flag", track=False)
    nobody = "Delivery (rule 10): on, for visitors who are in segment 5, whose conditions cannot be read; so nobody"
    assert sentence(file) == ("Delivery (rule 10): on, for everybody" if is_on else nobody)


@given(st.lists(GROUPS, max_size=5), st.data())
@settings(max_examples=300, deadline=None)
def test_conditions_are_joined_as_the_client_joins_them(
    groups: list[list[dict[str, Any]]], data: st.DataObject
) -> None:
    operators = st.lists(st.booleans(), max_size=5)  # too many, or too few
    first_level = [{"conditions": group, "orOperators": data.draw(operators)} for group in groups]
    tree = {"firstLevel": first_level, "firstLevelOrOperators": data.draw(operators)}
    file = data_file(flag(rules=[rule(segmentId=5)]), segments=[{"id": 5, "conditionsData": tree}])
    with KameleoonClient("site", KameleoonClientConfig.offline(file)) as client:
        assert client.is_feature_active("alice", "flag", track=False) == is_true(SegmentWords(file).of(5))
