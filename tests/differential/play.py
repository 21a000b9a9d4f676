"""Plays generated scenarios on whichever ``kameleoon`` is importable; prints one JSON result a line.

usage: play.py (reference|candidate) FIRST_SEED COUNT [tracking]
"""

from __future__ import annotations

import json
import logging
import sys
import threading
import time
import warnings
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import parse_qs, urlsplit

from tests.conformance.lines import compared
from tests.conformance.replay import Replay, substitute
from tests.differential.generate import Generator
from tests.loopback import JsonHandler, QuietServer

_STARTS = 5
"""The reference client gives up its start after a time-out, as on a machine that is busy otherwise: so often it is tried."""


class ReferenceService(JsonHandler):
    """As much of the service as the reference client needs, on loopback."""

    data_file: dict[str, Any] = {}
    visitors: dict[str, Any] = {}
    lines: list[str] = []
    site = ""

    def do_GET(self) -> None:
        url = urlsplit(self.path)
        query = parse_qs(url.query, keep_blank_values=True)
        if url.path.startswith("/v3/"):
            self.answer(self.data_file)
        else:
            code = (query.get("visitorCode") or query.get("mappingValue") or [""])[0]
            self.answer(self.visitors.get(code, {}))

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        # A client that was closed may still send.
        if "/visit/events" in self.path and f"siteCode={self.site}&" in self.path + "&":
            ReferenceService.lines += filter(None, body.decode().split("\n"))
        self.answer({"access_token": "token", "expires_in": 7200})


class ReferenceReplay(Replay):
    """A scenario on the reference client, pointed at a service of its own."""

    server: Any = None
    number = 0

    def __init__(self, scenario: dict[str, Any]) -> None:
        from kameleoon import KameleoonClientConfig, KameleoonClientFactory

        if ReferenceReplay.server is None:
            ReferenceReplay.server = QuietServer(("127.0.0.1", 0), ReferenceService)
            threading.Thread(target=ReferenceReplay.server.serve_forever, daemon=True).start()
            self.redirect(f"http://127.0.0.1:{ReferenceReplay.server.server_address[1]}")
        now = int(time.time() * 1000)
        ReferenceService.lines = []
        ReferenceService.data_file = substitute(scenario["datafile"], now)
        ReferenceService.visitors = substitute(scenario["visitors"], now)
        config = KameleoonClientConfig(
            "id",
            "secret",
            environment=scenario["environment"],
            top_level_domain="example.com",
            tracking_interval_millisecond=5000,
        )
        for _ in range(_STARTS):
            ReferenceReplay.number += 1
            self.site = ReferenceService.site = f"site{ReferenceReplay.number}"
            self.client = KameleoonClientFactory.create(self.site, config)
            if self.client.wait_init():
                return
        raise RuntimeError("the reference client did not start")

    @staticmethod
    def redirect(origin: str) -> None:
        """Makes every client of the process ask ``origin``."""
        from kameleoon.network.url_provider import UrlProvider  # type: ignore[import-not-found]

        plain = UrlProvider.__init__

        def redirected(self: Any, *args: Any, **kwargs: Any) -> None:
            plain(self, *args, **kwargs)
            self._CONFIGURATION_API_URL_FORMAT = origin + "/v3/{1}"
            self._ACCESS_TOKEN_URL_FORMAT = origin + "/oauth/token"
            self._DATA_API_URL_FORMAT = origin + "{1}?{2}"

        UrlProvider.__init__ = redirected

    def _get_remote_visitor_data(self, _operation: Any, arguments: list[Any], named: dict[str, Any]) -> Any:
        from kameleoon.types.remote_visitor_data_filter import RemoteVisitorDataFilter
        from tests.conformance.replay import plain

        named = {**named, "data_filter": RemoteVisitorDataFilter(**named["data_filter"])}
        loaded = self.client.get_remote_visitor_data(*arguments, **named)
        return sorted((plain(item) for item in loaded), key=json.dumps)

    def _tracked(self, operation: dict[str, Any], _arguments: list[Any], _named: dict[str, Any]) -> Any:
        for code in operation["visitors"]:
            self.client.flush(code, instant=True)
        time.sleep(0.3)
        seen = -1
        while seen != len(ReferenceService.lines):  # until nothing comes any more
            seen = len(ReferenceService.lines)
            time.sleep(0.15)
        lines, ReferenceService.lines = ReferenceService.lines, []
        return compared(lines)

    def close(self) -> None:
        from kameleoon import KameleoonClientFactory

        KameleoonClientFactory.forget(self.site)


class Coverage:
    """Which conditions, operators and rule paths came out true and false, as explanations tell."""

    def __init__(self) -> None:
        self.seen: set[str] = set()

    def watch(self, client: Any, operation: dict[str, Any]) -> None:
        if operation["op"] not in ("get_variations", "get_variation", "is_feature_active"):
            return
        for key in client.get_feature_list():
            try:
                explanation = client.explain(operation["args"][0], key)
            except Exception:  # noqa: BLE001  # an unusable code: nothing to cover
                return
            for step in explanation.steps:
                self.seen.add(f"step {step.split(':')[0].split(' ')[0]} " + " ".join(step.split()[-2:]))
            for rule in explanation.rules:
                words = [word for word in rule.result.split() if word.isalpha()]
                self.seen.add(f"rule {rule.type} {' '.join(words[:4])} decided={rule.decided}")
                self._watch_segment(rule.segment)

    def _watch_segment(self, segment: Any) -> None:
        for group in segment.groups if segment else ():
            for condition in group:
                truth = condition.holds == condition.include
                operators = [part.split(": ")[1] for part in condition.definition.split(", ") if "atchType: " in part]
                self.seen.add(f"condition {condition.type} {' '.join(operators)} {truth}")
                self._watch_segment(condition.segment)


def players(which: str, tracking: bool) -> Iterator[Callable[[dict[str, Any]], Any]]:
    """What plays a scenario: a client of its own for each."""
    if which == "reference":
        yield ReferenceReplay
    elif not tracking:
        yield Replay
    else:
        from kameleoon.testing import Platform
        from tests.conformance.online import OnlineReplay

        with Platform() as platform:
            yield lambda scenario: OnlineReplay(scenario, platform)


def main(which: str, first: int, count: int, tracking: bool) -> None:
    logging.disable(logging.CRITICAL)
    warnings.simplefilter("ignore")
    coverage = Coverage()
    for player in players(which, tracking):
        for seed in range(first, first + count):
            scenario = Generator(seed).scenario(f"d{seed}", tracking)
            replay = player(scenario)
            results = []
            for operation in scenario["ops"]:
                results.append(replay.run(operation))
                if which == "candidate" and not tracking:
                    coverage.watch(replay.client, operation)
            print(json.dumps(results), flush=True)
            if which == "reference":
                replay.close()
            else:
                replay.client.close(0)
    print(json.dumps(sorted(coverage.seen)), flush=True)


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), "tracking" in sys.argv[4:])
