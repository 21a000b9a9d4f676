"""What refers to something that the data file does not have."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from kameleoon._inspection.mistake import Mistake
from kameleoon._inspection.parts import Flag, Parts, Rule
from kameleoon.testing.data_file_reading import identifier, mapping, mappings

__all__ = ["references"]


def references(parts: Parts) -> Iterator[Mistake]:
    """Rules to segments and variations, flags to variations and custom data, conditions to flags."""
    data = {identifier(entry.get("id")) for entry in mappings(parts.json.get("customData"))}
    for flag in parts.flags:
        if flag.default not in flag.variation_keys:
            text = f'the default variation "{flag.default}" is none of the flag\'s'
            yield Mistake("reference", flag.where, text)
        bucketing = identifier(flag.json.get("bucketingCustomDataId"))
        if bucketing is not None and bucketing not in data:
            text = f"buckets go by custom datum {bucketing}, which there is not: they go by the visitor code"
            yield Mistake("reference", flag.where, text)
        for rule in flag.rules:
            yield from _of_rule(flag, rule, parts.segments)
    ids = {identifier(flag.get("id")) for flag in mappings(parts.json.get("featureFlags"))}
    for number, segment in parts.segments.items():
        yield from _of_segment(f"segment {number}", segment, ids)


def _of_rule(flag: Flag, rule: Rule, known: dict[int, Any]) -> Iterator[Mistake]:
    if rule.segment_id is not None and rule.segment_id not in known:
        yield Mistake("reference", rule.where, f"there is no segment {rule.segment_id}: the rule is for everybody")
    for share in rule.shares:
        if share.key not in flag.variation_keys:
            yield Mistake("reference", rule.where, f'the variation "{share.key}" is none of the flag\'s')


def _of_segment(where: str, segment: dict[str, Any], flag_ids: set[int | None]) -> Iterator[Mistake]:
    for group in mappings(mapping(segment.get("conditionsData")).get("firstLevel")):
        for condition in mappings(group.get("conditions")):
            wanted = identifier(condition.get("featureFlagId"))
            if condition.get("targetingType") == "TARGET_FEATURE_FLAG" and wanted not in flag_ids | {None}:
                text = f"a condition is on feature flag {wanted}, which there is not: it is false"
                yield Mistake("reference", where, text)
