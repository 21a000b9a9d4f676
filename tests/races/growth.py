"""How much memory grows by with each call. For a table of all calls, each called a million times:

python -m tests.races.growth [CALLS]      (``make growth CALLS=…``)
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable

from tests.races import memory
from tests.races.calls import Call, every_call

LIMIT = 4 * 1024 * 1024 / 1_000_000
"""The bytes that a call may leave: 4 MiB of a million calls."""


def left_by(call: Call, calls: int, size: Callable[[], int] = memory.in_use, limit: float = LIMIT) -> float:
    """The bytes that each of so many calls leaves. Something like a table that grows once is no growth: where there is
    more than the limit it is measured again, and what counts is the least of six times.
    """
    _repeat(call, max(calls // 10, min(calls, 300)))  # what is kept once
    least = float("inf")
    for _ in range(6):
        before = size()
        _repeat(call, calls)
        least = min(least, (size() - before) / calls)
        if least <= limit:
            break
    return least


def _repeat(call: Call, calls: int) -> None:
    for _ in range(calls):
        call()


def main(calls: int) -> int:
    """Prints the table, by what the process has in memory; 1 where a call leaves more than it may."""
    growing = 0
    with every_call() as groups:
        for name, call in [(f"{group}: {name}", call) for group, of in groups.items() for name, call in of.items()]:
            start = time.monotonic()
            grown = left_by(call, calls, memory.resident)
            is_growing = grown > LIMIT
            growing += is_growing
            seconds = time.monotonic() - start
            kibibytes = grown * calls / 1024
            print(f"{name:55} {kibibytes:8,.0f} KiB {seconds:7.1f} s{'  TOO MUCH' * is_growing}", flush=True)
    print(f"{growing} calls leave more than {LIMIT * calls / 1024:,.0f} KiB after {calls:,} times")
    return 1 if growing else 0


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000))
