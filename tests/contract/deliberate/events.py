"""Events: each that can be sent arrives once, whatever else the program does or the service refuses."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from tests.contract.scenario import Close, Command, Misbehave, Scenario, Sent, Step
from tests.data_files import data_file, flag

_DATA_FILE = data_file(flag())


def conversion(code: str, goal: int) -> list[list[str]]:
    """A conversion's event."""
    return [
        ["eventType", "conversion"],
        ["goalId", str(goal)],
        ["revenue", "0.0"],
        ["negative", "false"],
        ["visitorCode", code],
    ]


def custom_data(code: str, index: int, value: str) -> list[list[str]]:
    """A custom datum's event."""
    return [
        ["eventType", "customData"],
        ["index", str(index)],
        ["valuesCountMap", f'{{"{value}": 1}}'],
        ["overwrite", "true"],
        ["visitorCode", code],
    ]


def _convert(code: str, goal: Any, **more: Any) -> Command:
    return Command("track_conversion", {"visitor_code": code, "goal_id": goal, **more})


def _flush(code: str) -> Command:
    return Command("flush", {"visitor_code": code})


def scenarios() -> Iterator[Scenario]:
    """All of them."""
    datum = {"type": "CustomData", "index": 1, "values": ["gold"]}
    yield _scenario(
        "data-that-several-visitors-share-are-sent-for-each",
        "being sent is a state of what is stored, not of the caller's object (docs/tracking.md)",
        Command("add_data_to_each", {"visitor_codes": ["one", "two"], "data": [datum]}, {"ok": None}),
        _flush("one"),
        Sent([custom_data("one", 1, "gold")]),
        _flush("two"),
        Sent([custom_data("two", 1, "gold")]),
    )
    yield _scenario(
        "what-waits-is-sent-when-the-client-is-closed",
        "close sends what is queued (docs/tracking.md)",
        _convert("visitor", 7),
        Close(),
        Sent([conversion("visitor", 7)]),
    )
    yield _scenario(
        "close-ends-in-time-though-the-service-hangs",
        "close never hangs (docs/tracking.md)",
        Misbehave("tracking", "black-hole"),
        _convert("visitor", 7),
        _flush("visitor"),
        Close(within=20.0),
    )
    yield _scenario(
        "flush-says-that-everything-has-arrived",
        "flush can wait, and says whether all of it arrived (docs/tracking.md)",
        _convert("visitor", 7),
        Command("flush", {"visitor_code": "visitor", "wait_second": 20}, {"ok": True}),
        Sent([conversion("visitor", 7)], within=0.5),
    )
    yield _scenario(
        "flush-says-that-nothing-has-arrived",
        "flush can wait, and says whether all of it arrived (docs/tracking.md)",
        Misbehave("tracking", "status", {"status": 500}),
        _convert("visitor", 7),
        Command("flush", {"visitor_code": "visitor", "wait_second": 0.5}, {"ok": False}),
        Sent([], within=0.0),
    )
    yield _scenario(
        "a-goal-that-is-no-number-costs-no-other-event",
        "one wrong value costs no other one (docs/migrating.md)",
        _convert("visitor", "x"),
        _convert("visitor", 7),
        _flush("visitor"),
        Sent([conversion("visitor", 7)]),
    )
    yield _scenario(
        "a-revenue-that-is-no-number-costs-no-other-event",
        "one wrong value costs no other one (docs/migrating.md)",
        _convert("broken", 6, revenue={"no": "number"}),
        _convert("visitor", 7),
        Command("flush", {}),
        Sent([conversion("broken", 6), conversion("visitor", 7)]),
    )
    large = {"type": "CustomData", "index": 1, "values": ["x" * 3_000_000]}
    yield _scenario(
        "an-event-that-is-too-large-holds-up-no-other-one",
        "a line that alone is above the limit is refused when it is added (docs/tracking.md)",
        Command("add_data", {"visitor_code": "visitor", "data": [large]}, {"ok": None}),
        _convert("visitor", 7),
        _flush("visitor"),
        Sent([conversion("visitor", 7)]),
    )


def _scenario(name: str, why: str, *steps: Step) -> Scenario:
    return Scenario(name, _DATA_FILE, list(steps), why=why, group="deliberate")
