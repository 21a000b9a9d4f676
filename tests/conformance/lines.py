"""Tracking lines, made comparable."""

from __future__ import annotations

import json
from urllib.parse import parse_qsl


def compared(lines: list[str]) -> list[list[list[str]]]:
    """The lines without nonces and activity events, JSON normalized, sorted."""
    shown = []
    for line in lines:
        pairs = [
            [name, normalized_value(name, value)]
            for name, value in parse_qsl(line, keep_blank_values=True)
            if name != "nonce"
        ]
        if ["eventType", "activity"] not in pairs:
            shown.append(pairs)
    return sorted(shown)


def normalized_value(name: str, value: str) -> str:
    if name in ("valuesCountMap", "metadata", "referrersIndices"):
        return json.dumps(json.loads(value), sort_keys=True)
    if name == "timeSincePreviousVisit":
        return str(round(int(value) / 60_000))
    return value
