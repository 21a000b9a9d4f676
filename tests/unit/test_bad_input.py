"""Data files and data that are broken: a clear error or a logged omission, and every other flag is right."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kameleoon import CustomData, KameleoonClientConfig, exceptions
from kameleoon._native import bucket
from kameleoon.kameleoon_client import KameleoonClient
from tests.data_files import data_file, flag, rule, segment, targeted_by, variation

NEVER = {"targetingType": "VISITOR_CODE", "matchType": "EXACT", "visitorCode": "nobody"}


def test_every_truncation_is_an_error() -> None:
    text = json.dumps(data_file(flag())).encode()
    for length in range(len(text)):
        with pytest.raises(exceptions.ConfigException, match="unreadable data file"):
            KameleoonClient("site", KameleoonClientConfig.offline(text[:length]))


@pytest.mark.parametrize("depth", [300, 10_000, 1_000_000])
@pytest.mark.parametrize(("opening", "closing"), [("[", "]"), ('{"a":', "}")])
def test_deep_nesting_is_an_error(depth: int, opening: str, closing: str) -> None:
    text = (opening * depth + "1" + closing * depth).encode()
    with pytest.raises(exceptions.ConfigException, match="recursion"):
        KameleoonClient("site", KameleoonClientConfig.offline(text))


def test_a_cyclic_or_deep_mapping_is_an_error() -> None:
    cyclic: dict[str, Any] = {}
    cyclic["featureFlags"] = [cyclic]
    deep: dict[str, Any] = {}
    for _ in range(10_000):
        deep = {"a": deep}
    for source in (cyclic, deep):
        with pytest.raises(exceptions.ConfigException, match="default data file"):
            KameleoonClient("site", KameleoonClientConfig.offline(source))


@pytest.mark.long
def test_fifty_megabytes(make_client) -> None:
    flags = [flag(f"flag {number}", number) for number in range(120_000)]
    text = json.dumps(data_file(*flags)).encode()
    assert len(text) > 40_000_000
    client = make_client(text)
    assert len(client.get_feature_list()) == 120_000
    assert client.is_feature_active("v", "flag 119999")


BROKEN_FLAGS = [
    5, None, [], "text", {}, {"featureKey": 5}, {"featureKey": "x", "id": "1"}, {"featureKey": "x", "id": 10**30},
    {"featureKey": "x", "variations": 7}, {"featureKey": "x", "rules": {"a": 1}}, {"featureKey": "x", "environmentEnabled": "yes"},
    {"featureKey": "x", "defaultVariationKey": []},
]  # fmt: skip


@pytest.mark.parametrize("broken", BROKEN_FLAGS, ids=repr)
def test_a_broken_flag_is_left_out_and_logged_and_the_others_work(make_client, log, broken: Any) -> None:
    client = make_client(data_file(broken, flag("sound", 2)))
    assert client.get_feature_list() == ["sound"]
    assert client.get_variation("v", "sound").key == "on"
    assert "feature flag" in log


BROKEN_RULES = [
    7, {}, rule(id="10"), rule(id=10**30), rule(exposition=float("nan")), rule(exposition=float("inf")), rule(exposition="1"),
    rule(experimentId=1.5), rule(respoolTime="soon"), rule(variationByExposition=[{"exposition": float("-inf")}]),
    rule(variationByExposition=[{"variationKey": 5}]), rule(variationByExposition={}), rule(segmentId=[]),
]  # fmt: skip


@pytest.mark.parametrize("broken", BROKEN_RULES, ids=lambda rule: json.dumps(rule)[:60])
def test_a_broken_rule_is_left_out_whole_and_logged(make_client, log, broken: Any) -> None:
    client = make_client(data_file(flag("x", 1, [broken, rule(40)]), flag("sound", 2, [rule(50)])))
    assert client.get_variation("v", "x").id_ == 42
    assert client.get_variation("v", "sound").id_ == 52
    assert "rule" in log


BROKEN_CONDITIONS = [
    {}, {"targetingType": 5}, {"targetingType": "BROWSER"}, {"targetingType": "CUSTOM_DATUM", "customDataIndex": "x"},
    {"targetingType": "PAGE_URL", "url": "(", "matchType": "REGULAR_EXPRESSION"}, {"targetingType": "SEGMENT", "segmentId": 99},
    {"targetingType": "PAGE_VIEWS", "pageCount": "3", "matchType": "EQUAL"}, {"targetingType": "VISITS", "visitCount": 1},
    {"targetingType": "GEOLOCATION", "country": 5}, {"targetingType": "COOKIE", "name": "a"}, {"targetingType": "EXPLICIT_TRIGGER"},
    {"targetingType": "HEAT_SLICE", "keyMomentId": 1}, {"targetingType": "PAGE_URL", "url": "(?:(?i:a)+", "matchType": "REGULAR_EXPRESSION"},
]  # fmt: skip


@pytest.mark.parametrize("broken", BROKEN_CONDITIONS, ids=repr)
def test_a_condition_that_cannot_be_read_is_false_before_negation(make_client, log, broken: dict[str, Any]) -> None:
    client = make_client(targeted_by(broken))
    assert "condition" in log
    assert not client.is_feature_active("v", "flag")
    assert make_client(targeted_by({**broken, "isInclude": False})).is_feature_active("v", "flag")


def test_cycles_of_segments_are_false(make_client, log) -> None:
    def refers(identifier: int, target: int, *more: dict[str, Any]) -> dict[str, Any]:
        return segment(identifier, {"targetingType": "SEGMENT", "segmentId": target}, *more)

    segments = [refers(1, 1), refers(2, 3), refers(3, 2), refers(4, 2), segment(6)]
    flags = [flag(f"f{number}", number, [rule(number * 10, segmentId=number)]) for number in (1, 2, 3, 4, 6)]
    client = make_client(data_file(*flags, segments=segments))
    assert [client.is_feature_active("v", f"f{number}") for number in (1, 2, 3, 4, 6)] == [
        False,
        False,
        False,
        False,
        True,
    ]
    assert "leads back to itself" in log


def test_a_chain_of_ten_thousand_segments_takes_no_stack(make_client, log) -> None:
    chain = [segment(n, {"targetingType": "SEGMENT", "segmentId": n + 1}) for n in range(10_000)]
    flags = [flag("deep", 1, [rule(segmentId=0)]), flag("shallow", 2, [rule(20, segmentId=9_950)])]
    client = make_client(data_file(*flags, segments=[*chain, segment(10_000)]))
    assert not client.is_feature_active("v", "deep")
    assert client.is_feature_active("v", "shallow")
    assert "leads too deep" in log


def test_a_hundred_thousand_conditions(make_client) -> None:
    conditions = [NEVER] * 100_000
    group = {"conditions": conditions, "orOperators": [True] * (len(conditions) - 1)}
    big = {"id": 5, "conditionsData": {"firstLevel": [group], "firstLevelOrOperators": []}}
    client = make_client(data_file(flag(rules=[rule(segmentId=5)]), segments=[big]))
    assert not client.is_feature_active("v", "flag")
    assert client.is_feature_active("nobody", "flag")


def test_lone_surrogates_in_a_data_file_break_nothing(make_client) -> None:
    text = json.dumps(data_file(flag(variations=[variation("on", ("t", "STRING", "\ud800"))])))
    assert "\\ud800" in text
    assert make_client(text.encode()).get_variation("v", "flag").variables["t"].value == "\ufffd"


def test_json_variables_that_are_no_json_are_none_and_logged(make_client, log) -> None:
    on = variation(
        "on", ("bad", "JSON", "{bad"), ("deep", "JSON", "[" * 5000 + "]" * 5000), ("good", "JSON", "[NaN, 1e400]")
    )
    variables = make_client(data_file(flag(variations=[on]))).get_variation("v", "flag").variables
    assert variables["bad"].value is None
    assert variables["deep"].value is None
    assert repr(variables["good"].value) == "[nan, inf]"
    assert '"bad"' in log


def test_two_mapping_identifiers_warn_and_the_last_one_wins(make_client, log) -> None:
    custom_data = [{"index": index, "id": index, "name": f"n{index}", "isMappingIdentifier": True} for index in (1, 2)]
    client = make_client(targeted_by({"targetingType": "CUSTOM_DATUM", "customDataIndex": "3", "valueMatchType": "EXACT",
                                      "value": "x"}, customData=[*custom_data, {"index": None, "name": "no index"}]))  # fmt: skip
    assert "mapping identifier" in log
    client.add_data("a", CustomData(2, "b"))
    client.add_data("b", CustomData(3, "x"))
    assert client.is_feature_active("a", "flag")


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(code=st.text(min_size=1, max_size=255), values=st.lists(st.text(), max_size=4), operator=st.sampled_from(
    ["EXACT", "CONTAINS", "REGULAR_EXPRESSION", "EQUAL", "GREATER", "LOWER", "TRUE", "AMONG_VALUES", "UNDEFINED"]
), value=st.text())  # fmt: skip
def test_any_text_anywhere_never_raises_what_is_not_documented(
    code: str, values: list[str], operator: str, value: str
) -> None:
    condition = {"targetingType": "CUSTOM_DATUM", "customDataIndex": "1", "valueMatchType": operator, "value": value}
    sound = flag("sound", 2, [rule(20, type="EXPERIMENTATION", variationByExposition=[
        {"variationKey": "off", "variationId": 1, "exposition": 0.5}, {"variationKey": "on", "variationId": 2, "exposition": 0.5},
    ])])  # fmt: skip
    source = targeted_by(condition)
    source["featureFlags"].append(sound)
    with KameleoonClient("site", KameleoonClientConfig.offline(source)) as client:
        client.add_data(code, CustomData(1, *values))
        client.is_feature_active(code, "flag")
        client.explain(code, "flag")
        assert client.is_feature_active(code, "sound") == (bucket(code, 21) > 0.5)
