"""What decides each flag of a data file, so that a provider can tell which flags may be answered otherwise."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from typing import Any

from kameleoon.openfeature.context import VARIABLE_KEY

__all__ = ["DataFile"]

Object = dict[str, Any]


class DataFile:
    """What a provider keeps of a data file: of each flag a digest of all that decides it, and the names of the custom
    data. ``text`` is JSON, as a client has it.
    """

    def __init__(self, text: bytes) -> None:
        data_file = _object(json.loads(text))
        links = _Links(data_file)
        self._flags = {str(flag.get("featureKey")): links.digest(flag) for flag in links.flags}
        self.custom_data: frozenset[str] = frozenset(
            datum["name"] for datum in _objects(data_file.get("customData")) if isinstance(datum.get("name"), str)
        ) - {VARIABLE_KEY}
        """The names of the custom data that an attribute of a context may have."""

    def changed_since(self, before: DataFile) -> list[str]:
        """The keys of the flags that were added, removed, or may be answered otherwise."""
        keys = {**before._flags, **self._flags}
        return sorted(key for key in keys if before._flags.get(key) != self._flags.get(key))


class _Links:
    """Which objects of a data file lead to which: flags to segments, custom data, their group and other flags."""

    def __init__(self, data_file: Object) -> None:
        self.flags = _objects(data_file.get("featureFlags"))
        custom_data = _objects(data_file.get("customData"))
        self._common = [
            data_file.get("holdout"),
            {**_object(data_file.get("configuration")), "realTimeUpdate": None},  # how it comes decides nothing
            [datum for datum in custom_data if datum.get("isMappingIdentifier")],
        ]
        self._segments = {str(segment.get("id")): segment for segment in _objects(data_file.get("segments"))}
        self._custom_data_by_id = {str(datum.get("id")): datum for datum in custom_data}
        self._custom_data_by_index = {str(datum.get("index")): datum for datum in custom_data}
        self._flags_by_id = {str(flag.get("id")): flag for flag in self.flags}
        self._flags_by_experiment = {
            str(rule.get("experimentId")): flag for flag in self.flags for rule in _objects(flag.get("rules"))
        }
        self._groups: dict[str, Object] = {}
        for flag in self.flags:
            if flag.get("mutuallyExclusiveGroup"):
                group = self._groups.setdefault(str(flag["mutuallyExclusiveGroup"]), {"flags": []})
                group["flags"].append(flag.get("id"))
        self._digests: dict[int, bytes] = {}

    def digest(self, flag: Object) -> bytes:
        """A digest of the flag and all that it leads to."""
        found: dict[int, Object] = {}
        todo = [flag]
        while todo:
            each = todo.pop()
            if id(each) not in found:
                found[id(each)] = each
                todo += [linked for linked in self._linked(each) if linked is not None]
        digests = [self._digest_of(each) for each in found.values()]
        return _digest([digest.hex() for digest in (digests[0], *sorted(digests[1:]))] + self._common)

    def _digest_of(self, each: Object) -> bytes:
        known = self._digests.get(id(each))
        if known is None:
            known = self._digests[id(each)] = _digest(each)
        return known

    def _linked(self, each: Object) -> Iterator[Object | None]:
        """Those that a flag or a segment names."""
        yield self._custom_data_by_id.get(str(each.get("bucketingCustomDataId")))
        yield self._groups.get(str(each.get("mutuallyExclusiveGroup")))
        segments = [each]
        for rule in _objects(each.get("rules")):
            yield self._segments.get(str(rule.get("segmentId")))
            segments.append(_object(rule.get("segment")))  # older data files have it there
        for segment in segments:
            for group in _objects(_object(segment.get("conditionsData")).get("firstLevel")):
                for condition in _objects(group.get("conditions")):
                    yield self._segments.get(str(condition.get("segmentId")))
                    yield self._custom_data_by_index.get(str(condition.get("customDataIndex")))
                    yield self._flags_by_id.get(str(condition.get("featureFlagId")))
                    yield self._flags_by_experiment.get(str(condition.get("experimentId")))
                    yield self._flags_by_experiment.get(str(condition.get("personalizationId")))


def _digest(value: Any) -> bytes:
    return hashlib.blake2b(json.dumps(value, sort_keys=True).encode(), digest_size=16).digest()


def _object(value: Any) -> Object:
    return value if isinstance(value, dict) else {}


def _objects(value: Any) -> list[Object]:
    return [each for each in value if isinstance(each, dict)] if isinstance(value, list) else []
