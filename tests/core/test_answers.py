"""Answers that depend on what an evaluation itself has saved, and odd input."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import quote

import pytest

from kameleoon.testing import Platform
from tests.data_files import data_file, flag, rule, segment, targeted_by

ALONE = {"targetingType": "EXCLUSIVE_EXPERIMENT", "campaignType": "EXPERIMENT"}
HOLDOUT = {
    "experimentId": 900,
    "variationByExposition": [{"variationKey": "out-of-holdout", "variationId": 901, "exposition": 1.0}],
}


def of_key(key: str) -> dict[str, str]:
    return {"targetingType": "TARGET_EXPERIMENT", "experimentId": 900, "variationMatchType": "ANY"} | {"key": key}


@pytest.mark.parametrize("scope", ["CURRENT_VISIT", "VISITOR"])
@pytest.mark.parametrize("kind", ["EXPERIMENT", "ANY", "PERSONALIZATION"])
@pytest.mark.parametrize("include", [True, False])
@pytest.mark.parametrize("rule_type", ["EXPERIMENTATION", "TARGETED_DELIVERY"])
def test_an_explanation_sees_the_holdout_assignment_as_the_evaluation_does(
    make_client: Any, scope: str, kind: str, include: bool, rule_type: str
) -> None:
    alone = {**ALONE, "campaignType": kind, "visitScope": scope, "isInclude": include}
    flags = [flag(rules=[rule(10, type=rule_type, segmentId=5), rule(20)])]
    client = make_client(data_file(*flags, segments=[segment(5, alone)], holdout=HOLDOUT))
    for code in ("stranger", "known"):
        if code == "known":
            client.set_legal_consent(code, True)
        explained = [client.explain(code, "flag").variation, client.explain(code, "flag").variation]
        assert explained == [client.get_variation(code, "flag")] * 2
        assert client.explain(code, "flag").variation == client.get_variation(code, "flag")
    stats = client.stats()
    client.explain("never seen", "flag")
    assert client.stats().visitors == stats.visitors, "explaining saves nothing"


def test_an_explanation_sees_a_targeting_of_the_holdout_experiment(make_client: Any) -> None:
    wanted = {"targetingType": "TARGET_EXPERIMENT", "experimentId": 900, "variationMatchType": "EXACT"}
    client = make_client(targeted_by({**wanted, "variationId": 901}, holdout=HOLDOUT))
    explanation = client.explain("v", "flag")
    assert explanation.variation == client.get_variation("v", "flag")
    assert explanation.variation.key == "on"


def test_of_a_repeated_key_in_the_simulation_cookie_the_last_one_counts(make_client: Any) -> None:
    client = make_client(data_file(flag(rules=[rule(exposition=0.0)])))
    on, off = '{"expId": 11, "varId": 12}', '{"expId": 0}'
    for first, last, key in (
        (on, off, "off"),
        (off, on, "on"),
        (on, '{"expId": 999, "varId": 1}', "off"),
        ("5", on, "on"),
    ):
        text = f'{{"flag": {first}, "flag": {last}}}'
        code = f"v {key} {first} {last}"[:200]
        client.get_visitor_code({"kameleoonVisitorCode": code, "kameleoonSimulationFFData": quote(text)})
        assert client.get_variation(code, "flag").key == key, text
    inside = '{"flag": {"expId": 0, "expId": 11, "varId": 1, "varId": 12}}'
    client.get_visitor_code({"kameleoonVisitorCode": "inside", "kameleoonSimulationFFData": quote(inside)})
    assert client.get_variation("inside", "flag").key == "on"


TIMES = [-(2**63), 2**63 - 1, -(2**62), 0, -1, 2**63, 10**30, 1e300, -1e300]


@pytest.mark.parametrize("condition", ["FIRST_VISIT", "LAST_VISIT", "SAME_DAY_VISITS", "VISITS", "CONVERSIONS"])
@pytest.mark.parametrize("match", ["GREATER", "LOWER", "EQUAL"])
def test_extreme_times_in_remote_data_raise_nothing(
    platform: Platform, make_online: Any, condition: str, match: str, log: Any
) -> None:
    asked = {"targetingType": condition, "countInMillis": 2**63 - 1, "visitCount": 2**63 - 1, "matchType": match}
    platform.set_data_file(targeted_by({**asked, "goalId": 1}))
    client = make_online()
    assert client.wait_init()
    for number, moment in enumerate(TIMES):
        visit = {
            "timeStarted": moment,
            "timeLastEvent": moment,
            "pageEvents": [{"data": {"href": "https://shop/"}, "time": moment}],
            "conversionEvents": [{"data": {"goalId": 1, "revenue": 1.0, "negative": False}, "time": moment}],
            "experimentEvents": [{"data": {"id": 11, "variationId": 12}, "time": moment}],
        }
        code = f"v{number}"
        platform.visitor_data[code] = json.loads(json.dumps({"currentVisit": visit, "previousVisits": [visit, visit]}))
        client.get_remote_visitor_data(code)
        answer = client.get_variation(code, "flag")
        assert client.explain(code, "flag").variation == answer
        client.evaluate_audiences(code)
        client.flush(code, instant=True)
