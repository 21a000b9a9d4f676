"""Sets the answers of both clients side by side: what differs is what ``differences`` says, and nothing else."""

from __future__ import annotations

import collections
import gzip
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

from tests.differential.arguments.differences import DIFFERENCES

ROOT = Path(__file__).parents[3]
RECORDED = Path(__file__).parent / "reference.json.gz"

Answers = dict[str, dict[str, Any]]


def ask(python: str | Path, which: str) -> Answers:
    """The answers of the client that ``python`` imports, by case."""
    command = [str(python), "-m", "tests.differential.arguments.play", which]
    output = subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.PIPE, text=True).stdout
    return dict(map(json.loads, output.splitlines()))


def record(answers: Answers) -> None:
    """Keeps the reference's answers for the tests, which run without it."""
    text = json.dumps(answers, indent=0, sort_keys=True)
    RECORDED.write_bytes(gzip.compress(text.encode(), 9, mtime=0))


def recorded() -> Answers:
    answers: Answers = json.loads(gzip.decompress(RECORDED.read_bytes()))
    return answers


def undocumented(reference: Answers, candidate: Answers) -> tuple[list[str], list[str]]:
    """The cases that differ and no documented difference covers, and the documented differences that no case shows."""
    seen: collections.Counter[int] = collections.Counter()
    unknown = []
    for case, expected in reference.items():
        actual = candidate[case]
        if expected == actual:
            continue
        number = next((n for n, known in enumerate(DIFFERENCES) if known.covers(case, expected, actual)), None)
        if number is None:
            unknown.append(
                f"{case}\n   reference {json.dumps(expected)[:400]}\n   candidate {json.dumps(actual)[:400]}"
            )
        else:
            seen[number] += 1
    stale = [known.calls for number, known in enumerate(DIFFERENCES) if not seen[number]]
    return unknown, stale


def main(reference_python: Path, keep: bool) -> int:
    reference, candidate = ask(reference_python, "reference"), ask(sys.executable, "candidate")
    if keep:
        record(reference)
    unknown, stale = undocumented(reference, candidate)
    for line in unknown[:20]:
        print(line)
    for calls in stale:
        print(f"documented, but not so: {calls}")
    differing = sum(reference[case] != candidate[case] for case in reference)
    print(f"{len(reference)} calls compared, {differing} differ, {len(unknown)} of them undocumented")
    return 1 if unknown or stale or not reference else 0
