"""A process of the soak: ``python -m tests.soak.worker OPTIONS``. It writes a line of JSON every few seconds, until its
standard input ends; then it sends what it has, and writes a last one.
"""

from __future__ import annotations

import json
import multiprocessing
import os
import random
import sys
import threading
import time
from pathlib import Path
from typing import Any

from kameleoon import KameleoonClient, KameleoonClientConfig
from kameleoon.testing import Clock, clock
from tests.soak.durations import merged, percentile
from tests.soak.visits import Visits, Watched, visit

CHILD_VISITORS = 20
CHILD_SECONDS = 60.0
STUCK_SECONDS = 10.0


def main() -> None:
    options = json.loads(sys.argv[1])
    with clock() as now:
        Worker(options, now).run()


def client_of(endpoint: str, spool: str) -> KameleoonClient:
    config = KameleoonClientConfig(
        "client-0123456789",
        "secret-0123456789",
        endpoint=endpoint,
        spool=spool,
        default_timeout_millisecond=2000,
        refresh_interval_minute=1,
    )
    return KameleoonClient("soak", config)


class Worker:
    def __init__(self, options: dict[str, Any], now: Clock) -> None:
        self._options = options
        self._name = options["name"]
        self._now = now
        self._random = random.Random(f"{options['seed']} {self._name}")
        self._client = client_of(options["endpoint"], options["spool"])
        self._ended = threading.Event()
        self._visitors: dict[str, int] = {}
        self._children: list[tuple[Any, float]] = []
        self._bad_children = 0
        self._jumps = 0
        self._worst_stuck = 0.0
        threading.Thread(target=self._wait_for_the_end, daemon=True).start()

    def _wait_for_the_end(self) -> None:
        while os.read(0, 1):  # not sys.stdin, whose lock a forked child would find taken
            pass
        self._ended.set()

    def run(self) -> None:
        self._client.wait_init(60_000, keep_trying=True)
        self._visits = Visits(self._client, self._name, self._options["threads"], self._options["per_second"])
        next_sample = time.monotonic()
        next_fork = time.monotonic() + self._random.uniform(0, 2 * self._options["fork_every"])
        next_jump = time.monotonic() + self._random.uniform(0, 2 * self._options["jump_every"])
        while not self._ended.wait(0.2):
            moment = time.monotonic()
            self._worst_stuck = max(self._worst_stuck, self._visits.stuck_for())
            self._look_after_children()
            if moment >= next_fork:
                next_fork = moment + self._random.uniform(0.5, 1.5) * self._options["fork_every"]
                self._fork()
            if moment >= next_jump:
                next_jump = moment + self._random.uniform(0.5, 1.5) * self._options["jump_every"]
                self._now.advance(minutes=31)
                self._jumps += 1
            if moment >= next_sample:
                next_sample = moment + self._options["sample_every"]
                _tell(self._sample())
        self._finish()

    def _fork(self) -> None:
        name = f"{self._name}.{len(self._visitors)}"
        self._visitors[name] = CHILD_VISITORS
        child = multiprocessing.get_context("fork").Process(target=_serve_in_child, args=(self._client, name))
        child.start()
        self._children.append((child, time.monotonic()))

    def _look_after_children(self, patience: float = CHILD_SECONDS) -> None:
        """In this thread alone: ``multiprocessing`` waits for children itself whenever one is started."""
        for child, since in list(self._children):
            if child.exitcode is None and time.monotonic() - since < patience:
                continue
            self._children.remove((child, since))
            if child.exitcode != 0:
                self._bad_children += 1
                child.kill()

    def _sample(self) -> dict[str, Any]:
        stats = self._client.stats()
        counts = merged([watched.counts for watched in self._visits.watched])
        worst = max(watched.worst for watched in self._visits.watched)
        for watched in self._visits.watched:
            watched.counts = [0] * len(watched.counts)
            watched.worst = 0.0
        release = self._client.get_variation(f"{self._name}-watcher", "release", False)
        return {
            "at": time.time(),
            "rss": int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGESIZE"),
            "threads": len(os.listdir("/proc/self/task")),
            "descriptors": len(os.listdir("/proc/self/fd")),
            "calls": sum(counts.values()),
            "p50": percentile(counts, 0.5),
            "p999": percentile(counts, 0.999),
            "worst": worst,
            "queued": stats.queued_visitors,
            "spooled": stats.spool_events,
            "visitors": stats.visitors,
            "sent": stats.events_sent,
            "failed": stats.events_failed,
            "version": int(release.variables["number"].value),
        }

    def _finish(self) -> None:
        self._worst_stuck = max(self._worst_stuck, self._visits.stuck_for())
        for child, _ in self._children:
            child.join(CHILD_SECONDS)
        self._look_after_children(0)
        begun, all_ended = self._visits.end(STUCK_SECONDS)
        self._visitors[self._name] = begun
        is_flushed = self._client.flush(timeout=60)
        stats = self._client.stats()
        sample = self._sample()
        self._client.close()
        _tell(
            {
                **sample,
                "visitors_by_process": self._visitors,
                "flushed": is_flushed,
                "dropped": stats.events_dropped + stats.events_refused,
                "wrong": self._visits.wrong,
                "errors": list(self._visits.errors),
                "bad_children": self._bad_children,
                "threads_ended": all_ended,
                "again": {self._name: self._jumps * self._options["threads"]},
                "stuck": self._worst_stuck,
            }
        )


def _serve_in_child(client: KameleoonClient, name: str) -> None:
    """A child of a process with threads, that serves a few visitors and ends as usual."""
    for number in range(CHILD_VISITORS):
        visit(client, f"{name}-{number}", Watched())


def _tell(sample: dict[str, Any]) -> None:
    print(json.dumps(sample), flush=True)


if __name__ == "__main__":
    main()
