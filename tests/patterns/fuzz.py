"""Random patterns and texts on this client and on Python's `re`: `python -m tests.patterns.fuzz --count N --seed S`.

Demanded: the same patterns are valid, the same answers wherever `re` answers within 10 ms, and no call of ours takes 20 ms.
"""

from __future__ import annotations

import argparse
import random
import re
import signal
import sys
import time
import unicodedata
import warnings
from dataclasses import dataclass, field
from typing import Any

from kameleoon._native import Patterns
from tests.patterns.grammar import Grammar, texts
from tests.patterns.sample import parser, sample

LIMIT = 0.010
"""Seconds of the processor in which an answer of `re` counts. (Other processes do not count.)"""
OURS = 0.020
"""Seconds that none of our calls may take."""


class TooLong(Exception):
    """`re` was interrupted."""


def _interrupt(*_: object) -> None:
    raise TooLong


@dataclass
class Outcome:
    """What was compared."""

    patterns: int = 0
    refused: int = 0
    pairs: int = 0
    matched: int = 0
    skipped: int = 0
    gave_up: int = 0
    slowest: float = 0.0
    mismatches: list[str] = field(default_factory=list)


def python_full_match(compiled: re.Pattern[str], text: str) -> bool | None:
    """`re`'s answer, `None` if it took longer than 10 ms, or failed on a bug of its own."""
    for _ in range(3):
        signal.setitimer(signal.ITIMER_REAL, 0.5)
        start = time.thread_time()
        try:
            answer = compiled.fullmatch(text) is not None
        except (TooLong, SystemError):
            return None
        finally:
            signal.setitimer(signal.ITIMER_REAL, 0)
        if time.thread_time() - start < LIMIT:
            return answer
    return None


def compile_both(pattern: str) -> tuple[re.Pattern[str] | None, Any, Patterns | None, str]:
    """The pattern in `re`, as parsed, and here; with our reason if it is refused."""
    compiled = parsed = None
    try:
        compiled = re.compile(pattern)
        parsed = parser.parse(pattern)
    except (re.error, OverflowError, RecursionError):
        pass
    try:
        return compiled, parsed, Patterns([pattern]), ""
    except ValueError as error:
        return compiled, parsed, None, str(error)


def compare(pattern: str, candidates: list[str], outcome: Outcome, parts: tuple[Any, Any], bound: float) -> None:
    """Compares the answers for texts."""
    compiled, ours = parts
    for text in candidates:
        expected = python_full_match(compiled, text)
        taken = float("inf")
        for _ in range(3):
            start = time.thread_time()
            actual = ours.full_match(0, text)
            taken = min(taken, time.thread_time() - start)
            if taken < bound:
                break
        outcome.slowest = max(outcome.slowest, taken)
        outcome.pairs += 1
        if taken >= bound:
            outcome.mismatches.append(f"{pattern!a} on {text!a}: takes {taken * 1000:.1f} ms")
        if expected is None:
            outcome.skipped += 1
            continue
        outcome.matched += expected
        outcome.gave_up += actual is None
        if actual != expected:
            outcome.mismatches.append(f"{pattern!a} on {text!a}: re {expected}, here {actual}")


def known(text: str) -> bool:
    """Whether this Python's version of Unicode has all of the characters."""
    return all(unicodedata.category(character) != "Cn" for character in text)


def fuzz(count: int, seed: int, seconds: float = float("inf"), long: float = 0.05, bound: float = OURS) -> Outcome:
    """Compares `count` patterns, with some texts each, and sometimes long ones."""
    outcome = Outcome()
    warnings.simplefilter("ignore")
    previous = signal.signal(signal.SIGALRM, _interrupt)
    end = time.monotonic() + seconds
    try:
        for number in range(seed, seed + count):
            if time.monotonic() > end:
                break
            rng = random.Random(number)
            pattern = Grammar(rng).pattern()
            outcome.patterns += 1
            compiled, parsed, ours, reason = compile_both(pattern)
            if (compiled is None) != (ours is None) and r"\N" not in pattern and "?t" not in pattern:
                outcome.mismatches.append(
                    f"{pattern!a}: re {'refuses' if compiled is None else 'accepts'}, here {reason or 'accepted'}"
                )
            if compiled is None or ours is None:
                outcome.refused += 1
                continue
            candidates = [text for text in texts(rng, pattern, parsed, sample, 12) if known(text)]
            if rng.random() < long:
                candidates = [
                    (text * rng.choice([5, 30, 200, 2000]))[:20_000] + rng.choice(["", text, "!"])
                    for text in candidates[:4]
                ]
            compare(pattern, candidates, outcome, (compiled, ours), bound)
    finally:
        signal.signal(signal.SIGALRM, previous)
    return outcome


def main() -> int:
    """Runs from the command line."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--count", type=int, default=10_000, help="patterns")
    arguments.add_argument("--seed", type=int, default=0)
    arguments.add_argument("--long", type=float, default=0.05, help="the part of the patterns that gets long texts")
    arguments.add_argument("--bound", type=float, default=OURS, help="seconds of the processor's time for one answer")
    chosen = arguments.parse_args()
    outcome = fuzz(chosen.count, chosen.seed, long=chosen.long, bound=chosen.bound)
    for mismatch in outcome.mismatches[:40]:
        print(mismatch)
    print(
        f"{outcome.patterns} patterns ({outcome.refused} refused by both), {outcome.pairs} pairs, {outcome.matched} match, "
        f"{outcome.skipped} where re took too long, {outcome.gave_up} given up, slowest {outcome.slowest * 1000:.2f} ms, "
        f"{len(outcome.mismatches)} mismatches"
    )
    return bool(outcome.mismatches)


if __name__ == "__main__":
    sys.exit(main())
