"""Drives an adapter through scenarios: makes the service and the client of each, takes its steps, and compares."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from kameleoon.testing import Platform
from tests.conformance.lines import compared
from tests.conformance.replay import substitute
from tests.contract.comparison import agrees
from tests.contract.connection import Adapter, Refused, Silent
from tests.contract.scenario import (
    ABSENT,
    Behave,
    Close,
    Command,
    Misbehave,
    Scenario,
    Sent,
    Sleep,
    Step,
)

_AGAIN_SECONDS = 0.1
_LOOK_SECONDS = 0.02


@dataclass(frozen=True)
class Difference:
    """A step that came out otherwise than expected. ``step``: its number, from 0; that of making the client is -1."""

    step: int
    what: str
    expected: Any
    actual: Any


@dataclass(frozen=True)
class Outcome:
    """What became of a scenario: ``passed``, ``failed`` or ``skipped``, with the capabilities that it ``lacks``."""

    scenario: Scenario
    steps: int = 0
    seconds: float = 0.0
    differences: list[Difference] = field(default_factory=list)
    lacks: list[str] = field(default_factory=list)

    @property
    def result(self) -> str:
        return "skipped" if self.lacks else "failed" if self.differences else "passed"


def run(
    adapter: Adapter, scenarios: Iterable[Scenario], revive: Callable[[], Adapter] | None = None
) -> Iterator[Outcome]:
    """The outcome of each scenario, one after another. ``revive``: starts the adapter anew after one in which it fell
    silent; without it that is the end, and all that follow have failed.
    """
    is_silent = False
    for number, scenario in enumerate(scenarios, 1):
        lacks = sorted(scenario.needs - adapter.capabilities)
        if lacks:
            yield Outcome(scenario, lacks=lacks)
            continue
        if is_silent and revive is None:
            yield Outcome(
                scenario, differences=[Difference(-1, "the adapter", "an answer", "silence since an earlier one")]
            )
            continue
        if is_silent and revive is not None:
            adapter = revive()
        play = _Run(adapter, scenario, f"contract-{number}")
        yield play.outcome()
        is_silent = play.is_silent


class _Run:
    """One scenario on one client."""

    def __init__(self, adapter: Adapter, scenario: Scenario, site_code: str) -> None:
        self._adapter, self._scenario, self._site_code = adapter, scenario, site_code
        self._now = int(time.time() * 1000)
        self._client = ""
        self.is_silent = False

    def outcome(self) -> Outcome:
        scenario, began, number = self._scenario, time.monotonic(), -1
        differences: list[Difference] = []
        with Platform(substitute(scenario.data_file, self._now)) as platform:
            platform.visitor_data = substitute(scenario.visitors, self._now)
            platform.remote_data = scenario.remote
            platform.requires_token = scenario.requires_token
            try:
                for step in scenario.before:
                    self._take(number, step, platform)
                differences += self._make_client(platform)
                for number, step in enumerate(scenario.steps):  # for the exception
                    differences += self._take(number, step, platform)
            except Refused as error:
                self.is_silent = isinstance(error, Silent)
                differences.append(Difference(number, "the adapter", "an answer as the protocol says", str(error)))
            differences += self._close(number)
        return Outcome(scenario, len(scenario.steps), time.monotonic() - began, differences)

    def _make_client(self, platform: Platform) -> Iterator[Difference]:
        options = {
            "site_code": self._site_code,
            "top_level_domain": "example.com",
            "tracking_interval_millisecond": 5000,
            **self._scenario.client,
        }
        if self._scenario.is_offline:
            options["data_file"] = substitute(self._scenario.data_file, self._now)
        else:
            options["service"] = platform.origin
        self._client, is_ready = self._adapter.make_client(options)
        if is_ready != self._scenario.is_ready:
            yield Difference(-1, "a client is made", {"ready": self._scenario.is_ready}, {"ready": is_ready})

    def _close(self, number: int, within: float | None = None) -> list[Difference]:
        client, self._client = self._client, ""
        if not client or self.is_silent:
            return []
        began = time.monotonic()
        try:
            self._adapter.close_client(client)
        except Refused as error:
            self.is_silent = isinstance(error, Silent)
            return [Difference(number, "the client is closed", "an answer", str(error))]
        return self._late(number, "the client is closed", within, time.monotonic() - began)

    @staticmethod
    def _late(number: int, what: str, within: float | None, seconds: float) -> list[Difference]:
        if within is None or seconds <= within:
            return []
        return [Difference(number, what, f"an answer within {within} s", f"one after {seconds:.1f} s")]

    def _take(self, number: int, step: Step, platform: Platform) -> list[Difference]:
        if isinstance(step, Command):
            return self._command(number, step)
        if isinstance(step, Sent):
            return self._sent(number, step, platform)
        if isinstance(step, Close):
            return self._close(number, step.within)
        if isinstance(step, Sleep):
            time.sleep(step.seconds)
        elif isinstance(step, Misbehave):
            platform.misbehave(step.service, step.kind, **step.details)
        elif isinstance(step, Behave):
            platform.behave()
        return []

    def _command(self, number: int, step: Command) -> list[Difference]:
        shown = f"{step.name} {json.dumps(step.parameters)}"
        end = time.monotonic() + step.patience
        while True:
            began = time.monotonic()
            actual = self._adapter.run(self._client, step.name, step.parameters)
            seconds = time.monotonic() - began
            has_messages = "messages" in self._adapter.capabilities
            is_right = step.expected is ABSENT or agrees(step.expected, actual, with_messages=has_messages)
            if is_right or time.monotonic() > end:
                break
            time.sleep(_AGAIN_SECONDS)
        found = [] if is_right else [Difference(number, shown, step.expected, actual)]
        return found + self._late(number, shown, step.within, seconds)

    def _sent(self, number: int, step: Sent, platform: Platform) -> list[Difference]:
        expected = sorted(step.events)
        end = time.monotonic() + step.within
        while (actual := compared(platform.received.lines)) != expected and time.monotonic() < end:
            time.sleep(_LOOK_SECONDS)
        platform.received.clear()
        if actual == expected:
            return []
        return [
            Difference(
                number,
                "what the service receives",
                [line for line in expected if line not in actual] or f"{len(expected)} events",
                [line for line in actual if line not in expected] or f"{len(actual)} events",
            )
        ]
