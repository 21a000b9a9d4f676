"""This client beside the reference client 3.22.2 and its peers: the same work, interleaved in one run.

usage: python -m benches.compare [--rounds N] [--seconds S] [--players a,b] [--cases text]     (``make bench-compare``)

Each client runs in a process and an environment of its own (``.peers/``), with whatever it does in the background, and
takes turns with the others. Clients that record exposures send them to a service on loopback in this process.
"""

from __future__ import annotations

import argparse
import importlib
import json
import os
import platform
import statistics
import subprocess
import sys
import time
import venv
from pathlib import Path
from typing import Any

from benches import figures, players
from benches.service import serving

ROOT = Path(__file__).parents[1]
ENVIRONMENTS = ROOT / ".peers"
WARM_UP_SECONDS = 1.0
VISITORS_FOR_MEMORY = 200_000
CLASSES = {
    "reference": "kameleoon.Reference", "candidate": "kameleoon.Kameleoon", "statsig": "statsig.Statsig",
    "eppo": "eppo.Eppo", "growthbook": "growthbook.GrowthBook", "unleash": "unleash.Unleash",
    "optimizely": "optimizely.Optimizely", "launchdarkly": "launchdarkly.LaunchDarkly",
}  # fmt: skip


def player_class(name: str) -> type[players.Player]:
    module, _, attribute = CLASSES[name].partition(".")
    found: type[players.Player] = getattr(importlib.import_module(f"benches.players.{module}"), attribute)
    return found


def interpreter(name: str) -> str:
    """The interpreter of a client's own environment, made if it has to be."""
    requirement = player_class(name).requirement
    if not requirement:
        return sys.executable
    folder = ENVIRONMENTS / name
    python = folder / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    note = folder / "installed"
    if not note.exists() or note.read_text() != requirement:
        print(f"installing {requirement} …", file=sys.stderr, flush=True)
        venv.create(folder, with_pip=True, clear=True)
        subprocess.run([python, "-m", "pip", "install", "-q", requirement], check=True)
        note.write_text(requirement)
    return str(python)


class Process:
    """A client in a process of its own: runs a case for a while whenever told to."""

    def __init__(self, name: str, origin: str) -> None:
        self.name = name
        command = [interpreter(name), "-m", "benches.compare", "--play", name, origin]
        self.process = subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def ask(self, *question: Any) -> Any:
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        print(json.dumps(question), file=self.process.stdin, flush=True)
        answer = self.process.stdout.readline()
        if not answer:
            raise RuntimeError(f"{self.name} has ended")
        return json.loads(answer)


def play(name: str, origin: str) -> None:
    """The other side of `Process`."""
    import logging

    from benches import work

    logging.disable(logging.CRITICAL)
    answers = os.fdopen(os.dup(1), "w")  # what clients write to the standard output goes elsewhere
    os.dup2(2, 1)
    player = player_class(name)(origin, work.visitor_codes())
    cases = player.cases()
    ready: dict[str, Any] = {}
    for line in sys.stdin:
        question, *rest = json.loads(line)
        answer: Any = None
        if question == "cases":
            answer = list(cases)
        elif question == "bytes":
            answer = _bytes_per_visitor(player)
        else:
            if question not in ready:
                case = cases[question]()
                chunks = [case.items[at : at + case.chunk] for at in range(0, len(case.items), case.chunk)]
                ready[question] = (case.loop, chunks, [0])
            answer = _time(*ready[question], *rest)
        print(json.dumps(answer), file=answers, flush=True)
    os._exit(0)


def _time(loop: Any, chunks: list[list[Any]], place: list[int], seconds: float, passes: int) -> float:
    """Nanoseconds per item, over so many seconds and at least so many passes."""
    items, start = 0, time.perf_counter()
    while time.perf_counter() - start < seconds or place[0] < passes * len(chunks):
        chunk = chunks[place[0] % len(chunks)]
        loop(chunk)
        items += len(chunk)
        place[0] += 1
    return (time.perf_counter() - start) / items * 1e9


def _bytes_per_visitor(player: players.Player) -> float | None:
    loop = player.bytes_loop()
    if loop is None:
        return None
    codes = [f"{number:016x}" for number in range(VISITORS_FOR_MEMORY)]
    loop(["warm"])
    before = figures.resident_bytes()
    loop(codes)
    return (figures.resident_bytes() - before) / len(codes)


def import_milliseconds(name: str) -> float:
    statement = player_class(name).imports
    program = f"import time; t = time.perf_counter(); {statement}; print((time.perf_counter() - t) * 1e3)"
    command = [interpreter(name), "-c", program]
    runs = [subprocess.run(command, capture_output=True, text=True, check=True) for _ in range(12)]
    return statistics.median(float(run.stdout) for run in runs[2:])


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benches.compare")
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--seconds", type=float, default=0.6)
    parser.add_argument("--players", default=",".join(players.PLAYERS))
    parser.add_argument("--cases", default="", help="only those whose name holds this text")
    parser.add_argument("--write", action="store_true", help="into docs/figures: the table, the data and the plots")
    options = parser.parse_args()
    names = options.players.split(",")
    result: dict[str, Any] = {
        "machine": figures.machine(), "rounds": options.rounds, "times": {},
        "versions": {name: player_class(name).requirement for name in names},
    }  # fmt: skip
    with serving() as origin:
        processes = {name: Process(name, origin) for name in names}
        offered = {name: process.ask("cases") for name, process in processes.items()}
        every = (
            players.BOOLEAN, players.EVALUATION, players.UNRECORDED, players.TARGETED, players.REQUEST,
            players.ALL_FLAGS, players.ADD_DATA,
        )  # fmt: skip
        for case in (case for case in every if options.cases in case):
            taking_part = [name for name in names if case in offered[name]]
            for name in taking_part:
                processes[name].ask(case, WARM_UP_SECONDS, 1)  # every visitor is known: the steady state of a server
            times: dict[str, list[float]] = {name: [] for name in taking_part}
            for _ in range(options.rounds):
                for name in taking_part:
                    times[name].append(processes[name].ask(case, options.seconds, 0))
            result["times"][case] = times
            _show(case, times)
        for process in processes.values():
            process.process.kill()
        if not options.cases:
            fresh = {name: Process(name, origin) for name in names}
            memory = {name: process.ask("bytes") for name, process in fresh.items()}
            result["bytes"] = {name: figure for name, figure in memory.items() if figure}
            for process in fresh.values():
                process.process.kill()
    if not options.cases:
        result["import"] = {name: import_milliseconds(name) for name in names}
        _show("bytes per visitor, one variation", {name: [figure] for name, figure in result["bytes"].items()})
        _show("import, ms", {name: [figure] for name, figure in result["import"].items()})
    if options.write:
        figures.write("compare", result)
        from benches import plot

        plot.compare(result)


def _show(case: str, times: dict[str, list[float]]) -> None:
    print(f"\n{case}")
    own = statistics.median(times["candidate"]) if "candidate" in times else None
    for name, values in times.items():
        middle = statistics.median(values)
        spread = f"({min(values):,.0f} to {max(values):,.0f})" if len(values) > 1 else ""
        ratio = f"{middle / own:7.1f} x" if own else ""
        print(f"    {name:14} {middle:12,.0f} {spread:24} {ratio}", flush=True)


if __name__ == "__main__":
    if sys.argv[1:2] == ["--play"]:
        play(sys.argv[2], sys.argv[3])
    else:
        print(f"{platform.platform()}, {os.cpu_count()} cores, CPython {platform.python_version()}")
        main()
