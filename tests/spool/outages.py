"""Cron jobs that are killed at random, and a service that comes and goes: what ``flush`` has confirmed arrives.

``python -m tests.spool.outages [--events 1000000]`` says how many events were confirmed, arrived, doubled and lost.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import subprocess
import sys
import tempfile
import time
from dataclasses import asdict, dataclass
from pathlib import Path

from kameleoon import KameleoonClient, KameleoonClientConfig
from tests.spool.tracking_service import TrackingService

ROOT = Path(__file__).parents[2]
_AT_ONCE = 3


@dataclass(frozen=True)
class Outcome:
    """``confirmed``: events that ``flush`` has confirmed to a job; ``arrived``: events, each counted once; ``doubles``: those
    that came again, which the service knows by their nonce; ``lost``: confirmed ones that did not arrive.
    """

    jobs: int
    killed: int
    confirmed: int
    arrived: int
    doubles: int
    lost: int
    seconds: float


class Job:
    def __init__(self, name: str, options: dict[str, object], doomed_after: float | None) -> None:
        self.name = name
        self.doomed_at = None if doomed_after is None else time.monotonic() + doomed_after
        self.was_killed = False
        options = {"name": name, "hangs": doomed_after is not None, **options}  # then it does not end before
        command = [sys.executable, "-m", "tests.spool.jobs", json.dumps(options)]
        self.process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)

    def has_ended(self) -> bool:
        if self.doomed_at is not None and time.monotonic() >= self.doomed_at and self.process.poll() is None:
            self.process.kill()
            self.was_killed = True
        return self.process.poll() is not None

    def confirmed(self) -> list[tuple[int, int]]:
        assert self.process.stdout is not None
        lines = self.process.stdout.read().decode().splitlines()
        self.process.stdout.close()
        return [(int(start), int(count)) for start, count in (line.split() for line in lines)]


def run(events: int, spool: Path, *, each: int = 5000, seed: int = 1) -> Outcome:
    """Jobs of ``each`` events until there are ``events``; two in three are killed at some moment."""
    chance, service, began = random.Random(seed), TrackingService(), time.monotonic()
    options = {"events": each, "portion": max(each // 20, 1), "endpoint": service.origin, "spool": str(spool)}
    running: list[Job] = []
    confirmed: list[tuple[str, int, int]] = []
    started, killed, changes_at = 0, 0, 0.0
    count = -(-events // each)
    while started < count or running:
        if time.monotonic() >= changes_at:
            service.is_up = chance.random() < 0.5
            service.hangs.set() if chance.random() < 0.8 else service.hangs.clear()
            changes_at = time.monotonic() + chance.uniform(0.2, 1.5)
        if started < count and len(running) < _AT_ONCE:
            doomed_after = chance.uniform(0.2, 3.0) if chance.random() < 2 / 3 else None
            running.append(Job(f"job{started}", options, doomed_after))
            started += 1
        for job in [each for each in running if each.has_ended()]:
            running.remove(job)
            killed += job.was_killed
            confirmed += [(job.name, start, many) for start, many in job.confirmed()]
        time.sleep(0.01)
    service.is_up = True
    service.hangs.set()
    _send_the_rest(service, spool)
    lost = sum(
        not service.has(name, number) for name, start, many in confirmed for number in range(start, start + many)
    )
    service.stop()
    return Outcome(
        jobs=started,
        killed=killed,
        confirmed=sum(many for _, _, many in confirmed),
        arrived=sum(map(len, service.arrived.values())),
        doubles=service.doubles,
        lost=lost,
        seconds=round(time.monotonic() - began, 1),
    )


def _send_the_rest(service: TrackingService, spool: Path) -> None:
    """The next process."""
    config = KameleoonClientConfig(
        "id", "secret", endpoint=service.origin, spool=spool, default_data_file={"featureFlags": []}
    )
    with KameleoonClient("site", config) as client:
        deadline = time.monotonic() + 300
        while client.stats().spool_events > 0:
            assert time.monotonic() < deadline, "the spool is not sent"
            time.sleep(0.05)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--events", type=int, default=1_000_000)
    parser.add_argument("--each", type=int, default=5000, help="of a job")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as directory:
        outcome = run(options.events, Path(directory), each=options.each, seed=options.seed)
    print(", ".join(f"{name} {value:,}" for name, value in asdict(outcome).items()))
    sys.exit(1 if outcome.lost else os.EX_OK)


if __name__ == "__main__":
    main()
