"""Data files that were right before something happened to them: to a part of their JSON, or to its bytes."""

from __future__ import annotations

import copy
import gzip
import json
import random
from pathlib import Path
from typing import Any

__all__ = ["mutated", "real_data_files"]

_SCENARIOS = Path(__file__).parents[1] / "conformance" / "scenarios.jsonl.gz"
_LONG = "long" * 20_000
_STRANGE: list[Any] = [
    *(None, True, False, 0, -1, 1, 255, 2**31, 2**53 + 1, 2**63 - 1, 2**63, -(2**63) - 1, 10**400),
    *(0.5, -0.0, 1e308, -1e308, 5e-324, 1e-400, 0.1 + 0.2),
    *(
        "",
        " ",
        "0",
        "-1",
        "1e5",
        "1.0.0",
        "²",
        "٣",
        "\x00",
        "\ud800",
        "\u202e",
        "\U0001f600",
        "null",
        "true",
        "a" * 300,
        _LONG,
    ),
    *(".*", "(a+)+$", "(?=x)*", "[", "\\", "(?P<x>a)(?P=x)", "a{1,99999}", "\\b\\B", "(?i)İ"),
    *([], {}, [[]], [None], [{}], {"": ""}, {"id": []}, [1] * 1000),
]
_WORDS = [
    "TRUE",
    "EXACT",
    "CONTAINS",
    "REGULAR_EXPRESSION",
    "GREATER",
    "LOWER",
    "EQUAL",
    "AMONG_VALUES",
    "UNDEFINED",
    "ANY",
]


def real_data_files() -> list[dict[str, Any]]:
    """Those of the recorded scenarios."""
    with gzip.open(_SCENARIOS, "rt", encoding="utf-8") as lines:
        return [json.loads(line)["datafile"] for line in lines]


def mutated(chance: random.Random, file: dict[str, Any]) -> bytes:
    """The text of a data file that one to six things have happened to."""
    changed = copy.deepcopy(file)
    for _ in range(chance.choice((1, 1, 1, 2, 3, 6))):
        _mutate(chance, changed)
    text = json.dumps(changed, ensure_ascii=chance.random() < 0.5).encode("utf-8", "surrogatepass")
    return text if chance.random() < 0.8 else _damaged(chance, text)


def _mutate(chance: random.Random, root: Any) -> None:
    """Walks down at random, and does something to the place where it ends."""
    holder = root
    while True:
        keys = list(holder) if isinstance(holder, dict) else list(range(len(holder)))
        if not keys:
            return
        key = chance.choice(keys)
        inner = holder[key]
        if not isinstance(inner, (dict, list)) or not inner or chance.random() < 0.25:
            break
        holder = inner
    deed = chance.randrange(8)
    if deed == 0:
        del holder[key]
    elif deed == 1 and isinstance(holder, list):
        holder.insert(key, copy.deepcopy(inner))  # twice
    elif deed == 2 and isinstance(holder, list):
        chance.shuffle(holder)
    elif deed == 3 and isinstance(inner, (int, float)) and not isinstance(inner, bool):
        holder[key] = chance.choice(
            (-inner, inner + 1, inner * 1000, inner // 3, inner + 0.5 if abs(inner) < 1e300 else inner, str(inner))
        )
    elif deed == 4 and isinstance(inner, str):
        holder[key] = chance.choice((inner.lower(), inner + "\x00", inner[::-1], chance.choice(_WORDS), [inner]))
    elif deed == 5 and isinstance(holder, dict):
        holder[chance.choice(("id", "type", "key", "value", "segmentId", "\ud800"))] = inner
    elif deed == 6:
        nested: Any = inner
        for _ in range(chance.choice((1, 5, 60))):
            nested = [nested] if chance.random() < 0.5 else {"firstLevel": [nested]}
        holder[key] = nested
    else:
        holder[key] = copy.deepcopy(chance.choice(_STRANGE))


def _damaged(chance: random.Random, text: bytes) -> bytes:
    """A few bytes are others, are missing, or are there twice."""
    damaged = bytearray(text)
    for _ in range(chance.choice((1, 1, 2, 5))):
        start = chance.randrange(len(damaged) + 1)
        end = min(start + chance.choice((0, 1, 1, 4, 50)), len(damaged))
        filler = chance.choice(
            (b"", bytes([chance.randrange(256)]), bytes(damaged[start:end]) * 2, b'"', b"}", b"\\u", b"\xed\xa0")
        )
        damaged[start:end] = filler
    return bytes(damaged)
