"""The parts of a data file as the engine takes them: of flags and segments that stand twice, the last one counts, and
rules that it leaves out are left out.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from kameleoon._native import BatchSnapshot
from kameleoon.testing.data_file_reading import identifier, mapping, mappings

__all__ = ["Flag", "Parts", "Rule", "Share", "is_for_nobody", "is_left_out", "parts_of", "shares_of"]

Json = dict[str, Any]
_FLAGS = "featureFlags"
_NOBODY = " left out: it targets nobody: "


@dataclass(frozen=True)
class Share:
    """A variation of a rule, and its share: 0 to 1, if all is well."""

    key: str
    exposition: float


@dataclass(frozen=True)
class Rule:
    """A rule: ``where`` it is, what it is (``json``), and what was read of it."""

    where: str
    json: Json
    is_delivery: bool
    exposition: float
    shares: list[Share]
    segment_id: int | None


@dataclass(frozen=True)
class Flag:
    """A flag: ``where`` it is, what it is (``json``), and its rules."""

    where: str
    json: Json
    rules: list[Rule]

    @property
    def variation_keys(self) -> list[str]:
        """The keys of its variations."""
        return [_text(variation.get("key")) for variation in mappings(self.json.get("variations"))]

    @property
    def default(self) -> str:
        """The key of its default variation."""
        return _text(self.json.get("defaultVariationKey"))


@dataclass(frozen=True)
class Parts:
    """A data file (``json``), its flags, and its segments by id, those inside rules included."""

    json: Json
    flags: list[Flag]
    segments: dict[int, Json]


def parts_of(data_file: Json) -> Parts:
    """The parts that the engine takes."""
    return Parts(data_file, _flags(data_file), _segments(data_file))


def is_left_out(name: str, item: Json, entry: str) -> bool:
    """Whether the engine, given an item in the list of that name, leaves out an entry of that kind: ``"rule"``, say."""
    return any(omission.startswith(f"data file: {entry} ") for omission in _omissions(name, item))


def is_for_nobody(segment: Json) -> bool:
    """Whether a segment is there, and the engine cannot read its conditions."""
    return any(_NOBODY in omission for omission in _omissions("segments", segment))


def shares_of(experiment: Json) -> list[Share]:
    """The shares of a rule or of the holdout."""
    return [
        Share(_text(share.get("variationKey")), _number(share.get("exposition")))
        for share in mappings(experiment.get("variationByExposition"))
    ]


def _number(value: Any) -> float:
    is_number = isinstance(value, (int, float)) and not isinstance(value, bool)
    return float(value) if is_number and abs(value) < 1e9 else 0.0


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""


def _omissions(name: str, item: Json) -> list[str]:
    return BatchSnapshot.compile(json.dumps({name: [item]}).encode())[1]


def _flags(data_file: Json) -> list[Flag]:
    found: dict[str, Flag] = {}
    for flag in mappings(data_file.get(_FLAGS)):
        key = flag.get("featureKey")
        if isinstance(key, str) and not is_left_out(_FLAGS, {**flag, "rules": None}, "feature flag"):
            where = f'flag "{key}"'
            found[key] = Flag(where, flag, list(_rules(where, flag)))
    return list(found.values())


def _segments(data_file: Json) -> dict[int, Json]:
    inside = [
        rule["segment"]
        for flag in mappings(data_file.get(_FLAGS))
        for rule in mappings(flag.get("rules"))
        if isinstance(rule.get("segment"), dict)
    ]
    found = [*mappings(data_file.get("segments")), *inside]
    return {
        identifier(segment.get("id")) or 0: segment
        for segment in found
        if is_for_nobody(segment) or not is_left_out("segments", segment, "segment")
    }


def _rules(where: str, flag: Json) -> Iterator[Rule]:
    for rule in mappings(flag.get("rules")):
        if is_left_out(_FLAGS, {"featureKey": "flag", "rules": [rule]}, "rule"):
            continue
        inside = rule.get("segment")
        yield Rule(
            f"{where}: rule {rule.get('id')}",
            rule,
            rule.get("type") == "TARGETED_DELIVERY",
            _number(rule.get("exposition")),
            shares_of(rule),
            identifier(mapping(inside).get("id")) or 0
            if isinstance(inside, dict)
            else identifier(rule.get("segmentId")),
        )
