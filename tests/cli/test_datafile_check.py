"""``datafile check``: each kind of mistake, and that what it says is what the engine does."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from kameleoon import Browser, BrowserType, CustomData, Device, DeviceType, KameleoonClient, KameleoonClientConfig
from kameleoon._inspection.inspect import inspected
from tests.cli.commands import experiment, kameleoon, shop, write_json
from tests.cli.page_files import mistaken
from tests.data_files import data_file, flag, rule, segment, variation

try:
    from hypothesis import given, settings
    from hypothesis import strategies as st
except ImportError:  # pragma: no cover
    pytest.skip("no hypothesis", allow_module_level=True)

PHONE = {"targetingType": "DEVICE_TYPE", "device": "PHONE"}
TABLET = {"targetingType": "DEVICE_TYPE", "device": "TABLET"}
PRO = {"targetingType": "CUSTOM_DATUM", "customDataIndex": 1, "valueMatchType": "EXACT", "value": "pro"}
URL = {"targetingType": "PAGE_URL", "matchType": "REGULAR_EXPRESSION"}


def said(file: Any) -> list[tuple[str, str]]:
    """The kinds of the mistakes, each with its line."""
    return [(mistake.kind, str(mistake)) for mistake in inspected(json.dumps(file).encode())]


def with_segment(*conditions: dict[str, Any], **tree: Any) -> dict[str, Any]:
    whole = segment(5, *conditions)
    whole["conditionsData"]["firstLevel"][0].update(tree)
    return data_file(flag(rules=[rule(segmentId=5)]), segments=[whole])


def negated(condition: dict[str, Any]) -> dict[str, Any]:
    return {**condition, "isInclude": False}


WELL = {
    "a delivery": data_file(flag()),
    "an experiment": data_file(flag(rules=[experiment(10, {"off": 0.5, "on": 0.5})])),
    "thirds": data_file(
        flag(
            rules=[experiment(10, {"off": 1 / 3, "on": 1 / 3, "x": 1 / 3})],
            variations=[*map(variation, ("off", "on", "x"))],
        )
    ),
    "no flags": {"featureFlags": []},
    "a flag without rules": data_file(flag(rules=[])),
    "a disabled flag that nobody gets": data_file(flag(rules=[rule(exposition=0.0)], environmentEnabled=False)),
    "a condition": with_segment(PHONE),
    "either of two devices": with_segment(PHONE, TABLET, orOperators=[True]),
    "a pattern and its opposite, each with steps of its own": with_segment(
        {**URL, "url": "/a+"}, negated({**URL, "url": "/a+"})
    ),
    "a holdout": data_file(
        flag(),
        holdout={
            "experimentId": 90,
            "variationByExposition": [
                {"variationKey": "in-holdout", "exposition": 0.1},
                {"variationKey": "not-in-holdout", "exposition": 0.9},
            ],
        },
    ),
    "the demo's shares": mistaken() | {"featureFlags": [], "segments": []},
}


@pytest.mark.parametrize("file", WELL.values(), ids=WELL)
def test_nothing_is_said_of_what_is_well(file: Any) -> None:
    assert said(file) == []


MISTAKES: list[tuple[str, Any, str]] = [
    ("left out", data_file(flag(), {"id": 9}), "feature flag (without id): left out: featureKey: missing"),
    ("left out", with_segment(PHONE, {"targetingType": "EXPLICIT_TRIGGER"}, orOperators=[True]), "EXPLICIT_TRIGGER of segment 5"),
    ("pattern", with_segment({**URL, "url": "("}, PHONE, orOperators=[True]), "Python's re refuses it as well"),
    ("pattern", with_segment({**URL, "url": r"\N{BULLET}"}, PHONE, orOperators=[True]), "Python's re takes it, this client does not"),
    ("duplicate", data_file(flag(), flag("flag", 2, [rule(30)])), 'feature flags: the key "flag" stands twice'),
    ("duplicate", data_file(flag(), flag("other", 1, [rule(30)])), "feature flags: the id 1 stands twice"),
    ("duplicate", data_file(flag(), flag("other", 2)), 'flag "other": rule 10: the rule\'s id 10 is also that of flag "flag": rule 10'),
    ("duplicate", data_file(flag(), flag("other", 2, [rule(30, experimentId=11)])), "the experiment's id 11 is also that of"),
    ("duplicate", data_file(flag(variations=[*map(variation, ("off", "on", "on", "on"))])), 'flag "flag": the variation "on" stands 3 times'),
    ("duplicate", data_file(flag(variations=[variation("off"), variation("on", ("a", "NUMBER", 1), ("a", "NUMBER", 2))])), 'variation "on": the variable "a" stands twice'),
    ("duplicate", data_file(flag(), segments=[segment(5, PHONE), segment(5, TABLET)]), "segments: the id 5 stands twice"),
    ("duplicate", data_file(flag(), customData=[{"id": 1, "index": 1, "name": "a"}, {"id": 2, "index": "1", "name": "b"}]), "custom data: the index 1 stands twice"),
    ("duplicate", data_file(flag(), customData=[{"id": 1, "index": 1, "name": "a"}, {"id": 2, "index": 2, "name": "a"}]), 'custom data: the name "a" stands twice'),
    ("reference", data_file(flag(rules=[rule(segmentId=7)])), "there is no segment 7: the rule is for everybody"),
    ("reference", data_file(flag(defaultVariationKey="red")), 'the default variation "red" is none of the flag\'s'),
    ("reference", data_file(flag(variations=[variation("off")])), 'rule 10: the variation "on" is none of the flag\'s'),
    ("reference", data_file(flag(bucketingCustomDataId=4)), "buckets go by custom datum 4, which there is not"),
    ("reference", with_segment({"targetingType": "TARGET_FEATURE_FLAG", "featureFlagId": 99}, PHONE, orOperators=[True]), "a condition is on feature flag 99, which there is not"),
    ("exposition", shop(), 'flag "banner": rule 21: the variations add up to 90 %'),
    ("exposition", data_file(flag(rules=[experiment(10, {"off": 0.5, "on": 0.6})])), "the variations add up to 110 %"),
    ("exposition", data_file(flag(rules=[experiment(10, {"off": -0.5, "on": 1.5})])), 'the exposition of "off" is -50 %'),
    ("exposition", data_file(flag(rules=[rule(exposition=50.0)])), "the exposition is 5000 %"),
    ("exposition", data_file(flag(rules=[experiment(10, {"off": 0.5, "on": 0.5}) | {"type": "CANARY"}])), 'the type "CANARY" is unknown'),
    ("exposition", data_file(flag(), holdout={"experimentId": 90, "variationByExposition": [{"variationKey": "in-holdout", "exposition": 0.1}]}), "holdout: the variations add up to 10 %"),
    ("segment", with_segment({"targetingType": "SDK_LANGUAGE", "sdkLanguage": "JAVA"}), "always false: it is for nobody; it is that of"),
    ("segment", with_segment({"targetingType": "SDK_LANGUAGE", "sdkLanguage": "PYTHON"}), "always true: it is for everybody"),
    ("segment", with_segment({"targetingType": "SDK_LANGUAGE", "sdkLanguage": "PYTHON", "version": "3.0", "versionMatchType": "LOWER"}), "always false"),
    ("segment", with_segment({"targetingType": "EXPLICIT_TRIGGER"}), "always false"),
    ("segment", with_segment(negated({"targetingType": "EXPLICIT_TRIGGER"})), "always true"),
    ("segment", with_segment({**PHONE, "device": "TOASTER"}), "always false"),
    ("segment", with_segment({**PRO, "valueMatchType": "GREATER", "value": "many"}), "always false"),
    ("segment", with_segment({**PRO, "valueMatchType": "AMONG_VALUES", "value": "[]"}), "always false"),
    ("segment", with_segment(PHONE, TABLET), "always false"),
    ("segment", with_segment(PRO, negated(PRO)), "always false"),
    ("segment", with_segment(PRO, negated(PRO), orOperators=[True]), "always true"),
    ("segment", with_segment({"targetingType": "SEGMENT", "segmentId": 5}), "always false"),
    ("segment", with_segment(), "always true"),
    ("segment", data_file(flag(), segments=[{"id": 5, "conditionsData": {"firstLevel": 3}}]), "segment 5: always false"),
    ("nobody", data_file(flag(rules=[rule(exposition=0.0)])), 'nobody gets anything but the default variation, "off"'),
    ("nobody", data_file(flag(rules=[rule(10), rule(20)])), "rule 20: it is never asked: rule 10 decides for everybody"),
    ("nobody", data_file(flag(rules=[experiment(10, {"off": 0.5, "on": 0.5}), rule(20)])), "rule 20: it is never asked"),
    ("nobody", data_file(flag(), holdout={"experimentId": 90, "variationByExposition": [{"variationKey": "in-holdout", "exposition": 1.0}]}), "holdout: it holds everybody out"),
]  # fmt: skip


@pytest.mark.parametrize(("kind", "file", "line"), MISTAKES, ids=[f"{kind}: {line[:40]}" for kind, _, line in MISTAKES])
def test_a_mistake_is_told(kind: str, file: Any, line: str) -> None:
    assert [each for each in said(file) if each[0] == kind and line in each[1]], said(file)


def test_a_key_that_stands_twice_in_the_json() -> None:
    found = [str(mistake) for mistake in inspected(b'{"featureFlags": [], "dateModified": 1, "dateModified": 2}')]
    assert found == ['JSON: the key "dateModified" stands twice in an object']


def test_a_segment_inside_a_rule_counts_as_well() -> None:
    inside = {**rule(), "segment": {"id": 5, "conditionsData": {"firstLevel": [{"conditions": [PHONE, TABLET]}]}}}
    inside["segment"]["conditionsData"]["firstLevel"][0]["orOperators"] = [False]
    assert ("segment", 'segment 5: always false: it is for nobody; it is that of flag "flag": rule 10') in said(
        data_file(flag(rules=[inside]))
    )


def test_the_exit_status_says_whether_anything_is_wrong(tmp_path: Path) -> None:
    well = write_json(tmp_path / "well.json", data_file(flag()))
    assert kameleoon("datafile", "check", well).stdout == f"{well}: nothing is wrong\n"
    assert json.loads(kameleoon("datafile", "check", well, "--json").stdout) == []
    wrong = write_json(tmp_path / "wrong.json", mistaken())
    as_text = kameleoon("datafile", "check", wrong, status=1).stdout.splitlines()
    as_data = json.loads(kameleoon("datafile", "check", wrong, "--json", status=1).stdout)
    assert as_text == [f"{mistake['where']}: {mistake['text']}" for mistake in as_data]
    kinds = {"pattern", "duplicate", "reference", "exposition", "segment", "nobody"}
    assert {mistake["kind"] for mistake in as_data} == kinds


CONDITIONS = st.sampled_from(
    [
        PHONE,
        TABLET,
        {**PHONE, "device": "TOASTER"},
        PRO,
        {**PRO, "value": "7", "valueMatchType": "GREATER"},
        {**PRO, "value": "many", "valueMatchType": "EQUAL"},
        {**PRO, "value": '["pro", 9]', "valueMatchType": "AMONG_VALUES"},
        {**PRO, "valueMatchType": "UNDEFINED"},
        {"targetingType": "BROWSER", "browser": "IE"},
        {"targetingType": "BROWSER", "browser": "INTERNET_EXPLORER"},
        {"targetingType": "BROWSER", "browser": "CHROME"},
        {"targetingType": "VISITOR_CODE", "visitorCode": "alice", "matchType": "EXACT"},
        {"targetingType": "VISITOR_CODE", "visitorCode": "bob", "matchType": "EXACT"},
        {"targetingType": "NEW_VISITORS", "visitorType": "NEW"},
        {"targetingType": "NEW_VISITORS", "visitorType": "RETURNING"},
        {"targetingType": "SDK_LANGUAGE", "sdkLanguage": "PYTHON"},
        {"targetingType": "SDK_LANGUAGE", "sdkLanguage": "PYTHON", "version": "9", "versionMatchType": "GREATER"},
        {"targetingType": "EXPLICIT_TRIGGER"},
        {"targetingType": "TARGET_FEATURE_FLAG", "featureFlagId": 99},
        *({"targetingType": "SEGMENT", "segmentId": number} for number in (1, 2, 3, 4)),
    ]
)
OPERATORS = st.lists(st.booleans(), max_size=4)
GROUPS = st.builds(
    lambda conditions, operators: {"conditions": conditions, "orOperators": operators},
    st.lists(st.tuples(CONDITIONS, st.booleans()).map(lambda pair: {**pair[0], "isInclude": pair[1]}), max_size=4),
    OPERATORS,
)
SEGMENTS = st.lists(
    st.builds(
        lambda groups, operators: {"firstLevel": groups, "firstLevelOrOperators": operators},
        st.lists(GROUPS, max_size=2),
        OPERATORS,
    ),
    min_size=1,
    max_size=3,
)
VISITORS: list[tuple[str, list[Any]]] = [
    (code, data)
    for code in ("alice", "bob", "carol")
    for data in (
        [],
        [Device(DeviceType.PHONE)],
        [Device(DeviceType.TABLET), CustomData(1, "pro")],
        [Browser(BrowserType.INTERNET_EXPLORER), CustomData(1, "9")],
        [Browser(BrowserType.CHROME), Device(DeviceType.PHONE), CustomData(1, "pro", "8")],
        [CustomData(2, "x")],
    )
]


@settings(max_examples=150, deadline=None)
@given(SEGMENTS)
def test_a_segment_that_is_always_one_thing_is_that_for_every_visitor(trees: list[Any]) -> None:
    segments = [{"id": number, "conditionsData": tree} for number, tree in enumerate(trees, 1)]
    flags = [flag(f"flag{each['id']}", each["id"], [rule(10 * each["id"], segmentId=each["id"])]) for each in segments]
    file = data_file(*flags, segments=segments)
    always = {
        str(mistake).partition(":")[0].removeprefix("segment "): "always true" in str(mistake)
        for mistake in inspected(json.dumps(file).encode())
        if mistake.kind == "segment"
    }
    for number, (code, data) in enumerate(VISITORS):
        with KameleoonClient(f"site{number}", KameleoonClientConfig.offline(file)) as client:
            client.add_data(code, *data)
            for segment_id, truth in always.items():
                assert client.is_feature_active(code, f"flag{segment_id}", track=False) == truth, (code, segment_id)


SHARES = st.sampled_from([0.0, 0.3, 0.5, 0.7, 1.0])
RULES = st.lists(
    st.tuples(st.booleans(), SHARES, st.lists(SHARES, max_size=3), st.sampled_from([None, 1, 2, 3])), max_size=4
)


@settings(max_examples=150, deadline=None)
@given(RULES)
def test_what_nobody_gets_is_got_by_nobody(rules: list[Any]) -> None:
    keys = ("off", "on", "red")
    listed = [
        experiment(10 * number, dict(zip(keys, shares)), exposition=exposition, segmentId=segment_id)
        | ({"type": "TARGETED_DELIVERY"} if is_delivery else {})
        for number, (is_delivery, exposition, shares, segment_id) in enumerate(rules, 1)
    ]
    never = {"targetingType": "SDK_LANGUAGE", "sdkLanguage": "JAVA"}
    segments = [segment(1, never), segment(2, negated(never)), segment(3, PRO)]
    file = data_file(flag("flag", 1, listed, variations=[*map(variation, keys)]), segments=segments)
    found = [str(mistake) for mistake in inspected(json.dumps(file).encode()) if mistake.kind == "nobody"]
    with KameleoonClient("site", KameleoonClientConfig.offline(file)) as client:
        for number in range(100):
            code = f"visitor{number}"
            client.add_data(code, *([CustomData(1, "pro")] if number % 2 else []))
            given_variation = client.get_variation(code, "flag", track=False)
            if any("nobody gets anything but" in line for line in found):
                assert given_variation.key == "off"
            for each in listed:
                if any(f"rule {each['id']}: it is never asked" in line for line in found):
                    assert given_variation.experiment_id != each["experimentId"]
