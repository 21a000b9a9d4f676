"""``python -m tests.hostile --count 200000``: so many mutations of real data files, each asked everything. A panic, an
exception that is not documented, an explanation that says otherwise than the evaluation end it with 1, and so does a call
that takes longer than ``--bound`` seconds.
"""

from __future__ import annotations

import argparse
import logging
import random
import sys
import time
from pathlib import Path

from tests.hostile.asking import Watch, ask_all
from tests.hostile.mutations import mutated, real_data_files


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.hostile", description=__doc__)
    parser.add_argument("--count", type=int, default=200_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--bound", type=float, default=1.0, help="seconds that a call may take")
    chosen = parser.parse_args()
    logging.disable(logging.CRITICAL)
    files, watch, read = real_data_files(), Watch(), 0
    begin = time.monotonic()
    for number in range(chosen.count):
        chance = random.Random(f"{chosen.seed} {number}")
        text = mutated(chance, chance.choice(files))
        try:
            read += ask_all(text, chance, watch)
        except BaseException:
            kept = Path(f"hostile-{chosen.seed}-{number}.json")
            kept.write_bytes(text)
            print(f"number {number} of seed {chosen.seed} is kept in {kept}", file=sys.stderr)
            raise
    print(
        f"{chosen.count:,} mutations, {read:,} of them read, {watch.calls:,} calls of which {watch.refused:,} raised what is "
        f"documented, in {time.monotonic() - begin:.0f} s; the longest: {watch.slowest}, {watch.longest * 1e3:.1f} ms"
    )
    return watch.longest > chosen.bound


if __name__ == "__main__":
    raise SystemExit(main())
