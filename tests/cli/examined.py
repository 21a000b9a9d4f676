"""Runs ``doctor`` as users do, and finds things in its report."""

from __future__ import annotations

import json
import os
from typing import Any

from tests.cli.commands import run_command

CREDENTIALS = {"KAMELEOON_CLIENT_ID": "client-0123456789", "KAMELEOON_CLIENT_SECRET": "secret-0123456789"}
GIVEN = {**CREDENTIALS, "KAMELEOON_TOP_LEVEL_DOMAIN": "example.com"}


class Examined:
    """A report as data, and the exit status that came with it."""

    def __init__(self, status: int, report: dict[str, Any]) -> None:
        self.status = status
        self.report = report

    @property
    def verdicts(self) -> dict[str, str]:
        """By check; of several of one name, the worst."""
        order = ["ok", "warning", "failed"]
        found: dict[str, str] = {}
        for finding in self.report["findings"]:
            before = found.get(finding["check"], "ok")
            found[finding["check"]] = max(before, finding["verdict"], key=order.index)
        return found

    def of(self, check: str, verdict: str | None = None) -> dict[str, Any]:
        """The finding of a check, of that verdict if one is given."""
        for finding in self.report["findings"]:
            if finding["check"] == check and verdict in (None, finding["verdict"]):
                return finding
        raise AssertionError(f"no {verdict} finding of {check}: {self.report['findings']}")

    def origin_of(self, parameter: str) -> tuple[str, str]:
        """A parameter's value and where it is from."""
        return next((each["value"], each["from"]) for each in self.report["settings"] if each["parameter"] == parameter)


def doctor(*arguments: str, timeout: float = 5, env: dict[str, str] = GIVEN) -> Examined:
    """Runs it with the environment's proxies and certificates left out. ``timeout``: seconds."""
    quiet = dict.fromkeys(("HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy", "ALL_PROXY", "all_proxy"), "")
    run = run_command("doctor", "--json", "--timeout", str(timeout), *arguments, env={**quiet, **env})
    assert "Traceback" not in run.stderr
    assert run.stderr == ""
    return Examined(run.returncode, json.loads(run.stdout))


def loopback_unproxied() -> dict[str, str]:
    """The environment's ``NO_PROXY`` set aside, so that a proxy holds for loopback as well."""
    return {name: "" for name in ("NO_PROXY", "no_proxy") if name in os.environ}
