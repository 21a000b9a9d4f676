"""Holds a client to the contract (docs/contract.md).

usage: python -m tests.contract (--url http://127.0.0.1:PORT | --adapter ours|reference) [--group recorded|deliberate]
                                [--only NAME …] [--json FILE] [--junit FILE] [--list]

Exit status: 0 where all scenarios passed or were skipped, 1 where one failed, 2 where there is no adapter.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

from tests.contract import deliberate, recorded, report
from tests.contract.connection import Adapter, Refused
from tests.contract.harness import run
from tests.contract.scenario import Scenario
from tests.differential.__main__ import reference_python

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "contract.md"
BEGIN = "<!-- written by tests.contract -->\n| scenario | rule | expected | answered |\n|---|---|---|---|\n"
END = "<!-- end of what failed -->\n"


class Started:
    """The adapter of one of our two clients, in a process and an environment of its own. A context manager."""

    def __init__(self, which: str, timeout: float) -> None:
        python = sys.executable if which == "ours" else str(reference_python())
        self._command = [python, "-m", "tests.contract.adapter", which]
        self._timeout = timeout
        self._process: subprocess.Popen[str] | None = None

    def start(self) -> Adapter:
        """A new process, in place of the last one."""
        self._end()
        self._process = subprocess.Popen(self._command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
        assert self._process.stdout is not None
        return Adapter(self._process.stdout.readline().strip(), self._timeout)

    def _end(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.communicate()

    def __enter__(self) -> Started:
        return self

    def __exit__(self, *_: object) -> None:
        self._end()


def chosen(group: str | None, only: list[str]) -> list[Scenario]:
    """The scenarios of a group, or of all; those that are named alone, if any are."""
    found = [*deliberate.scenarios(), *recorded.scenarios()]
    return [scenario for scenario in found if group in (None, scenario.group) and (not only or scenario.name in only)]


def hold(
    adapter: Adapter,
    scenarios: list[Scenario],
    options: argparse.Namespace,
    revive: Callable[[], Adapter] | None = None,
) -> int:
    began = time.monotonic()
    outcomes = []
    for outcome in run(adapter, scenarios, revive):
        outcomes.append(outcome)
        if text := report.as_text(outcome):
            print(text, flush=True)
    found = report.as_json(adapter.about, outcomes)
    if options.json:
        options.json.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
    if options.junit:
        options.junit.write_text(report.as_junit(adapter.about, outcomes), encoding="utf-8")
    if options.write:
        head, _, rest = PAGE.read_text(encoding="utf-8").partition(BEGIN)
        PAGE.write_text(head + BEGIN + report.as_rows(outcomes) + END + rest.partition(END)[2], encoding="utf-8")
    print(
        f"{adapter.name} {adapter.about.get('version')}: {found['passed']} scenarios passed, {found['failed']} failed, "
        f"{found['skipped']} skipped; {found['steps']} steps in {time.monotonic() - began:.0f} s"
    )
    return 1 if found["failed"] or not outcomes else 0


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.contract", description=__doc__.splitlines()[0])
    where = parser.add_mutually_exclusive_group(required=True)
    where.add_argument("--url", help="an adapter that runs")
    where.add_argument("--adapter", choices=["ours", "reference"], help="one that is started")
    where.add_argument("--list", action="store_true", help="name the scenarios")
    parser.add_argument("--group", choices=["recorded", "deliberate"])
    parser.add_argument("--only", nargs="+", default=[], metavar="NAME")
    parser.add_argument("--json", type=Path, metavar="FILE", help="where to write the outcome as JSON")
    parser.add_argument("--junit", type=Path, metavar="FILE", help="where to write the outcome as JUnit's XML")
    parser.add_argument("--timeout", type=float, default=30.0, help="seconds that an answer may take")
    parser.add_argument("--write", action="store_true", help="write what failed into docs/contract.md")
    options = parser.parse_args()
    scenarios = chosen(options.group, options.only)
    if options.list:
        for scenario in scenarios:
            print(f"{scenario.group:10} {scenario.name}: {scenario.why}")
        return 0
    try:
        if options.url:
            return hold(Adapter(options.url, options.timeout), scenarios, options)
        with Started(options.adapter, options.timeout) as adapter:
            return hold(adapter.start(), scenarios, options, adapter.start)
    except Refused as error:
        print(f"no adapter: {error}", file=sys.stderr)
        return 2


if __name__ == "__main__":
    sys.exit(main())
