"""Compares the answers of this client and of the reference client 3.22.2 on random scenarios, as black boxes.

usage: python -m tests.differential [--count N] [--seed S] [--tracking]     (``make differential``)
       python -m tests.differential --arguments [--record]

With ``--tracking`` both clients also send what they have to a service on loopback, and the events are compared line by
line: nonces and activity events left out, JSON compared as JSON.

With ``--arguments`` every public callable is called with values of every kind: what differs is what ``docs/migrating.md``
says. ``--record`` keeps the reference's answers for the tests.

The reference client is installed into ``.reference/``, an environment of its own; it is never a dependency.
"""

from __future__ import annotations

import argparse
import collections
import json
import os
import subprocess
import sys
import venv
from pathlib import Path
from typing import Any

from tests.conformance.replay import normalized
from tests.differential.arguments import compare
from tests.differential.generate import Generator

ROOT = Path(__file__).parents[2]
REFERENCE = ROOT / ".reference"
REQUIREMENT = "kameleoon-client-python==3.22.2"


def reference_python() -> Path:
    python = REFERENCE / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    if not (REFERENCE / "installed").exists():
        venv.create(REFERENCE, with_pip=True, clear=True)
        subprocess.run([python, "-m", "pip", "install", "-q", REQUIREMENT], check=True)
        (REFERENCE / "installed").touch()
    return python


def play(python: str | Path, which: str, seed: int, count: int, tracking: bool) -> subprocess.Popen[str]:
    command = [str(python), "-m", "tests.differential.play", which, str(seed), str(count)] + ["tracking"] * tracking
    return subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)


def show(scenario: dict[str, Any], number: int, expected: Any, actual: Any) -> None:
    print(f"{scenario['name']} operation {number}: {json.dumps(scenario['ops'][number])[:300]}")
    if scenario["ops"][number]["op"] == "tracked" and "ok" in expected and "ok" in actual:
        expected, actual = (
            [line for line in expected["ok"] if line not in actual["ok"]],
            [line for line in actual["ok"] if line not in expected["ok"]],
        )
    print(f"   reference {json.dumps(expected)[:600]}\n   candidate {json.dumps(actual)[:600]}")


def show_coverage(coverage: list[str]) -> None:
    """Each condition with its operators, its truths; each path of a rule; and what has been one truth alone."""
    truths: dict[str, set[str]] = collections.defaultdict(set)
    for line in coverage:
        if line.startswith("condition "):
            name, truth = line.rsplit(" ", 1)
            truths[name].add(truth)
        else:
            print(f"covered: {line}")
    for name, found in truths.items():
        print(f"covered: {name}: {' and '.join(sorted(found))}{'' if len(found) == 2 else '  <- alone'}")


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.differential", description=__doc__.splitlines()[0])
    parser.add_argument("--count", type=int, default=2000, help="how many scenarios")
    parser.add_argument("--seed", type=int, default=1, help="the first one's seed")
    parser.add_argument("--tracking", action="store_true", help="compare tracking requests too")
    parser.add_argument("--show", type=int, default=10, help="how many mismatches to show")
    parser.add_argument("--arguments", action="store_true", help="compare odd arguments instead")
    parser.add_argument("--record", action="store_true", help="keep the reference's answers to odd arguments")
    options = parser.parse_args()
    if options.arguments:
        return compare.main(reference_python(), options.record)
    python = reference_python()
    pythons = {"reference": python, "candidate": sys.executable}
    arguments = (options.seed, options.count, options.tracking)
    players = [play(python, which, *arguments) for which, python in pythons.items()]
    reference, candidate = (player.stdout for player in players)
    assert reference is not None
    assert candidate is not None
    operations = mismatches = 0
    kinds: collections.Counter[str] = collections.Counter()
    for seed in range(options.seed, options.seed + options.count):
        scenario = Generator(seed).scenario(f"d{seed}", options.tracking)
        expected_all, actual_all = json.loads(reference.readline()), json.loads(candidate.readline())
        for number, (expected, actual) in enumerate(zip(expected_all, actual_all)):
            operations += 1
            if normalized(expected) != normalized(actual):
                mismatches += 1
                kinds[scenario["ops"][number]["op"]] += 1
                if mismatches <= options.show:
                    show(scenario, number, expected, actual)
    coverage = json.loads(candidate.readline())
    reference.readline()
    show_coverage(coverage)
    for player in players:
        player.wait()
    print(f"{options.count} data files, {operations} operations compared, {mismatches} mismatches {dict(kinds) or ''}")
    return 1 if mismatches or not operations else 0


if __name__ == "__main__":
    sys.exit(main())
