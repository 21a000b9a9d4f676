"""Services that fail, lie or dawdle: a call keeps its time, and the client is well again soon after they are."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from tests.contract.scenario import Behave, Command, Misbehave, Scenario, Step
from tests.data_files import data_file, flag, rule, segment

_REMOTE = {"prices": {"basic": 10, "text": "x" * 200}}
_DATA_FILE = data_file(flag())
_PATIENCE = 25.0


def scenarios() -> Iterator[Scenario]:
    """All of them."""
    yield Scenario(
        "the-first-data-file-is-asked-for-again-soon",
        data_file(flag()),
        [Command("get_feature_list", {}, {"ok": ["flag"]}, patience=_PATIENCE)],
        before=[Misbehave("configuration", "status", {"status": 500, "times": 2})],
        client={"wait_second": 5},
        is_ready=False,
        why="a fetch that fails is tried again with back-off (docs/data-file.md)",
        group="deliberate",
    )
    yield _scenario(
        "a-token-is-asked-for-again-soon",
        "after a failed fetch the next one comes after 5 s, growing to 300 s (docs/network.md#access-tokens)",
        Misbehave("token", "status", {"status": 500}),
        Command("get_remote_data", {"key": "prices"}, {"ok": None}),
        Behave(),
        Command("get_remote_data", {"key": "prices"}, {"ok": _REMOTE["prices"]}, patience=_PATIENCE),
        requires_token=True,
    )
    yield _scenario(
        "a-time-out-bounds-the-whole-call",
        "one deadline goes down a call, whatever the service does (docs/network.md#time-outs)",
        Command("get_remote_data", {"key": "prices"}, {"ok": _REMOTE["prices"]}),  # the token is there now
        Misbehave("remote-data", "slow-bytes", {"seconds": 0.1}),
        Command("get_remote_data", {"key": "prices", "timeout": 0.5}, {"ok": None}, within=5.0),
    )
    yield _scenario(
        "an-answer-that-is-too-large-is-refused",
        "answers are bounded in size (docs/network.md#what-counts-as-success)",
        Misbehave("remote-data", "huge", {"size": 17_000_000}),
        Command("get_remote_data", {"key": "prices", "timeout": 20}, {"ok": None}),
    )
    yield _scenario(
        "redirects-are-not-followed",
        "nothing is handed to another host (docs/security.md)",
        Misbehave("remote-data", "redirect"),
        Command("get_remote_data", {"key": "prices"}, {"ok": None}),
    )
    yield from _remote_visitors()


def _remote_visitors() -> Iterator[Scenario]:
    """Remote visitor data of which the end is broken: none of it counts."""
    custom = {"data": {"index": 1, "valuesCountMap": {"gold": 1}}, "time": {"$now_ms": -1000}}
    visit = {"visitorCode": "visitor", "timeStarted": {"$now_ms": -2000}, "timeLastEvent": {"$now_ms": -1000}}
    condition = {"targetingType": "CUSTOM_DATUM", "customDataIndex": "1", "valueMatchType": "EXACT", "value": "gold"}
    file = data_file(
        flag(rules=[rule(segmentId=5)]),
        customData=[{"index": 1, "id": 1, "name": "plan"}],
        segments=[segment(5, condition)],
    )
    whole = {"currentVisit": {**visit, "customDataEvents": [custom]}}
    broken = {**whole, "previousVisits": 5}
    load: dict[str, Any] = {"visitor_code": "visitor"}
    datum = {"type": "CustomData", "index": 1, "values": ["gold"]}
    ask = {"visitor_code": "visitor", "feature_key": "flag"}
    yield _scenario(
        "remote-visitor-data-that-are-whole-are-stored",
        "the counterpart of the next one (docs/visitor-data.md#remote-visitor-data)",
        Command("get_remote_visitor_data", load, {"ok": [datum]}),
        Command("is_feature_active", ask, {"ok": True}),
        data_file=file,
        visitors={"visitor": whole},
    )
    yield _scenario(
        "of-broken-remote-visitor-data-nothing-is-stored",
        "a malformed answer gives an empty list; nothing is half stored (docs/visitor-data.md#remote-visitor-data)",
        Command("get_remote_visitor_data", load, {"ok": []}),
        Command("is_feature_active", ask, {"ok": False}),
        data_file=file,
        visitors={"visitor": broken},
    )


def _scenario(name: str, why: str, *steps: Step, data_file: dict[str, Any] = _DATA_FILE, **more: Any) -> Scenario:
    return Scenario(name, data_file, list(steps), remote=_REMOTE, why=why, group="deliberate", **more)
