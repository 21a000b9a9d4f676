"""Everything that is measured of this client alone, in one table beside the goals (``make bench``).

usage: python -m benches.report [--write] [--paced-seconds S]
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from benches import figures, growth, instructions, latency, memory, throughput, work

ROOT = Path(__file__).parents[1]

#: Where a row's figure stands in the result, its unit, and the goal.
ROWS: list[tuple[str, tuple[str, ...], str, str]] = [
    ("is_feature_active, tracking on, 100,000 visitors", ("surface", "test_is_feature_active[tracking-50/50]"), "ns", "≤ 300"),
    ("the same without tracking", ("surface", "test_is_feature_active[no tracking-50/50]"), "ns", ""),
    ("five conditions that hold", ("surface", "test_is_feature_active_targeted[five conditions that hold]"), "ns", "≤ 450"),
    ("get_variation", ("surface", "test_get_variation[50/50]"), "ns", "≤ 330"),
    ("the same flag and visitor again", ("surface", "test_again[the same visitor and flag again]"), "ns", "≤ 150"),
    ("two flags in turn, both hashed", ("surface", "test_flags_in_turn[flags in turn: nothing is remembered]"), "ns", ""),
    ("visitors never seen before", ("surface", "test_new_visitors[visitors never seen]"), "ns", ""),
    ("request: five data made, added, one evaluation", ("surface", "test_request[five data made, added, evaluated]"), "ns", "≤ 1,300"),
    ("add_data of three data made in the call", ("surface", "test_add_data[three data made and added]"), "ns", "≤ 700"),
    ("get_variations, 200 flags", ("surface", "test_get_variations[200 flags, 1000 visitors]"), "ns", "≤ 35,000"),
    ("events through queue, encoding and bodies", ("events", "events per second"), "/s", "≥ 1,000,000"),
    ("callers' throughput while draining", ("draining", "share"), "", "≥ 0.9"),
    ("100,000 evaluations: share delivered", ("delivery", "share"), "", "1"),
    ("100,000 evaluations: the last one after", ("delivery", "seconds"), "s", "≤ 5"),
    ("bytes per visitor, one variation, 100,000", ("memory", "one variation, 100,000 visitors"), "", "≤ 250"),
    ("bytes per visitor, one variation, 200,000", ("memory", "one variation, 200,000 visitors"), "", "≤ 250"),
    ("bytes per visitor, one variation, 1,000,000", ("memory", "one variation, 1,000,000 visitors"), "", "≤ 250"),
    ("bytes of a visitor with 200 variations", ("memory", "200 variations"), "", "≤ 8,192"),
    ("objects of 100,000 visitors in a collection", ("memory", "collection", "objects"), "", "0"),
    ("compile 5,000 flags", ("compiling", "milliseconds"), "ms", "≤ 50"),
    ("the longest call meanwhile", ("compiling", "worst call meanwhile, ms"), "ms", ""),
    ("8 threads, unrest: p99.9", ("saturated", "is_feature_active", "p99.9"), "µs", "empty + 50"),
    ("8 threads, unrest: p99.9 of an empty call", ("saturated", "empty call", "p99.9"), "µs", ""),
    ("paced 2,000/s: p99.9", ("paced", "is_feature_active", "p99.9"), "µs", ""),
    ("paced 2,000/s: worst call", ("paced", "is_feature_active", "worst"), "µs", "≤ 1,000"),
    ("paced 2,000/s: worst sum of 400 numbers", ("paced", "a sum", "worst"), "µs", ""),
    ("import the client", ("import", "the client"), "ms", "≤ 15"),
    ("from there to an answer, 200 flags", ("import", "the first answer"), "ms", ""),
    ("import, to the first answer", ("import", "together"), "ms", "≤ 25"),
]  # fmt: skip


def surface() -> dict[str, float]:
    """Nanoseconds per call: the medians of ``test_surface.py``."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "surface.json"
        command = [sys.executable, "-m", "pytest", "benches", "--benchmark-only", "-q", f"--benchmark-json={path}"]
        subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.DEVNULL)
        found = json.loads(path.read_text())["benchmarks"]
    items = {"test_get_variations": 20, "test_flags_in_turn": 2000}
    per_call = {one["name"]: items.get(one["name"].split("[")[0], 1000) for one in found}
    return {one["name"]: one["stats"]["median"] * 1e9 / per_call[one["name"]] for one in found}


STARTING = """
import time
began = time.perf_counter()
from kameleoon import KameleoonClientConfig, KameleoonClientFactory
imported = time.perf_counter()
import json, sys
read = time.perf_counter()
client = KameleoonClientFactory.create("site", config=KameleoonClientConfig.offline(json.load(open(sys.argv[1]))))
assert client.get_variation("a visitor", "flag_7").key
answered = time.perf_counter()
print((imported - began) * 1e3, (answered - read) * 1e3)
"""


def starting() -> dict[str, float]:
    """Milliseconds of the import, and from there to a process's first answer; `json` is not ours."""
    with tempfile.NamedTemporaryFile("w", suffix=".json") as file:
        json.dump(work.data_file(*(work.experiment(number) for number in range(200))), file)
        file.flush()
        command = [sys.executable, "-c", STARTING, file.name]
        runs = [subprocess.run(command, capture_output=True, text=True, check=True).stdout for _ in range(15)]
    imports, answers = zip(*(map(float, run.split()) for run in runs[2:]), strict=True)
    return {
        "the client": statistics.median(imports),
        "the first answer": statistics.median(answers),
        "together": statistics.median(map(sum, zip(imports, answers, strict=True))),
    }


def measure(paced_seconds: float) -> dict[str, Any]:
    parts = {
        "surface": surface,
        "events": throughput.events_per_second,
        "draining": throughput.callers_share_while_draining,
        "delivery": throughput.delivery,
        "compiling": throughput.compiling,
        "memory": memory.measure,
        "saturated": latency.saturated,
        "paced": lambda: latency.paced(paced_seconds),
        "import": starting,
        "growth": growth.measure,
        "instructions": instructions.measure,
    }
    result: dict[str, Any] = {"machine": figures.machine()}
    for name, part in parts.items():
        print(f"measuring: {name}", file=sys.stderr, flush=True)
        result[name] = part()
    return result


def show(result: dict[str, Any]) -> None:
    print(f"\n{json.dumps(result['machine'])}\n\n| what | measured | goal |\n|---|---|---|")
    for what, path, unit, goal in ROWS:
        figure: Any = result
        for step in path:
            figure = figure[step]
        shown = f"{figure:,.0f}" if figure >= 100 else f"{figure:,.3g}"
        print(f"| {what} | {shown} {unit} | {goal} {unit if goal else ''} |".replace("  ", " "))
    for case, figure in result["instructions"].items():
        print(f"| instructions: {case} | {figure:,.0f} | |")
    for series in ("flags", "rules", "conditions", "visitors", "threads"):
        points = ", ".join(f"{count:,}: {figure:,.0f}" for count, figure in result["growth"][series].items())
        print(f"| with so many {series} | {points} {'/s' if series == 'threads' else 'ns'} | |")


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benches.report")
    parser.add_argument("--paced-seconds", type=float, default=60.0)
    parser.add_argument("--write", action="store_true", help="into docs/figures: the data and the plots")
    options = parser.parse_args()
    result = measure(options.paced_seconds)
    show(result)
    if options.write:
        figures.write("own", result)
        from benches import plot

        plot.growth(figures.read("own"))


if __name__ == "__main__":
    main()
