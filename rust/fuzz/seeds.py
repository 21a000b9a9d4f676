"""Writes what the fuzz targets start from into `target/corpus/`: `python rust/fuzz/seeds.py`.

Seeds are the data files and the answers of the service that tests/conformance has, small data files of
tests/data_files.py, patterns of tests/patterns/grammar.py, and random bytes. `rust/fuzz/minimise` keeps of them what
covers something of its own.
"""

from __future__ import annotations

import gzip
import hashlib
import json
import random
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
sys.path.insert(0, str(ROOT))

from tests.data_files import data_file, flag, targeted_by  # noqa: E402  # found by the path that is set above
from tests.patterns.grammar import Grammar, texts  # noqa: E402  # found by the path that is set above
from tests.patterns.sample import parser, sample  # noqa: E402  # found by the path that is set above

MOST_BYTES = 6_000
NOW = 1_764_000_000_000


def scenarios() -> Iterator[dict[str, Any]]:
    """The recorded scenarios, their times those of the targets."""
    with gzip.open(ROOT / "tests" / "conformance" / "scenarios.jsonl.gz", "rt", encoding="utf-8") as file:
        for line in file:
            yield json.loads(
                line, object_hook=lambda found: NOW + found["$now_ms"] if set(found) == {"$now_ms"} else found
            )


def references(segment: dict[str, Any]) -> Iterator[Any]:
    """The segments that a segment's conditions refer to."""
    for group in (segment.get("conditionsData") or {}).get("firstLevel") or []:
        for condition in group.get("conditions") or []:
            if "segmentId" in condition:
                yield condition["segmentId"]


def parts(whole: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """A data file for each flag, with the segments that it needs."""
    segments = {str(segment["id"]): segment for segment in whole.get("segments", [])}
    for single in whole["featureFlags"]:
        needed = [str(rule.get("segmentId")) for rule in single["rules"]]
        for number in needed:
            if number in segments:
                needed += [str(other) for other in references(segments[number]) if str(other) not in needed]
        used = [segments[number] for number in dict.fromkeys(needed) if number in segments]
        yield {**whole, "featureFlags": [single], "segments": used}


def documents(values: Iterator[Any], rng: random.Random) -> Iterator[bytes]:
    """JSON text, a zero byte, and bytes from which the rest is drawn."""
    for value in values:
        yield json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode() + b"\0" + rng.randbytes(200)


def data_files() -> Iterator[dict[str, Any]]:
    """Data files of one flag, and small ones of several."""
    for scenario in scenarios():
        yield from parts(scenario["datafile"])
    yield data_file(flag("a", 1), flag("b", 2, mutuallyExclusiveGroup="g"), flag("c", 3, mutuallyExclusiveGroup="g"))
    yield targeted_by({"targetingType": "VISITOR_CODE", "visitorCode": "a+", "matchType": "REGULAR_EXPRESSION"})


def answers() -> Iterator[Any]:
    """Answers of the service with remote visitor data."""
    for scenario in scenarios():
        yield from scenario.get("visitors", {}).values()


def cookies() -> Iterator[Any]:
    """Cookies that simulate variations."""
    yield {"f0": {"expId": 11, "varId": 13}, "f1": {"expId": 0}}
    yield {"f2": {"expId": 31, "varId": 32}, "f9": {"expId": 101, "varId": 102}, "nobody": {"expId": 1}}
    yield {"f3": {"expId": "41", "varId": 42}, "f4": {"expId": 51}, "f5": 7}
    yield [1, "a", None]


def patterns(rng: random.Random) -> Iterator[bytes]:
    """Patterns with texts that may match them."""
    for _ in range(2_000):
        pattern = Grammar(rng).pattern()
        try:
            parsed: Any = parser.parse(pattern)
        except Exception:  # noqa: BLE001  # a pattern that Python refuses, for whatever reason, is a seed as well
            parsed = None
        found = texts(rng, pattern, parsed, sample, 4)
        yield "\0".join([pattern, *found]).encode("utf-8", "replace")


def main() -> None:
    """Writes them all."""
    rng = random.Random(15)
    seeds = {
        "data_file": documents(data_files(), rng),
        "remote": documents(answers(), rng),
        "simulation": documents(cookies(), rng),
        "pattern": patterns(rng),
        **{
            name: (rng.randbytes(rng.randint(50, 3_000)) for _ in range(200))
            for name in ("numbers", "event_line", "arrow")
        },
    }
    for target, found in seeds.items():
        directory = HERE / "target" / "corpus" / target
        directory.mkdir(parents=True, exist_ok=True)
        for seed in found:
            if len(seed) <= MOST_BYTES:
                (directory / hashlib.sha1(seed, usedforsecurity=False).hexdigest()).write_bytes(seed)


if __name__ == "__main__":
    main()
