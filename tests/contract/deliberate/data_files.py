"""Data files that are broken, or made by an enemy: the rest of them works, and no call is held up."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from tests.contract.scenario import Command, Scenario
from tests.data_files import data_file, flag, rule, segment, targeted_by, variation

_PATTERN = "(a+)+b"
"""With a text of ``a`` alone a matcher that goes back tries each way to split it: twice as many for each ``a`` more."""


def _active(key: str, is_active: bool, code: str = "visitor", **more: Any) -> Command:
    return Command("is_feature_active", {"visitor_code": code, "feature_key": key}, {"ok": is_active}, **more)


def scenarios() -> Iterator[Scenario]:
    """All of them."""
    yield _scenario(
        "a-broken-flag-is-left-out",
        "one broken entry never poisons the file (docs/evaluation.md)",
        data_file(flag("first"), flag("broken", 2, variations=7, rules="none"), 5, flag("last", 3)),
        Command("get_feature_list", {}, {"ok": {"$unordered": ["first", "last"]}}),
        _active("first", True),
        _active("last", True),
    )
    yield _scenario(
        "a-broken-segment-is-left-out",
        "one broken entry never poisons the file (docs/evaluation.md)",
        data_file(
            flag("first", rules=[rule(segmentId=5)]),
            segments=[
                {"id": 4, "conditionsData": "none"},
                segment(5, {"targetingType": "NEW_VISITORS", "visitorType": "NEW"}),
            ],
        ),
        _active("first", True),
    )
    yield _scenario(
        "a-condition-that-cannot-be-read-is-false",
        "a condition that cannot be read does not hold, and holds where it is negated (docs/targeting.md)",
        data_file(
            flag("plain", 1, rules=[rule(10, segmentId=5)]),
            flag("negated", 2, rules=[rule(20, segmentId=6)]),
            segments=[segment(5, _broken()), segment(6, {**_broken(), "isInclude": False})],
        ),
        _active("plain", False),
        _active("negated", True),
    )
    in_a_circle = [segment(5, _of_segment(6)), segment(6, _of_segment(5)), segment(7, _of_segment(7))]
    yield _scenario(
        "segments-in-a-circle-are-false",
        "a segment that leads back to itself targets nobody (docs/targeting.md)",
        data_file(
            flag("two", 1, rules=[rule(10, segmentId=5)]),
            flag("one", 2, rules=[rule(20, segmentId=7)]),
            segments=in_a_circle,
        ),
        _active("two", False),
        _active("one", False),
    )
    yield _scenario(
        "no-pattern-holds-up-a-call",
        "a pattern is matched within bounded steps (docs/security.md)",
        targeted_by({"targetingType": "VISITOR_CODE", "matchType": "REGULAR_EXPRESSION", "visitorCode": _PATTERN}),
        _active("flag", False, "a" * 28, within=1.0),
    )
    yield _scenario(
        "variables-of-the-default-variation",
        "without a variation key the default variation is meant, as documented at level 3.4 (docs/migrating.md)",
        data_file(flag(variations=[variation("off", ("colour", "STRING", "grey")), variation("on")])),
        Command("get_feature_variation_variables", {"feature_key": "flag"}, {"ok": {"colour": "grey"}}),
    )
    yield Scenario(
        "a-client-without-a-service",
        data_file(flag()),
        [_active("flag", True), Command("get_feature_list", {}, {"ok": ["flag"]})],
        is_offline=True,
        group="deliberate",
        why="a data file alone will do (docs/configuration.md)",
    )


def _broken() -> dict[str, Any]:
    return {"targetingType": "CUSTOM_DATUM", "customDataIndex": {"no": "index"}, "valueMatchType": 7, "value": []}


def _of_segment(identifier: int) -> dict[str, Any]:
    return {"targetingType": "SEGMENT", "segmentId": identifier}


def _scenario(name: str, why: str, data_file: dict[str, Any], *steps: Command) -> Scenario:
    return Scenario(name, data_file, list(steps), why=why, group="deliberate")
