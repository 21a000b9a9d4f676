"""What a ``DataFile`` holds while it is written: immutable parts, and how each is written at the end."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Union

from kameleoon.testing._data_file_mistake import DataFileMistake, unknown

__all__ = [
    "CustomDataPart",
    "FlagPart",
    "Parts",
    "RulePart",
    "SegmentPart",
    "VariableValue",
    "Variables",
    "VariationPart",
    "checked_json",
    "css",
    "free_id",
    "js",
    "typed",
]


class css(str):  # noqa: N801  # it is written as the function that it is to its users
    """The value of a variable of type ``CSS``.

    >>> css("b { color: red }")
    'b { color: red }'
    """


class js(str):  # noqa: N801  # as above
    """The value of a variable of type ``JS``.

    >>> js("f()")
    'f()'
    """


VariableValue = Union[str, float, bool, Mapping[str, Any], "list[Any]"]
"""Its type is the variable's: ``STRING``, ``NUMBER``, ``BOOLEAN``, ``JSON``; ``css(…)`` and ``js(…)`` are those."""
Variables = Mapping[str, VariableValue]


def typed(value: VariableValue, culprit: str) -> tuple[str, Any]:
    """The type of a variable's value, and the value as a data file has it. Raises ``DataFileMistake``."""
    if isinstance(value, bool):
        return "BOOLEAN", value
    if isinstance(value, (int, float)):
        return "NUMBER", checked_json(value, culprit) and value
    for kind, of_kind in (("CSS", css), ("JS", js), ("STRING", str)):
        if isinstance(value, of_kind):
            return kind, str(value)
    if isinstance(value, (Mapping, list)):
        return "JSON", checked_json(dict(value) if isinstance(value, Mapping) else value, culprit)
    hint = "a bool, number, text, mapping or list, or css(…), js(…)"
    raise DataFileMistake(f"{culprit} has a value of type {type(value).__name__}", hint)


def checked_json(value: object, culprit: str) -> str:
    """As JSON text, of which there is none for infinity, sets and the like."""
    try:
        return json.dumps(value, allow_nan=False)
    except (TypeError, ValueError) as error:
        raise DataFileMistake(f"{culprit} cannot be written: {error}", "JSON has no such value") from None


@dataclass(frozen=True)
class VariationPart:
    """A variation."""

    key: str
    name: str
    variables: tuple[tuple[str, str, Any], ...]
    """Key, type and value of each."""
    is_partial: bool
    """Whether it may lack variables that others have, and they its own."""

    def written(self) -> dict[str, Any]:
        """As a data file has it."""
        listed = [{"key": key, "type": kind, "value": value} for key, kind, value in self.variables]
        return {"key": self.key, "name": self.name, "variables": listed}


_USUAL = (VariationPart("off", "off", (), False), VariationPart("on", "on", (), False))


@dataclass(frozen=True)
class RulePart:
    """A rule."""

    kind: str
    id: int
    experiment_id: int
    shares: tuple[tuple[str, int | None, float], ...]
    """Variation key, variation id and share of each."""
    exposition: float = 1.0
    segment_id: int | None = None
    respool_time: int | None = None

    def written(self) -> dict[str, Any]:
        """As a data file has it."""
        rule: dict[str, Any] = {
            "id": self.id,
            "type": self.kind,
            "exposition": self.exposition,
            "experimentId": self.experiment_id,
            "respoolTime": self.respool_time,
            "variationByExposition": [
                {"variationKey": key, "variationId": identifier, "exposition": share}
                for key, identifier, share in self.shares
            ],
        }
        return rule if self.segment_id is None else {**rule, "segmentId": self.segment_id}


@dataclass(frozen=True)
class FlagPart:
    """A flag."""

    key: str
    id: int
    number: int
    """Its position in the data file, from 1."""
    named_variations: tuple[VariationPart, ...] = ()
    rules: tuple[RulePart, ...] = ()
    default: str | None = None
    is_enabled: bool = True
    group: str | None = None
    bucketing_id: int | None = None

    @property
    def variations(self) -> tuple[VariationPart, ...]:
        """Those that it was given, or the usual two."""
        return self.named_variations or _USUAL

    def keys(self) -> list[str]:
        """Of its variations."""
        return [variation.key for variation in self.variations]

    def check_variation(self, key: str) -> None:
        """Raises ``DataFileMistake`` for a variation that the flag does not have."""
        if key not in self.keys():
            raise unknown(f"flag {self.key!r} has no variation", key, self.keys())

    def written(self) -> dict[str, Any]:
        """As a data file has it."""
        keys = self.keys()
        default = self.default if self.default is not None else "off" if "off" in keys else keys[0]
        flag: dict[str, Any] = {
            "id": self.id,
            "featureKey": self.key,
            "defaultVariationKey": default,
            "environmentEnabled": self.is_enabled,
            "variations": [variation.written() for variation in self.variations],
            "rules": [rule.written() for rule in self.rules],
        }
        optional = {"mutuallyExclusiveGroup": self.group, "bucketingCustomDataId": self.bucketing_id}
        return {**flag, **{key: value for key, value in optional.items() if value is not None}}


@dataclass(frozen=True)
class SegmentPart:
    """A segment, with a name if it was given one."""

    id: int
    name: str | None
    data: Mapping[str, Any]
    is_audience: bool = False

    def written(self) -> dict[str, Any]:
        """As a data file has it."""
        return {
            "id": self.id,
            "conditionsData": json.loads(json.dumps(self.data)),
            "audienceTracking": self.is_audience,
        }


@dataclass(frozen=True)
class CustomDataPart:
    """The definition of a custom datum."""

    name: str
    index: int
    id: int
    more: tuple[tuple[str, Any], ...] = ()
    is_declared: bool = True
    """Else a condition has named it."""

    def written(self) -> dict[str, Any]:
        """As a data file has it."""
        return {"index": self.index, "id": self.id, "name": self.name, **dict(self.more)}


@dataclass(frozen=True)
class Parts:
    """All that a data file holds so far."""

    flags: tuple[FlagPart, ...] = ()
    segments: tuple[SegmentPart, ...] = ()
    custom_data: tuple[CustomDataPart, ...] = ()
    holdout: RulePart | None = None
    configuration: Mapping[str, Any] = field(default_factory=dict)
    modified: int = 1

    def flag(self, key: str) -> FlagPart:
        """Raises ``DataFileMistake``."""
        for flag in self.flags:
            if flag.key == key:
                return flag
        known = [flag.key for flag in self.flags]
        raise unknown("the data file has no flag", key, known, "flags come before the conditions that ask for them")

    def segment_id(self, name: str) -> int:
        """Raises ``DataFileMistake``."""
        known = {segment.name: segment.id for segment in self.segments if segment.name is not None}
        if name not in known:
            hint = "segments come before the conditions that ask for them"
            raise unknown("the data file has no segment", name, known, hint)
        return known[name]

    def rules(self) -> Iterator[RulePart]:
        """Of all flags, and the holdout."""
        for flag in self.flags:
            yield from flag.rules
        if self.holdout is not None:
            yield self.holdout

    def written(self) -> dict[str, Any]:
        """As JSON has it."""
        whole: dict[str, Any] = {
            "configuration": dict(self.configuration),
            "customData": [custom_data.written() for custom_data in self.custom_data],
            "segments": [segment.written() for segment in self.segments],
            "featureFlags": [flag.written() for flag in self.flags],
            "dateModified": self.modified,
        }
        if self.holdout is not None:
            rule = self.holdout.written()
            whole["holdout"] = {key: rule[key] for key in ("experimentId", "variationByExposition")}
        return whole


def free_id(wanted: int, taken: Iterable[int | None]) -> int:
    """The first id from this one on that is not taken."""
    known = set(taken)
    while wanted in known:
        wanted += 1
    return wanted
