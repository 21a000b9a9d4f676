"""Two builds of this client side by side: nanoseconds a call, taking turns in one run, and the ratio of the medians.

usage: python -m benches.two_builds OTHER_PYTHON [--rounds N]

OTHER_PYTHON is the interpreter of an environment with the other build, the older one, say. What is measured are public
methods alone, so any two builds can be compared.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]


def cases() -> Iterator[tuple[str, int, Callable[[], object]]]:
    """Name, calls a round, and what makes them."""
    import kameleoon.data as kinds
    from benches import clients, work

    codes = work.visitor_codes()
    part = work.experiment(0)
    part["rules"][0]["exposition"] = 0.9
    holdout = {
        "experimentId": 99,
        "variationByExposition": [{"variationKey": "in-holdout", "variationId": 991, "exposition": 0.05}],
    }
    one, targeted, many, exposed, held = (
        clients.alone(data_file)
        for data_file in (
            work.ONE, work.TARGETED, work.MANY, work.data_file(part), {**work.ONE, "holdout": holdout},
        )
    )  # fmt: skip
    for code in codes:
        one.is_feature_active(code, "flag_0")
    for client in (targeted, exposed, held, many):
        client.add_data("targeted", *work.five_data(kinds))
    data, version, place = kinds.CustomData, kinds.ApplicationVersion, kinds.Geolocation
    made = work.five_data(kinds)

    def repeat(call: Callable[..., object], *arguments: object) -> Callable[[], object]:
        def run() -> None:
            for _ in range(20_000):
                call(*arguments)

        return run

    def in_turn() -> None:
        active = one.is_feature_active
        for code in codes:
            active(code, "flag_0")

    def two_flags() -> None:
        active = many.is_feature_active
        for _ in range(10_000):
            active("targeted", "flag_0")
            active("targeted", "flag_1")

    def request() -> None:
        add, active = targeted.add_data, targeted.is_feature_active
        for _ in range(5_000):
            add("a visitor", data(1, "premium"), data(2, "34"), data(3, "gold"), version("3.4.1"), place("FR"))
            active("a visitor", "flag_0")

    def add_three() -> None:
        add = targeted.add_data
        for _ in range(10_000):
            add("a visitor", data(1, "premium"), data(2, "34"), data(3, "gold"))

    def all_flags() -> None:
        for _ in range(200):
            many.get_variations("targeted")

    yield "is_feature_active, the same visitor", 20_000, repeat(one.is_feature_active, codes[0], "flag_0")
    yield "is_feature_active, 100,000 visitors", len(codes), in_turn
    yield "is_feature_active, two flags in turn", 20_000, two_flags
    yield "is_feature_active, holdout", 20_000, repeat(held.is_feature_active, "targeted", "flag_0")
    yield "is_feature_active, exposition 90 %", 20_000, repeat(exposed.is_feature_active, "targeted", "flag_0")
    yield "is_feature_active, five conditions", 20_000, repeat(targeted.is_feature_active, "targeted", "flag_0")
    yield "get_variation", 20_000, repeat(one.get_variation, codes[0], "flag_0")
    yield "get_variations, 200 flags", 200, all_flags
    yield "five data made and added, one evaluation", 5_000, request
    yield "three data made and added", 10_000, add_three
    yield "five data added", 20_000, repeat(targeted.add_data, "a visitor", *made)


def work() -> None:
    """Measures one round for each line that comes in."""
    measured = list(cases())
    for _ in sys.stdin:
        figures = {}
        for name, count, run in measured:
            start = time.perf_counter()
            run()
            figures[name] = (time.perf_counter() - start) / count * 1e9
        print(json.dumps(figures), flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("other")
    parser.add_argument("--rounds", type=int, default=15)
    arguments = parser.parse_args()
    command = ["-m", "benches.two_builds", "--work"]
    workers: list[Any] = [
        subprocess.Popen([python, *command], cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        for python in (arguments.other, sys.executable)
    ]
    rounds: list[list[dict[str, float]]] = [[], []]
    for number in range(arguments.rounds + 1):
        for worker, figures in zip(workers, rounds):
            worker.stdin.write("\n")
            worker.stdin.flush()
            measured = json.loads(worker.stdout.readline())
            if number:  # the first round warms up
                figures.append(measured)
    for worker in workers:
        worker.kill()
    print(f"{'':42} {'other':>9} {'this':>9} {'ratio':>7}")
    for name in rounds[0][0]:
        other, this = (statistics.median(figures[name] for figures in side) for side in rounds)
        print(f"{name:42} {other:9,.0f} {this:9,.0f} {this / other:7.2f}")


if __name__ == "__main__":
    if sys.argv[1:] == ["--work"]:
        work()
    else:
        main()
