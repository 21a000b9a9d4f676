"""Evaluating as a visitor: what is entered, what comes of it, and what is said where it cannot be read."""

from __future__ import annotations

import json
from typing import Any

import pytest

from kameleoon import data as kinds
from kameleoon._demo.shop import data_file as shop
from kameleoon.testing.visitor_form import FormMistake, kinds_to_json, read_row, rows_of_events
from kameleoon.testing.visitor_view import evaluate
from tests.data_files import data_file, flag, rule, segment, targeted_by

PLAN = {"kind": "CustomData", "datum": "plan", "values": ["premium"]}
NAMED = {"customData": [{"index": 1, "name": "plan"}]}


def of(answer: dict[str, Any], key: str) -> dict[str, Any]:
    return next(found for found in answer["flags"] if found["key"] == key)


def test_every_flag_with_what_decided_it() -> None:
    answer = evaluate(shop(), {"visitor": "v", "data": [PLAN, {"kind": "Device", "device": "PHONE"}]})
    assert [found["key"] for found in answer["flags"]] == [found["featureKey"] for found in shop()["featureFlags"]]
    shipping = of(answer, "free_shipping")
    assert (shipping["variation"]["key"], shipping["because"]) == ("on", "Delivery (rule 3100)")
    assert shipping["variation"]["variables"] == {"threshold": 29.5}
    (decided,) = shipping["rules"]
    assert decided["is_decided"]
    assert decided["segment"]["groups"][0]["conditions"] == [
        {"words": "whose custom datum 'plan' is 'premium'", "holds": True, "has": '["premium"]', "segment": None}
    ]
    menu = of(answer, "mobile_menu")["rules"][0]["segment"]
    assert (menu["operators"], menu["groups"][1]["operators"]) == (["or"], ["and"])
    inner = of(answer, "app_beta")["rules"][0]["segment"]["groups"][0]["conditions"][1]
    assert (inner["words"], inner["segment"]["id"], inner["segment"]["holds"]) == (
        "who are in segment 1",
        1,
        True,
    )
    assert of(answer, "dark_mode")["variation"] is None
    assert "disabled" in of(answer, "dark_mode")["because"]
    assert of(answer, "age_gate")["because"] == "the default"
    assert json.loads(json.dumps(answer)) == answer


def test_nothing_is_kept_from_one_to_the_next() -> None:
    file = targeted_by({"targetingType": "DEVICE_TYPE", "device": "PHONE"})
    assert evaluate(file, {"visitor": "v", "data": [{"kind": "Device", "device": "PHONE"}]})["flags"][0]["variation"][
        "is_active"
    ]
    assert not evaluate(file, {"visitor": "v"})["flags"][0]["variation"]["is_active"]


def test_consent_and_forced_variations() -> None:
    experiment = rule(10, type="EXPERIMENTATION")
    file = data_file(flag(rules=[experiment]), configuration={"consentType": "REQUIRED"})
    assert evaluate(file, {"visitor": "v"})["flags"][0]["variation"]["key"] == "on"
    refused = evaluate(file, {"visitor": "v", "consent": False})["flags"][0]
    assert (refused["variation"]["key"], refused["because"]) == ("off", "the default, by Experiment 11")
    forced = {"kind": "ForcedVariation", "experiment": "11", "variation": "on", "targeted": True}
    assert evaluate(file, {"visitor": "v", "consent": False, "data": [forced]})["flags"][0]["variation"]["key"] == "on"


def test_a_flag_that_looks_at_what_another_has_assigned() -> None:
    looks = {"targetingType": "TARGET_EXPERIMENT", "experimentId": 11, "variationMatchType": "ANY"}
    file = data_file(flag("first", 1), flag("second", 2, [rule(20, segmentId=5)]), segments=[segment(5, looks)])
    first, second = evaluate(file, {"visitor": "v"})["flags"]
    assert first["together"] is None
    assert (second["variation"]["key"], second["together"]) == ("off", "on")


def test_segments_that_refer_to_many_are_shown_once() -> None:
    segments = [
        segment(number, *[{"targetingType": "SEGMENT", "segmentId": number + 1}] * 2) for number in range(5, 25)
    ]
    file = data_file(flag(rules=[rule(segmentId=5)]), segments=[*segments, segment(25)])
    assert len(json.dumps(evaluate(file, {"visitor": "v"}))) < 50_000


def test_a_condition_that_the_client_does_not_know_is_shown_as_it_is() -> None:
    answer = evaluate(targeted_by({"targetingType": "MOON_PHASE", "phase": "full"}), {"visitor": "v"})
    (condition,) = answer["flags"][0]["rules"][0]["segment"]["groups"][0]["conditions"]
    assert condition["words"].startswith("who meet MOON_PHASE (phase: full)")
    assert condition["holds"] is False


ROWS: list[tuple[dict[str, Any], Any]] = [
    (PLAN, kinds.CustomData(1, "premium")),
    ({"kind": "CustomData", "datum": "7", "values": "a\nb\n"}, kinds.CustomData(7, "a", "b")),
    ({"kind": "Device", "device": "TABLET"}, kinds.Device(kinds.DeviceType.TABLET)),
    ({"kind": "Browser", "browser": "FIREFOX", "version": "121.5"}, kinds.Browser(kinds.BrowserType.FIREFOX, 121.5)),
    ({"kind": "Browser", "browser": "FIREFOX", "version": ""}, kinds.Browser(kinds.BrowserType.FIREFOX)),
    ({"kind": "OperatingSystem", "os": "IOS"}, kinds.OperatingSystem(kinds.OperatingSystemType.IOS)),
    ({"kind": "Geolocation", "country": "France", "city": "Brest"}, kinds.Geolocation("France", None, "Brest")),
    ({"kind": "PageView", "url": "/cart", "title": "Cart"}, kinds.PageView("/cart", "Cart")),
    ({"kind": "Conversion", "goal": "5", "revenue": "49.9", "negative": True}, kinds.Conversion(5, 49.9, True)),
    ({"kind": "Cookie", "cookies": "a=1\nb=x=y"}, kinds.Cookie({"a": "1", "b": "x=y"})),
    ({"kind": "ApplicationVersion", "version": "3.4"}, kinds.ApplicationVersion("3.4")),
    ({"kind": "UserAgent", "value": "Mozilla"}, kinds.UserAgent("Mozilla")),
    ({"kind": "UniqueIdentifier", "value": True}, kinds.UniqueIdentifier(True)),
]


@pytest.mark.parametrize(("row", "datum"), ROWS)
def test_a_row_is_read(row: dict[str, Any], datum: Any) -> None:
    assert read_row(row, 0, NAMED) == datum


def test_every_kind_of_data_can_be_entered() -> None:
    names = {name for name, kind in vars(kinds).items() if isinstance(kind, type) and issubclass(kind, kinds.Data)}
    offered = {kind["name"] for kind in kinds_to_json({})}
    assert offered == names - {"Data"} | {"ForcedVariation"}
    assert {row["kind"] for row, _ in ROWS} == names - {"Data"}
    assert kinds_to_json(NAMED)[0]["fields"][0]["suggestions"] == ["plan"]


@pytest.mark.parametrize(
    ("request_", "message", "row", "field"),
    [
        ({}, "visitor code: expected a text, got nothing", None, "visitor"),
        ({"visitor": 5}, "visitor code: expected a text, got 5", None, "visitor"),
        ({"visitor": "x" * 256}, "is longer than 255 chars", None, "visitor"),
        ({"visitor": "v", "consent": "yes"}, "consent: expected true, false or null, got 'yes'", None, "consent"),
        ({"visitor": "v", "data": "text"}, "data: expected a list of at most 1000 rows", None, "data"),
        ({"visitor": "v", "data": [PLAN, 5]}, "expected a kind with its fields, got 5", 1, "kind"),
        ({"visitor": "v", "data": [{"kind": "Devise"}]}, "there is no kind of data 'Devise'; did you mean 'Device'?", 0, "kind"),
        ({"visitor": "v", "data": [{"kind": "Device", "device": "TOASTER"}]}, "device: expected one of PHONE, TABLET, DESKTOP, got 'TOASTER'", 0, "device"),
        ({"visitor": "v", "data": [{"kind": "Device"}]}, "device: it is needed", 0, "device"),
        ({"visitor": "v", "data": [{**PLAN, "datum": "plam"}]}, "the data file has no custom datum 'plam'; did you mean 'plan'?", 0, "datum"),
        ({"visitor": "v", "data": [{**PLAN, "datum": "zz"}]}, "the data file has no custom datum 'zz'; it has plan", 0, "datum"),
        ({"visitor": "v", "data": [{**PLAN, "values": [1]}]}, "expected texts, such as gold, got [1]", 0, "values"),
        ({"visitor": "v", "data": [{"kind": "Conversion", "goal": "5.5"}]}, "goal: expected an integer, such as 5, got '5.5'", 0, "goal"),
        ({"visitor": "v", "data": [{"kind": "Conversion", "goal": "5", "revenue": "nan"}]}, "revenue: expected a number, such as 49.9, got 'nan'", 0, "revenue"),
        ({"visitor": "v", "data": [{"kind": "Cookie", "cookies": "theme"}]}, "expected name=value on each line, got 'theme'", 0, "cookies"),
        ({"visitor": "v", "data": [{"kind": "Geolocation", "country": ""}]}, "country: it is needed, such as France", 0, "country"),
        ({"visitor": "v", "data": [{"kind": "ForcedVariation", "experiment": 9, "variation": "on"}]}, "9", 0, "experiment"),
        ({"visitor": "v", "data": [{"kind": "ForcedVariation", "experiment": 11, "variation": "no"}]}, "no", 0, "variation"),
    ],
)  # fmt: skip
def test_what_cannot_be_read_is_told_where(request_: Any, message: str, row: int | None, field: str) -> None:
    with pytest.raises(FormMistake) as caught:
        evaluate(data_file(flag(rules=[rule(type="EXPERIMENTATION")]), **NAMED), request_)
    assert message in str(caught.value)
    assert (caught.value.row, caught.value.field) == (row, field)


def test_rows_of_what_events_tell() -> None:
    events = [
        {"eventType": "customData", "index": "1", "valuesCountMap": '{"gold":1}', "overwrite": "true"},
        {"eventType": "customData", "index": "1", "valuesCountMap": '{"silver":1,"tin":1}'},
        {"eventType": "customData", "index": "8", "valuesCountMap": "broken"},
        {"eventType": "staticData", "browserIndex": "2", "browserVersion": "121.0"},
        {"eventType": "staticData", "deviceType": "PHONE"},
        {"eventType": "staticData", "os": "IOS", "osIndex": "2"},
        {"eventType": "staticData", "browserIndex": "77", "deviceType": "TOASTER", "os": "DOS"},
        {"eventType": "geolocation", "country": "France", "city": "Brest"},
        {"eventType": "page", "href": "/cart", "title": "Cart"},
        {"eventType": "conversion", "nonce": "1", "goalId": "5", "revenue": "49.9", "negative": "false"},
        {"eventType": "conversion", "nonce": "2", "goalId": "5", "revenue": "1", "negative": "true"},
        {"eventType": "experiment", "id": "11", "variationId": "12"},
        {"eventType": "activity"},
    ]
    rows = rows_of_events(events, NAMED)
    assert [read_row(row, 0, NAMED) for row in rows] == [
        kinds.CustomData(1, "silver", "tin"),
        kinds.CustomData(8),
        kinds.Browser(kinds.BrowserType.FIREFOX, 121.0),
        kinds.Device(kinds.DeviceType.PHONE),
        kinds.OperatingSystem(kinds.OperatingSystemType.IOS),
        kinds.Geolocation("France", None, "Brest"),
        kinds.PageView("/cart", "Cart"),
        kinds.Conversion(5, 49.9),
        kinds.Conversion(5, 1.0, True),
    ]
    assert rows[0]["datum"] == "plan"
