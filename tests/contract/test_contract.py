"""The harness tells right from wrong, and this client keeps the contract (all of it: ``make contract``)."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from tests.contract import deliberate, recorded, report
from tests.contract.adapter.clients import Ours
from tests.contract.adapter.python_client import about
from tests.contract.adapter.server import AdapterServer, Unsupported
from tests.contract.comparison import agrees, same
from tests.contract.connection import Adapter
from tests.contract.deliberate.events import conversion
from tests.contract.harness import Outcome, run
from tests.contract.scenario import Command, Scenario, Sent

ROOT = Path(__file__).parents[2]
RECORDED = list(recorded.scenarios())
DELIBERATE = {scenario.name: scenario for scenario in deliberate.scenarios()}
SLOW = {
    "a-token-is-asked-for-again-soon",
    "close-ends-in-time-though-the-service-hangs",
    "flush-says-that-nothing-has-arrived",
    "the-first-data-file-is-asked-for-again-soon",
}

Connect = Callable[..., Adapter]

pytestmark = pytest.mark.filterwarnings("ignore")


@pytest.fixture
def connect() -> Iterator[Connect]:
    """A connection to an adapter of a class of clients, which is served meanwhile."""
    servers: list[AdapterServer] = []

    def made(client: type[Ours] = Ours, capabilities: list[str] | None = None, timeout: float = 30.0) -> Adapter:
        shown = about("tested", ["messages", "offline"])
        server = AdapterServer({**shown, "capabilities": capabilities or shown["capabilities"]}, client)
        servers.append(server)
        threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
        return Adapter(server.url, timeout)

    yield made
    for server in servers:
        server.shutdown()
        server.server_close()


def sampled(count: int) -> list[Scenario]:
    """Recorded scenarios that are far from each other, with events among them."""
    return RECORDED[:: len(RECORDED) // count][:count]


def played(adapter: Adapter, *scenarios: Scenario) -> list[Outcome]:
    return list(run(adapter, scenarios))


def test_this_client_keeps_the_contract(connect: Connect, log: Any) -> None:
    scenarios = [*sampled(12), *(one for name, one in DELIBERATE.items() if name not in SLOW)]
    assert sum(isinstance(step, Sent) for scenario in scenarios for step in scenario.steps) > 10
    found = played(connect(), *scenarios)
    assert [report.as_text(outcome) for outcome in found if outcome.result != "passed"] == []


def test_all_scenarios_are_there_and_have_names_of_their_own() -> None:
    names = [scenario.name for scenario in RECORDED]
    assert len(names) == 360
    assert len({*names, *DELIBERATE}) == 360 + len(DELIBERATE)
    assert all(scenario.why and scenario.group == "deliberate" for scenario in DELIBERATE.values())


# Adapters that answer otherwise than they should: each is found, at the step where it does.


class Wrong(Ours):
    """Answers one command otherwise."""

    wrong: tuple[str, Callable[[Any], Any]]

    def run(self, command: str, parameters: dict[str, Any]) -> Any:
        answer = super().run(command, parameters)
        name, change = self.wrong
        return change(answer) if command == name else answer


def raising(error: type[Exception]) -> Callable[[Any], Any]:
    def change(answer: Any) -> Any:
        raise error("of the adapter's own")

    return change


def with_an_id_more(variation: dict[str, Any]) -> dict[str, Any]:
    return {**variation, "id": (variation["id"] or 0) + 1}


@pytest.mark.parametrize(
    ("command", "change"),
    [
        ("is_feature_active", lambda answer: not answer),
        ("is_feature_active", int),
        ("is_feature_active", raising(KeyError)),
        ("get_variation", with_an_id_more),
        ("get_variation", lambda answer: {**answer, "more": 1}),
        ("get_variation", lambda answer: {**answer, "variables": {}}),
        ("get_variations", lambda answer: dict(list(answer.items())[1:])),
        ("get_feature_list", lambda answer: answer[::-1]),
        ("get_visitor_code", lambda answer: {**answer, "visitor_code": answer["visitor_code"] + "x"}),
        ("set_legal_consent", lambda answer: {"cookie": {"value": "somebody"}}),
    ],
)
def test_a_wrong_answer_is_found(connect: Connect, command: str, change: Any, log: Any) -> None:
    scenario = next(one for one in RECORDED if is_answered(one, command))
    (right,) = played(connect(), scenario)
    assert right.result == "passed"
    (wrong,) = played(connect(type("_Wrong", (Wrong,), {"wrong": (command, change)})), scenario)
    assert wrong.result == "failed"
    assert {difference.what.split()[0] for difference in wrong.differences} >= {command}


def is_answered(scenario: Scenario, command: str) -> bool:
    """Whether a scenario has this command, with an answer in which something can be wrong."""
    return any(
        isinstance(step, Command)
        and step.name == command
        and isinstance(step.expected.get("ok"), (dict, list, bool, str))
        and (step.expected["ok"] is False or len(str(step.expected["ok"])) > 4)
        and "variables': {}" not in str(step.expected)
        for step in scenario.steps
    )


class Losing(Ours):
    """Sends no conversion."""

    def run(self, command: str, parameters: dict[str, Any]) -> Any:
        return None if command == "track_conversion" else super().run(command, parameters)


class Doubling(Ours):
    """Sends each conversion twice."""

    def run(self, command: str, parameters: dict[str, Any]) -> Any:
        if command == "track_conversion":
            super().run(command, parameters)
        return super().run(command, parameters)


class Altering(Ours):
    """Sends another goal."""

    def run(self, command: str, parameters: dict[str, Any]) -> Any:
        if command == "track_conversion":
            parameters = {**parameters, "goal_id": parameters["goal_id"] + 1}
        return super().run(command, parameters)


CONVERTED = Scenario(
    "converted",
    DELIBERATE["what-waits-is-sent-when-the-client-is-closed"].data_file,
    [
        Command("track_conversion", {"visitor_code": "visitor", "goal_id": 7}, {"ok": None}),
        Command("flush", {"visitor_code": "visitor"}),
        Sent([conversion("visitor", 7)], within=1.0),
    ],
)


@pytest.mark.parametrize("client", [Losing, Doubling, Altering])
def test_an_event_that_is_lost_doubled_or_altered_is_found(connect: Connect, client: type[Ours]) -> None:
    (right,) = played(connect(), CONVERTED)
    assert right.result == "passed"
    (wrong,) = played(connect(client), CONVERTED)
    assert [(difference.step, difference.what) for difference in wrong.differences] == [
        (2, "what the service receives")
    ]


class Hanging(Ours):
    """Answers no evaluation."""

    def run(self, command: str, parameters: dict[str, Any]) -> Any:
        if command == "is_feature_active":
            time.sleep(15)
        return super().run(command, parameters)


def test_one_that_falls_silent_is_started_anew_and_fails_one_scenario(connect: Connect) -> None:
    scenarios = [DELIBERATE[name] for name in ("segments-in-a-circle-are-false", "variables-of-the-default-variation")]
    found = list(run(connect(Hanging, timeout=1.5), scenarios, lambda: connect(Ours)))
    assert [outcome.result for outcome in found] == ["failed", "passed"]
    assert "no answer within 1.5 s" in str(found[0].differences[0].actual)
    found = list(run(connect(Hanging, timeout=1.5), scenarios))
    assert [outcome.result for outcome in found] == ["failed", "failed"]


def test_what_an_adapter_lacks_is_skipped_and_what_it_does_not_keep_to_has_failed(connect: Connect) -> None:
    scenario = DELIBERATE["variables-of-the-default-variation"]
    (skipped,) = played(connect(capabilities=["is_feature_active"]), scenario)
    assert (skipped.result, skipped.lacks) == ("skipped", ["get_feature_variation_variables"])

    class Less(Ours):
        def run(self, command: str, parameters: dict[str, Any]) -> Any:
            raise Unsupported(command)

    (failed,) = played(connect(Less), scenario)
    assert "HTTP status 501" in failed.differences[0].actual


@pytest.mark.parametrize(
    ("expected", "actual", "is_same"),
    [
        (10, 10.0, True),
        (1, True, False),
        (False, 0, False),
        ({"a": None, "b": 1}, {"b": 1}, True),
        ({"b": 1}, {"a": 1, "b": 1}, False),
        ([1, 2], [2, 1], False),
        ({"$unordered": [1, 2, 2]}, [2, 1, 2], True),
        ({"$unordered": [1, 2, 2]}, [1, 1, 2], False),
        ({"$random": 16}, "0123456789abcdef", True),
        ({"$random": 16}, "0123456789abcde", False),
        ({"$random": 1}, 7, False),
        ("", None, False),
    ],
)
def test_what_counts_as_equal(expected: Any, actual: Any, is_same: bool) -> None:
    assert same(expected, actual) is is_same


def test_errors_are_compared_by_class_and_where_an_adapter_says_so_by_message() -> None:
    expected = {"error": "FeatureNotFound", "message": "Kameleoon error: Feature flag Id: x not found."}
    other = {"error": "FeatureNotFound", "message": "no flag x"}
    assert agrees(expected, expected, with_messages=True)
    assert not agrees(expected, other, with_messages=True)
    assert agrees(expected, other, with_messages=False)
    assert not agrees(expected, {"error": "FeatureError", "message": ""}, with_messages=False)
    assert not agrees(expected, {"ok": None}, with_messages=False)
    assert not agrees({"ok": None}, expected, with_messages=False)
    assert not agrees({"ok": None}, "nonsense", with_messages=False)


def test_reports_say_what_failed(connect: Connect) -> None:
    adapter = connect(type("_Wrong", (Wrong,), {"wrong": ("is_feature_active", lambda answer: not answer)}))
    names = ("segments-in-a-circle-are-false", "variables-of-the-default-variation")
    found = played(adapter, *(DELIBERATE[name] for name in names))
    told = json.loads(json.dumps(report.as_json(adapter.about, found)))
    assert (told["passed"], told["failed"], told["skipped"]) == (1, 1, 0)
    assert [one["result"] for one in told["scenarios"]] == ["failed", "passed"]
    assert told["scenarios"][0]["differences"][0]["actual"] == {"ok": True}
    suite = ElementTree.fromstring(report.as_junit(adapter.about, found))
    assert (suite.get("tests"), suite.get("failures"), suite.get("skipped")) == ("2", "1", "0")
    assert "is_feature_active" in (suite.findtext("testcase/failure") or "")
    assert report.as_text(found[0]).startswith("FAILED segments-in-a-circle-are-false")
    assert report.as_rows(found).startswith("| `segments-in-a-circle-are-false` |")


def harness(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "tests.contract", *arguments]
    return subprocess.run(command, check=False, cwd=ROOT, capture_output=True, text=True, timeout=120)


def test_the_command_says_by_its_status_what_came_of_it(connect: Connect) -> None:
    scenario = "segments-in-a-circle-are-false"
    right = harness("--adapter", "ours", "--only", scenario)
    assert right.returncode == 0, right.stdout + right.stderr
    assert "1 scenarios passed, 0 failed" in right.stdout
    url = "http://127.0.0.1:9"
    nobody = harness("--url", url, "--only", scenario)
    assert (nobody.returncode, nobody.stderr[:10]) == (2, "no adapter")


def test_the_page_names_scenarios_that_exist_and_says_how_many() -> None:
    page = (ROOT / "docs" / "contract.md").read_text(encoding="utf-8")
    table = page.partition("<!-- written by tests.contract -->")[2].partition("<!-- end")[0]
    failed = re.findall(r"^\| `([\w-]+)` \|", table, re.MULTILINE)
    assert len(failed) > 15
    assert set(failed) <= set(DELIBERATE)
    assert f"and {len(DELIBERATE)} *deliberate* ones" in page
    assert f"Of the {len(DELIBERATE)} deliberate ones" in page


def test_the_page_has_every_command_of_the_adapter() -> None:
    page = (ROOT / "docs" / "contract.md").read_text(encoding="utf-8")
    named = set(re.findall(r"^\| `(\w+)` \|", page.partition("### Commands")[2].partition("###")[0], re.MULTILINE))
    used = set.union(*(scenario.needs for scenario in [*RECORDED, *DELIBERATE.values()])) - {"offline"}
    assert used <= named
    assert named == set(about("ours", [])["capabilities"])
