"""Instructions per call under callgrind: the same for the same build, whatever else the machine does.

usage: python -m benches.instructions     (needs valgrind)

Valgrind's processor has no SHA instructions, so cases that hash show more than runs. Compare builds, not cases.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
FEW, MANY = 2_000, 12_000
CASES = [
    "is_feature_active",
    "is_feature_active, hashed",
    "get_variation",
    "holdout",
    "exposition 90 %",
    "five conditions",
    "make five data",
    "add three data",
    "request",
    "20 flags",
    "a row of a table",
    "a row of a table, 20 flags",
]


def run(case: str, count: int) -> None:
    """The case so many times, for one visitor."""
    import kameleoon.data as kinds
    from benches import batch, clients, work
    from benches.players import loop

    part = work.experiment(0)
    part["rules"][0]["exposition"] = 0.9
    shares = [{"variationKey": "in-holdout", "variationId": 991, "exposition": 0.05}]
    holdout = {**work.ONE, "holdout": {"experimentId": 99, "variationByExposition": shares}}
    twenty = work.data_file(*(work.experiment(number) for number in range(20)))
    one, targeted, many, held, exposed, few = (
        clients.alone(data_file)
        for data_file in (work.ONE, work.TARGETED, work.MANY, holdout, work.data_file(part), twenty)
    )
    targeted.add_data("targeted", *work.five_data(kinds))
    data = "C(1, 'premium'), C(2, '34'), C(3, 'gold'), V('3.4.1'), G('FR')"
    names = {"C": kinds.CustomData, "V": kinds.ApplicationVersion, "G": kinds.Geolocation}
    loops = {
        "is_feature_active": loop("f('a visitor', 'flag_0')", f=one.is_feature_active),
        "is_feature_active, hashed": loop("f('a visitor', item)", f=many.is_feature_active),
        "get_variation": loop("f('a visitor', 'flag_0')", f=one.get_variation),
        "holdout": loop("f('a visitor', 'flag_0')", f=held.is_feature_active),
        "exposition 90 %": loop("f('a visitor', 'flag_0')", f=exposed.is_feature_active),
        "add three data": loop(
            "a('a visitor', C(1, 'premium'), C(2, '34'), C(3, 'gold'))", a=targeted.add_data, C=kinds.CustomData
        ),
        "20 flags": loop("f('a visitor')", f=few.get_variations),
        "five conditions": loop("f('targeted', 'flag_0')", f=targeted.is_feature_active),
        "make five data": loop(data, **names),
        "request": loop(
            f"a('a visitor', {data}); f('a visitor', 'flag_0')",
            a=targeted.add_data,
            f=targeted.is_feature_active,
            **names,
        ),
    }
    if case.startswith("a row"):
        loops[case] = rows(clients.encoded(batch.targeted_flags() if case.endswith("20 flags") else work.ONE))
    items = [f"flag_{number % 2}" for number in range(count)]
    loops[case](items[:100])
    loops[case](items)
    os._exit(0)


def rows(data_file: bytes) -> Any:
    """Answers for as many rows of a table as there are items; the table is made beforehand."""
    import pyarrow as pa

    from benches import batch
    from kameleoon.batch import Snapshot

    table, snapshot = batch.table(pa, MANY), Snapshot(data_file)

    def run(items: list[str]) -> None:
        for _ in snapshot.assign(table.slice(0, len(items)), data=batch.columns(), threads=1):
            pass

    return run


def _instructions(case: str, count: int) -> int:
    command = [
        "valgrind",
        "--tool=callgrind",
        "--callgrind-out-file=/dev/null",
        sys.executable,
        "-m",
        "benches.instructions",
    ]
    done = subprocess.run(
        [*command, "--run", case, str(count)], cwd=ROOT, env={**os.environ, "PYTHONHASHSEED": "0"}, stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE, text=True, check=True,
    )  # fmt: skip
    found = re.search(r"Collected : (\d+)", done.stderr)
    assert found is not None
    return int(found[1])


def measure() -> dict[str, Any]:
    """Instructions per call, the interpreter's included; nothing where there is no valgrind."""
    if not shutil.which("valgrind"):
        return {}
    return {case: (_instructions(case, MANY) - _instructions(case, FEW)) / (MANY - FEW) for case in CASES}


if __name__ == "__main__":
    if sys.argv[1:2] == ["--run"]:
        run(sys.argv[2], int(sys.argv[3]))
    else:
        for name, figure in measure().items():
            print(f"{name:28} {figure:8,.0f}", flush=True)
