"""``python -m tests.soak --minutes 10``: four processes of eight threads, beside a service that fails, until the time is over.

Says what became of it; ends with 1 where something is not how it should be. ``--write`` puts record and plot to ``docs/figures``.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import Any

from tests.soak.plot import draw
from tests.soak.verdict import complaints, summary, tell_behind
from tests.soak.worker import client_of
from tests.soak.world import World

ROOT = Path(__file__).parents[2]
CALM_SECONDS = 20.0
END_SECONDS = 180.0


class Process:
    """A worker, and what it has told."""

    def __init__(self, options: dict[str, Any]) -> None:
        self.name = options["name"]
        self.samples: list[dict[str, Any]] = []
        self.end: dict[str, Any] | None = None
        command = [sys.executable, "-m", "tests.soak.worker", json.dumps(options)]
        self._process = subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self._reader = threading.Thread(target=self._read)
        self._reader.start()

    def _read(self) -> None:
        assert self._process.stdout is not None
        with self._process.stdout as lines:
            for line in lines:
                told = json.loads(line)
                if "visitors_by_process" in told:
                    self.end = told
                else:
                    self.samples.append(told)

    def stop(self) -> None:
        assert self._process.stdin is not None
        self._process.stdin.close()

    def wait(self, seconds: float) -> None:
        try:
            self._process.wait(seconds)
        except subprocess.TimeoutExpired:
            self._process.kill()
        self._reader.join()


def _send_what_is_left(spool: str, world: World) -> int:
    """As the next process does: children that end while the service fails leave their events there. What it cannot send."""
    with client_of(world.platform.origin, spool) as client:
        until = time.monotonic() + END_SECONDS
        while client.stats().spool_events and time.monotonic() < until:
            client.flush(timeout=1)
        return client.stats().spool_events


def soak(seconds: float, *, processes: int = 4, is_forgetful: bool = False, **options: Any) -> dict[str, Any]:
    """Runs it, and returns the record: samples, arrivals, figures, complaints."""
    with tempfile.TemporaryDirectory() as spool, World(options["seed"], options.pop("fault_every")) as world:
        common = {"endpoint": world.platform.origin, **options}
        workers = [Process({"name": f"p{n}", "spool": f"{spool}/{n}", **common}) for n in range(processes)]
        arrivals = []
        end = time.monotonic() + seconds
        calm_at = end - min(CALM_SECONDS, seconds / 2)
        while time.monotonic() < end:
            arrivals.append({"at": time.time(), "arrived": world.ledger.arrived, "version": world.version})
            if time.monotonic() >= calm_at:
                world.be_well()
                world.ledger.is_forgetful = is_forgetful
            time.sleep(min(options["sample_every"], max(end - time.monotonic(), 0.01)))
        version = world.stop_publishing()
        for worker in workers:
            worker.stop()
        for worker in workers:
            worker.wait(END_SECONDS)
        left = sum(_send_what_is_left(f"{spool}/{n}", world) for n in range(processes))
        arrivals.append({"at": time.time(), "arrived": world.ledger.arrived, "version": world.version})
        ends = {worker.name: worker.end for worker in workers if worker.end is not None}
        visitors = {name: count for told in ends.values() for name, count in told["visitors_by_process"].items()}
        again = {name: count for told in ends.values() for name, count in told["again"].items()}
        balance = world.ledger.balance(visitors, again)
        samples = {worker.name: worker.samples for worker in workers}
        tell_behind(samples, arrivals)
        return {
            "summary": {**summary(samples, ends, balance), "data_files": version, "faults": world.faults},
            "complaints": complaints(samples, ends, balance, version)
            + ([f"{left} events left in a spool"] if left else []),
            "samples": samples,
            "arrivals": arrivals,
        }


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.soak", description=__doc__)
    parser.add_argument("--hours", type=float, default=0.0)
    parser.add_argument("--minutes", type=float, default=0.0)
    parser.add_argument("--per-second", type=float, default=60.0, help="new visitors a second, of each process")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--write", action="store_true", help="record and plot into docs/figures")
    chosen = parser.parse_args()
    record = soak(
        (chosen.hours * 60 + chosen.minutes or 10) * 60,
        threads=8,
        per_second=chosen.per_second,
        seed=chosen.seed,
        sample_every=5.0,
        fork_every=10.0,
        jump_every=90.0,
        fault_every=1.0,
    )
    print(json.dumps(record["summary"], indent=2))
    if chosen.write:
        folder = ROOT / "docs" / "figures"
        (folder / "soak.json").write_text(json.dumps(record["summary"], indent=2) + "\n")
        draw(record, folder)
    for complaint in record["complaints"]:
        print(f"NOT WELL: {complaint}")
    return bool(record["complaints"])


if __name__ == "__main__":
    raise SystemExit(main())
