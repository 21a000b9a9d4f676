"""A data file in words: who gets what of each feature flag, as the page of the local platform shows it.

A pure function from a data file, whatever it holds, to values that are JSON. What the client leaves out as broken is
shown as it is. Called by ``control`` once for each data file.

>>> rule = {"id": 10, "type": "EXPERIMENTATION", "exposition": 0.8, "experimentId": 11, "variationByExposition": [
...     {"variationKey": "on", "exposition": 0.5}, {"variationKey": "off", "exposition": 0.5}]}
>>> in_words({"featureFlags": [{"featureKey": "checkout", "rules": [rule]}]})["flags"][0]["rules"][0]["sentence"]
'Experiment 11: 50 % on, 50 % off, for everybody; the first 80 % are exposed'
"""

from __future__ import annotations

from typing import Any, TypedDict

from kameleoon.testing._condition_fields import quoted
from kameleoon.testing.data_file_reading import identifier, mapping, mappings
from kameleoon.testing.targeting_words import EVERYBODY, SegmentWords, Targeting

__all__ = ["DataFileWords", "FlagWords", "RuleWords", "ShareWords", "in_words"]


class ShareWords(TypedDict):
    """A variation of a rule: its key, its id (``None`` if it has none) and its share, 0 to 1."""

    key: str
    id: int | None
    exposition: float


class RuleWords(TypedDict):
    """A rule: its ids, its ``title``, what it ``gives``, whom it is for (``targeting``: a text, empty for everybody, or
    a tree of them), whether it was ``respooled``, and all of it in one ``sentence``.
    """

    id: int | None
    experiment: int | None
    title: str
    is_delivery: bool
    exposition: float
    shares: list[ShareWords]
    gives: str
    targeting: Any
    respooled: str
    sentence: str


class FlagWords(TypedDict):
    """A flag: ``notes`` says what holds for all of it; ``variations`` are those of the data file."""

    key: str
    id: int | None
    is_enabled: bool
    default: str
    notes: list[str]
    rules: list[RuleWords]
    variations: list[dict[str, Any]]


class DataFileWords(TypedDict):
    """A data file: its flags, and ``notes`` on what holds for all of them."""

    flags: list[FlagWords]
    notes: list[str]


def in_words(data_file: dict[str, Any]) -> DataFileWords:
    """The data file in words. Never raises for what a JSON object can hold.

    >>> in_words({"configuration": {"consentType": "REQUIRED"}})["notes"]
    ['Consent is required: visitors who refused it are in no experiment; they get the default instead.']
    """
    segments = SegmentWords(data_file)
    flags = mappings(data_file.get("featureFlags"))
    keys = [flag.get("featureKey") for flag in flags]
    described = [
        _flag(data_file, segments, flag, is_last=flag.get("featureKey") not in keys[position + 1 :])
        for position, flag in enumerate(flags)
    ]
    return {"flags": described, "notes": _notes(data_file)}


def _notes(data_file: dict[str, Any]) -> list[str]:
    notes = []
    holdout = mapping(data_file.get("holdout"))
    held = sum(share["exposition"] for share in _shares(holdout) if share["key"] == "in-holdout")
    if holdout:
        experiment = identifier(holdout.get("experimentId"))
        notes.append(f"Holdout (experiment {experiment}): {_percent(held)} of visitors get the default of every flag.")
    configuration = mapping(data_file.get("configuration"))
    if configuration.get("consentType") == "REQUIRED":
        is_full = configuration.get("consentOptOutBehavior") == "FULLY_BLOCK"
        rest = "for them experiments are as disabled" if is_full else "they get the default instead"
        notes.append(f"Consent is required: visitors who refused it are in no experiment; {rest}.")
    return notes


def _flag(data_file: dict[str, Any], segments: SegmentWords, flag: dict[str, Any], *, is_last: bool) -> FlagWords:
    is_enabled = flag.get("environmentEnabled") is True
    notes = []
    if not is_last:
        notes.append("A later flag of the same key counts, and this one does not.")
    if not is_enabled:
        notes.append("Disabled in this environment: it has no variation for anybody.")
    group = flag.get("mutuallyExclusiveGroup")
    if isinstance(group, str):
        notes.append(_group(data_file, flag, group))
    bucketing = _bucketing(data_file, segments, flag.get("bucketingCustomDataId"))
    if bucketing:
        notes.append(bucketing)
    return {
        "key": _shown(flag.get("featureKey")),
        "id": identifier(flag.get("id")),
        "is_enabled": is_enabled,
        "default": _shown(flag.get("defaultVariationKey")),
        "notes": notes,
        "rules": [_rule(segments, rule) for rule in mappings(flag.get("rules"))],
        "variations": [_variation(variation) for variation in mappings(flag.get("variations"))],
    }


def _group(data_file: dict[str, Any], flag: dict[str, Any], group: str) -> str:
    others = [
        quoted(other.get("featureKey"))
        for other in mappings(data_file.get("featureFlags"))
        if other.get("mutuallyExclusiveGroup") == group and other is not flag
    ]
    if not others:
        return f"Alone in the mutually exclusive group {quoted(group)}."
    rest = f"{len(others)} other flags" if len(others) > 5 else ", ".join(others)
    return f"In the mutually exclusive group {quoted(group)} with {rest}: a visitor is in one of them alone."


def _bucketing(data_file: dict[str, Any], segments: SegmentWords, wanted: Any) -> str | None:
    for entry in mappings(data_file.get("customData")):
        index = identifier(entry.get("index"))
        if wanted is not None and index and identifier(entry.get("id")) == identifier(wanted):
            name = segments.conditions.custom_datum(index)
            return f"Buckets go by the visitor's {name}, if it has one, instead of the visitor code."
    return None


def _variation(variation: dict[str, Any]) -> dict[str, Any]:
    variables = [
        {"key": _shown(variable.get("key")), "type": _shown(variable.get("type")), "value": variable.get("value")}
        for variable in mappings(variation.get("variables"))
    ]
    return {"key": _shown(variation.get("key")), "name": _shown(variation.get("name")), "variables": variables}


def _rule(segments: SegmentWords, rule: dict[str, Any]) -> RuleWords:
    shares = _shares(rule)
    exposition = _share(rule.get("exposition"))
    is_delivery = rule.get("type") == "TARGETED_DELIVERY"
    title = _title(rule, is_delivery)
    targeting = _targeting(segments, rule)
    audience = f"for visitors {targeting.sentence}" if not targeting.is_everybody else "for everybody"
    gives = _delivered(shares) if is_delivery else _split(shares)
    sentence = f"{title}: {gives}, {audience}{_exposed(exposition, is_delivery)}{_respooled(rule)}"
    return {
        "id": identifier(rule.get("id")),
        "experiment": identifier(rule.get("experimentId")),
        "title": title,
        "is_delivery": is_delivery,
        "exposition": exposition,
        "shares": shares,
        "gives": gives,
        "targeting": targeting.to_json(),
        "respooled": _respooled(rule),
        "sentence": sentence,
    }


def _title(rule: dict[str, Any], is_delivery: bool) -> str:
    name, kind = rule.get("name"), rule.get("type")
    identity = f"rule {_shown(rule.get('id'))}" if is_delivery else _shown(rule.get("experimentId"))
    word = "Delivery" if is_delivery else "Experiment"
    strange = (
        "" if is_delivery or kind == "EXPERIMENTATION" else f" (of the type {quoted(kind)}, asked as an experiment)"
    )
    if isinstance(name, str) and name:
        return f"{word} {quoted(name)} ({identity if is_delivery else f'id {identity}'}){strange}"
    return f"{word} ({identity})" if is_delivery else f"{word} {identity}{strange}"


def _targeting(segments: SegmentWords, rule: dict[str, Any]) -> Targeting:
    inline = mapping(rule.get("segment"))
    segment_id = (
        identifier(rule.get("segmentId")) if rule.get("segmentId") is not None else identifier(inline.get("id"))
    )
    return EVERYBODY if segment_id is None else segments.of(segment_id)


def _delivered(shares: list[ShareWords]) -> str:
    return shares[0]["key"] if shares else "the default, since it has no variation"


def _split(shares: list[ShareWords]) -> str:
    if not shares:
        return "no variations"
    texts = [f"{_percent(share['exposition'])} {share['key']}" for share in shares]
    rest = 1 - sum(share["exposition"] for share in shares)
    if rest > 1e-9:
        texts.append(f"{_percent(rest)} none of them")
    return ", ".join(texts)


def _exposed(exposition: float, is_delivery: bool) -> str:
    if exposition >= 1:
        return ""
    others = ", the others get the default" if is_delivery else ""
    return (
        f"; the first {_percent(exposition)} are exposed{others}" if exposition > 0 else f"; nobody is exposed{others}"
    )


def _respooled(rule: dict[str, Any]) -> str:
    respool = rule.get("respoolTime")
    return f"; dealt anew under {respool}" if identifier(respool) else ""


def _shares(rule: dict[str, Any]) -> list[ShareWords]:
    return [
        {
            "key": _shown(share.get("variationKey")),
            "id": identifier(share.get("variationId")),
            "exposition": _share(share.get("exposition")),
        }
        for share in mappings(rule.get("variationByExposition"))
    ]


def _share(value: Any) -> float:
    """A share of visitors; what is no finite number counts as 0."""
    is_number = isinstance(value, (int, float)) and not isinstance(value, bool)
    return float(value) if is_number and abs(value) < 1e6 else 0.0


def _percent(share: float) -> str:
    return f"{round(share * 100, 4):.4f}".rstrip("0").rstrip(".") + " %"


def _shown(value: Any) -> str:
    return value if isinstance(value, str) else "?" if value is None else quoted(value)[1:-1]
