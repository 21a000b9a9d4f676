"""Compares the public names of both levels of the pure-Python client with ours: each that is missing has a fate.

usage: python -m tests.differential.names_report [--record] [--write]      (``make names``)

``--record`` introspects the reference clients, installed into ``.reference/``, and keeps their names for the tests.
``--write`` writes the table of ``docs/migrating.md``, section "Names". The status is 1 where a name has no fate, or
another one than the table of ``fates`` says.
"""

from __future__ import annotations

import argparse
import enum
import gzip
import importlib
import json
import os
import subprocess
import sys
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tests.differential.fates import FATES, Fate, Row
from tests.differential.names import parameters

ROOT = Path(__file__).parents[2]
LEVELS = ("3.22.2", "3.4.0")
RECORD = Path(__file__).parent / "names.json.gz"
PAGE = ROOT / "docs" / "migrating.md"
BEGIN, END = "<!-- written by tests.differential.names_report -->", "<!-- end of the names -->"
MISSING = object()

Names = dict[str, dict[str, Any]]


def introspected(level: str) -> Names:
    """The names of a reference client, in a directory of its own."""
    folder = ROOT / ".reference" / level
    if not folder.exists():
        command = [sys.executable, "-m", "pip", "install", "-q", "--target", str(folder)]
        subprocess.run([*command, f"kameleoon-client-python=={level}"], check=True)
    script = Path(__file__).parent / "names.py"
    environment = {**os.environ, "PYTHONPATH": str(folder)}
    # In that directory, and without ours in the way: an interpreter without site-packages.
    command = [sys.executable, "-S", "-W", "ignore", str(script)]
    done = subprocess.run(command, env=environment, cwd=folder, check=True, stdout=subprocess.PIPE, text=True)
    found: Names = json.loads(done.stdout)
    return found


def record() -> None:
    text = json.dumps({level: introspected(level) for level in LEVELS}, sort_keys=True, separators=(",", ":"))
    RECORD.write_bytes(gzip.compress(text.encode(), mtime=0))


def recorded() -> dict[str, Names]:
    found: dict[str, Names] = json.loads(gzip.decompress(RECORD.read_bytes()))
    return found


class Ours:
    """This client's names. A module that warns is imported once in a process: so there is one of these in a process."""

    def __init__(self, modules: list[str]) -> None:
        self._modules: dict[str, Any] = {}
        self._warned: set[str] = set()
        for name in sorted(modules):
            with warnings.catch_warnings(record=True) as caught:
                warnings.simplefilter("always")
                try:
                    self._modules[name] = importlib.import_module(name)
                except ModuleNotFoundError:
                    continue
            if any(issubclass(one.category, DeprecationWarning) for one in caught):
                self._warned.add(name)

    def find(self, name: str) -> tuple[Any, bool]:
        """What has the name, or ``MISSING``; and whether it warns."""
        module = name
        while module and module not in self._modules:
            module = module.rpartition(".")[0]
        if not module:
            return MISSING, False
        value = self._modules[module]
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            for part in name[len(module) :].split(".")[1:]:
                is_enum = isinstance(value, type) and issubclass(value, enum.Enum) and part in ("name", "value")
                value = getattr(next(iter(value)) if is_enum else value, part, MISSING)
                if value is MISSING:
                    break
        warns = any(issubclass(one.category, DeprecationWarning) for one in caught)
        return value, warns or module in self._warned


def lacking(theirs: list[str] | None, value: Any) -> Iterator[str]:
    """The parameters of theirs that ours does not have, or has elsewhere."""
    if theirs is None or (isinstance(value, type) and issubclass(value, enum.Enum)):
        return
    ours = parameters(value)
    if ours is not None:
        place = 0
        for name in theirs:
            if name not in ours or ours.index(name) < place:
                yield name
            else:
                place = ours.index(name)


def row_of(name: str | None) -> Row | None:
    """The first row that matches."""
    return next((row for row in FATES if name and row.matches(name)), None)


def compare(levels: dict[str, Names]) -> tuple[dict[Fate, int], list[str], list[Row]]:
    """How many names have each fate; what is wrong; the rows that no name has."""
    every = {name: one for level in reversed(list(levels)) for name, one in levels[level].items()}
    modules = [name for name, one in every.items() if one["home"] is None]
    ours = Ours(modules)
    counts = dict.fromkeys(Fate, 0)
    wrong = []
    unused = list(FATES)
    for level in levels.values():
        for name, one in level.items():
            value, warns = ours.find(name)
            is_fate = Fate.INTERNAL if value is MISSING else Fate.DEPRECATED if warns else Fate.HERE
            row = row_of(name) or (None if is_fate is Fate.HERE else row_of(one["home"]))
            if row in unused:
                unused.remove(row)
            expected = row.fate if row else Fate.HERE
            counts[is_fate] += 1
            if is_fate is not expected and not (is_fate is Fate.HERE and expected is Fate.INTERNAL):
                wrong.append(f"{name}: is {is_fate.value}, should be {expected.value} ({one['home']})")
            elif is_fate is Fate.HERE:
                for parameter in lacking(one["parameters"], value):
                    if (row := row_of(f"{name}({parameter})")) is None:
                        wrong.append(f"{name}: lacks the parameter {parameter}: {parameters(value)}")
                    elif row in unused:
                        unused.remove(row)
    return counts, sorted(set(wrong)), unused


def table() -> str:
    lines = ["| names, under `kameleoon.` | what became of them | instead |", "|---|---|---|"]
    for row in FATES:
        shown = row.shown or ", ".join(f"`{pattern}`" for pattern in row.patterns)
        lines.append(f"| {shown} | {row.fate.value} | {row.instead} |")
    return "\n".join(lines)


def written(page: str) -> str:
    """The page with the table as it is now."""
    before, rest = page.split(BEGIN)
    return f"{before}{BEGIN}\n{table()}\n{END}{rest.split(END)[1]}"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--record", action="store_true", help="introspect the reference clients again")
    parser.add_argument("--write", action="store_true", help="write the table of docs/migrating.md")
    options = parser.parse_args()
    if options.record:
        record()
    if options.write:
        PAGE.write_text(written(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
    levels = recorded()
    counts, wrong, unused = compare(levels)
    for line in wrong:
        print(line)
    for row in unused:
        print(f"no name has this fate: {row}")
    shown = ", ".join(f"{count} {fate.value}" for fate, count in counts.items())
    print(f"{sum(counts.values())} names of {' and '.join(levels)}: {shown}; without a fate: {len(wrong)}")
    return 1 if wrong or unused else 0


if __name__ == "__main__":
    sys.exit(main())
