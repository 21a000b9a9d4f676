"""Calls with what programs give them by mistake, and results that programs change."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from tests.contract.scenario import Command, Scenario
from tests.data_files import data_file, flag, rule, segment, variation

_DATA_FILE = data_file(flag())
_COOKIE = {"domain": "example.com", "path": "/", "max_age": 32832000}


def scenarios() -> Iterator[Scenario]:
    """All of them."""
    yield _scenario(
        "a-code-that-is-no-unicode-is-refused",
        "one exception for every unusable code (docs/visitor-data.md)",
        Command(
            "get_variation",
            {"visitor_code": "\ud800", "feature_key": "flag"},
            {"error": "VisitorCodeInvalid"},
        ),
    )
    yield _scenario(
        "an-empty-default-code-is-none",
        "a random code is made (docs/migrating.md)",
        Command(
            "get_visitor_code",
            {"cookie": "", "default_visitor_code": ""},
            {"ok": {"visitor_code": {"$random": 16}, "cookie": {"value": {"$random": 16}, **_COOKIE}}},
        ),
    )
    yield _scenario(
        "an-empty-cookie-is-none",
        "the code of the other cookies counts (docs/migrating.md)",
        Command(
            "get_visitor_code",
            {"cookie_readonly": "kameleoonVisitorCode=", "cookie": "kameleoonVisitorCode=somebody"},
            {"ok": {"visitor_code": "somebody", "cookie": None}},
        ),
    )
    yield _scenario(
        "a-page-without-a-title",
        "the title is optional, as documented (docs/migrating.md)",
        Command("add_data", _one("visitor", {"type": "PageView", "url": "https://shop.example/"}), {"ok": None}),
    )
    yield _last_of_several_pages()
    yield _result_that_is_changed()
    yield _goal_as_text()


def _last_of_several_pages() -> Scenario:
    """Added in one call, so at one time."""
    urls = [f"https://shop.example/{number}" for number in range(8)]
    data = [{"type": "PageView", "url": url, "title": "page"} for url in urls]
    latest = {"targetingType": "PAGE_URL", "matchType": "EXACT", "url": urls[-1]}
    previous = {"targetingType": "PREVIOUS_PAGE", "matchType": "EXACT", "url": urls[-2]}
    return _scenario(
        "of-pages-at-one-time-the-last-one-is-the-latest",
        "ties are broken by the order of arrival (docs/targeting.md)",
        Command("add_data", {"visitor_code": "visitor", "data": data}, {"ok": None}),
        Command("is_feature_active", {"visitor_code": "visitor", "feature_key": "flag"}, {"ok": True}),
        data_file=data_file(flag(rules=[rule(segmentId=5)]), segments=[segment(5, latest, previous)]),
    )


def _result_that_is_changed() -> Scenario:
    variables = [("list", "JSON", "[1, 2]"), ("name", "STRING", "on")]
    expected = {
        "key": "on",
        "name": "ON",
        "id": 12,
        "experiment_id": 11,
        "is_active": True,
        "variables": {
            "list": {"key": "list", "type": "JSON", "value": [1, 2]},
            "name": {"key": "name", "type": "STRING", "value": "on"},
        },
    }
    parameters = {"visitor_code": "visitor", "feature_key": "flag"}
    return _scenario(
        "a-result-that-a-caller-changes-is-its-own",
        "a result never lets its user change what another caller gets (docs/architecture.md)",
        Command("get_variation_and_spoil", parameters),
        Command("get_variation", parameters, {"ok": expected}),
        Command("get_feature_variable", {**parameters, "variable_key": "list"}, {"ok": [1, 2]}),
        data_file=data_file(flag(variations=[variation("off"), variation("on", *variables)])),
    )


def _goal_as_text() -> Scenario:
    condition = {"targetingType": "CONVERSIONS", "goalId": 32}
    return _scenario(
        "a-goal-as-text-counts-for-conditions-too",
        "what is sent is what counts (docs/migrating.md#odd-arguments)",
        Command("track_conversion", {"visitor_code": "visitor", "goal_id": "32"}, {"ok": None}),
        Command("is_feature_active", {"visitor_code": "visitor", "feature_key": "flag"}, {"ok": True}),
        data_file=data_file(flag(rules=[rule(segmentId=5)]), segments=[segment(5, condition)]),
    )


def _one(code: str, datum: dict[str, Any]) -> dict[str, Any]:
    return {"visitor_code": code, "data": [datum]}


def _scenario(name: str, why: str, *steps: Command, data_file: dict[str, Any] = _DATA_FILE) -> Scenario:
    return Scenario(name, data_file, list(steps), why=why, group="deliberate")
