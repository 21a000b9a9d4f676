"""What stands twice: keys and ids, of which one counts and the other does not, or both count for one."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterator
from typing import Any

from kameleoon._inspection.mistake import Mistake
from kameleoon.testing.data_file_reading import identifier, mappings

__all__ = ["duplicates"]

Places = defaultdict[Any, "list[str]"]


def duplicates(text: bytes, data_file: dict[str, Any]) -> Iterator[Mistake]:
    """Of the JSON itself, of flags with their rules, variations and variables, of segments and of custom data."""
    yield from _keys_of_json(text)
    flags = mappings(data_file.get("featureFlags"))
    yield from _twice("feature flags", "the key", flags, "featureKey", "the last one counts")
    yield from _twice("feature flags", "the id", flags, "id", "conditions on that flag mean both")
    for flag in flags:
        where = f'flag "{flag.get("featureKey")}"'
        variations = mappings(flag.get("variations"))
        yield from _twice(where, "the variation", variations, "key", "the last one counts")
        for variation in variations:
            inside = f'{where}: variation "{variation.get("key")}"'
            variables = mappings(variation.get("variables"))
            yield from _twice(inside, "the variable", variables, "key", "the last one counts")
    yield from _of_rules(flags)
    yield from _twice("segments", "the id", mappings(data_file.get("segments")), "id", "the last one counts")
    data = mappings(data_file.get("customData"))
    yield from _twice("custom data", "the id", data, "id", "the last one counts")
    yield from _twice("custom data", "the index", data, "index", "both are one datum")
    yield from _twice("custom data", "the name", data, "name", "it stands for the last one")


def _twice(where: str, what: str, items: list[dict[str, Any]], name: str, outcome: str) -> Iterator[Mistake]:
    counts: dict[Any, int] = {}
    for item in items:
        value = item.get(name)
        value = identifier(value) if name in ("id", "index") else value
        if isinstance(value, (str, int)):
            counts[value] = counts.get(value, 0) + 1
    for value, count in counts.items():
        if count > 1:
            times = "twice" if count == 2 else f"{count} times"
            yield Mistake(
                "duplicate", where, f"{what} {json.dumps(value, ensure_ascii=False)} stands {times}: {outcome}"
            )


def _of_rules(flags: list[dict[str, Any]]) -> Iterator[Mistake]:
    """Ids of rules and experiments are the whole data file's: buckets are made of them."""
    for name, what, outcome in (
        ("id", "the rule's id", "both expose the same visitors"),
        ("experimentId", "the experiment's id", "visitors get the same bucket in both, and the last one is forced"),
    ):
        places: Places = defaultdict(list)
        for flag in {
            flag.get("featureKey"): flag for flag in flags if isinstance(flag.get("featureKey"), str)
        }.values():
            for rule in mappings(flag.get("rules")):
                number = identifier(rule.get(name))
                if number:
                    places[number].append(f'flag "{flag["featureKey"]}": rule {rule.get("id")}')
        for number, found in places.items():
            if len(found) > 1:
                yield Mistake("duplicate", found[-1], f"{what} {number} is also that of {found[0]}: {outcome}")


def _keys_of_json(text: bytes) -> Iterator[Mistake]:
    """Keys that stand twice in one object of the JSON: of each, the last one counts."""
    found: dict[str, None] = {}

    def note(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        seen: set[str] = set()
        for key, _ in pairs:
            if key in seen:
                found[key] = None
            seen.add(key)
        return dict(pairs)

    json.loads(text, object_pairs_hook=note)
    for key in found:
        yield Mistake("duplicate", "JSON", f"the key {json.dumps(key, ensure_ascii=False)} stands twice in an object")
