"""Memory: bytes per visitor, and what visitors mean to the garbage collector (Linux)."""

from __future__ import annotations

import gc
import json
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from benches import clients, figures, work

ROOT = Path(__file__).parents[1]


def per_visitor(data_file: dict[str, Any], count: int) -> float:
    """Bytes for each visitor that every flag of the data file was evaluated for, 16-character codes."""
    client = clients.alone(data_file)
    codes = [f"{number:016x}" for number in range(count)]
    client.get_variations("warm", track=False)
    before = figures.resident_bytes()
    for code in codes:
        client.get_variations(code, track=False)
    used = figures.resident_bytes() - before
    client.close(0)
    return used / count


def collections() -> dict[str, float]:
    """How much longer a full collection takes with 100,000 visitors, and how many more objects it sees."""
    client = clients.alone(work.ONE)
    codes = work.visitor_codes()
    gc.collect()
    objects, start = len(gc.get_objects()), time.perf_counter()
    gc.collect()
    without = time.perf_counter() - start
    for code in codes:
        client.is_feature_active(code, "flag_0")
    start = time.perf_counter()
    gc.collect()
    extra = time.perf_counter() - start - without
    return {"objects": len(gc.get_objects()) - objects, "milliseconds": extra * 1e3}


MEASURED = {
    "one variation, 100,000 visitors": lambda: per_visitor(work.ONE, 100_000),
    "one variation, 200,000 visitors": lambda: per_visitor(work.ONE, 200_000),
    "one variation, 1,000,000 visitors": lambda: per_visitor(work.ONE, 1_000_000),
    "200 variations": lambda: per_visitor(work.MANY, 10_000),
    "collection": collections,
}


def measure() -> dict[str, Any]:
    """Each in a process of its own: memory that an earlier one has freed would be used again."""
    command = [sys.executable, "-m", "benches.memory"]
    run = lambda name: subprocess.run([*command, name], cwd=ROOT, check=True, capture_output=True, text=True)  # noqa: E731
    return {name: json.loads(run(name).stdout) for name in MEASURED}


if __name__ == "__main__":
    if sys.argv[1:]:
        print(json.dumps(MEASURED[sys.argv[1]]()))
    else:
        print(measure())
