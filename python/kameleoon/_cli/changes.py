"""What is different between two data files, in words."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any, NamedTuple

from kameleoon._cli.data_file import identified

__all__ = ["Change", "changes"]

_FLAG = {
    "environmentEnabled": "environment",
    "defaultVariationKey": "default variation",
    "mutuallyExclusiveGroup": "mutually exclusive group",
    "bucketingCustomDataId": "bucketing custom datum",
    "id": "id",
}
_RULE = {
    "type": "type",
    "exposition": "exposition",
    "experimentId": "experiment",
    "segmentId": "segment",
    "segment": "own segment",
    "respoolTime": "respool time",
}
_CUSTOM_DATUM = {
    "index": "index",
    "name": "name",
    "scope": "scope",
    "localOnly": "local only",
    "isMappingIdentifier": "mapping identifier",
}
_SEGMENT = {"conditionsData": "conditions", "audienceTracking": "audience tracking"}
_CONFIGURATION = {
    "consentType": "consent type",
    "consentOptOutBehavior": "behavior without consent",
    "realTimeUpdate": "real-time updates",
    "dataApiDomain": "domain of the data services",
}
_SHORT = 60  # characters of a value in a sentence


class Change(NamedTuple):
    """A difference: where it is, what it is of, and both values. What was added has no old one, what was removed no
    new one.
    """

    where: str
    """Such as ``flag "x": rule 12``."""
    what: str
    """Such as ``exposition``."""
    kind: str
    """``added``, ``removed`` or ``changed``."""
    old: Any = None
    new: Any = None

    def __str__(self) -> str:
        """A line such as ``flag "x": rule 12: exposition 0.5 -> 0.6``."""
        head = f"{self.where}: {self.what}" if self.where else self.what
        if self.kind != "changed":
            value = self.new if self.kind == "added" else self.old
            return f"{head} {self.kind}" + ("" if value is None or isinstance(value, dict) else f": {_shown(value)}")
        if isinstance(self.old, dict) or isinstance(self.new, dict):
            return f"{head} changed"
        return f"{head} {_shown(self.old)} -> {_shown(self.new)}"


def changes(old: dict[str, Any], new: dict[str, Any]) -> Iterator[Change]:
    """Between two data files: flags with their variations, variables and rules, segments, custom data, the holdout and
    the configuration.
    """
    flags = identified(old, "featureFlags", "featureKey"), identified(new, "featureFlags", "featureKey")
    yield from _items("", 'flag "{}"', *flags, _flag)
    yield from _order("", "feature flags", *flags)
    yield from _items("", "segment {}", identified(old, "segments", "id"), identified(new, "segments", "id"), _segment)
    data = identified(old, "customData", "id"), identified(new, "customData", "id")
    yield from _items("", "custom datum {}", *data, _custom_datum)
    yield from _holdout(_object(old, "holdout"), _object(new, "holdout"))
    yield from _fields("configuration", _object(old, "configuration"), _object(new, "configuration"), _CONFIGURATION)


def _flag(where: str, old: dict[str, Any], new: dict[str, Any]) -> Iterator[Change]:
    yield from _fields(where, _with_switch(old), _with_switch(new), _FLAG)
    variations = identified(old, "variations", "key"), identified(new, "variations", "key")
    yield from _items(where, 'variation "{}"', *variations, _variation)
    rules = identified(old, "rules", "id"), identified(new, "rules", "id")
    yield from _items(where, "rule {}", *rules, _rule)
    yield from _order(where, "rules", *rules)


def _with_switch(flag: dict[str, Any]) -> dict[str, Any]:
    return {**flag, "environmentEnabled": "on" if flag.get("environmentEnabled") is True else "off"}


def _variation(where: str, old: dict[str, Any], new: dict[str, Any]) -> Iterator[Change]:
    yield from _fields(where, old, new, {"name": "name"})
    variables = identified(old, "variables", "key"), identified(new, "variables", "key")
    yield from _items(where, 'variable "{}"', *variables, _variable)


def _variable(where: str, old: dict[str, Any], new: dict[str, Any]) -> Iterator[Change]:
    for name in ("type", "value"):
        before, after = old.get(name), new.get(name)
        if _text(before) != _text(after):  # 1 and 1.0 are different values, which programs get as they stand
            yield Change(where, name, "changed", _text_of_object(before), _text_of_object(after))


def _rule(where: str, old: dict[str, Any], new: dict[str, Any]) -> Iterator[Change]:
    yield from _fields(where, old, new, _RULE)
    yield from _exposures(where, old, new)


def _exposures(where: str, old: dict[str, Any], new: dict[str, Any]) -> Iterator[Change]:
    """The variations of an experiment, with their shares."""
    key = "variationByExposition"
    exposures = identified(old, key, "variationKey"), identified(new, key, "variationKey")
    for name in dict.fromkeys([*exposures[0], *exposures[1]]):
        before, after = (each.get(name) for each in exposures)
        what = f'exposition of "{name}"'
        if before is None or after is None:
            shares = [None if each is None else each.get("exposition", 0.0) for each in (before, after)]
            yield Change(where, what, "added" if before is None else "removed", *shares)
        else:
            yield from _fields(where, before, after, {"exposition": what, "variationId": f'id of "{name}"'})
    yield from _order(where, "variations of the rule", *exposures)


def _segment(where: str, old: dict[str, Any], new: dict[str, Any]) -> Iterator[Change]:
    yield from _fields(where, old, new, _SEGMENT)


def _custom_datum(where: str, old: dict[str, Any], new: dict[str, Any]) -> Iterator[Change]:
    yield from _fields(where, old, new, _CUSTOM_DATUM)


def _holdout(old: dict[str, Any], new: dict[str, Any]) -> Iterator[Change]:
    if bool(old) != bool(new):
        yield Change("", "holdout", "added" if new else "removed", old or None, new or None)
    else:
        yield from _fields("holdout", old, new, {"experimentId": "experiment"})
        yield from _exposures("holdout", old, new)


def _items(where: str, name: str, old: dict[Any, Any], new: dict[Any, Any], compare: Any) -> Iterator[Change]:
    """What was added and removed, and what ``compare`` finds in those that are in both."""
    for identity in dict.fromkeys([*old, *new]):
        what = name.format(identity)
        if identity not in new:
            yield Change(where, what, "removed", old[identity])
        elif identity not in old:
            yield Change(where, what, "added", None, new[identity])
        else:
            yield from compare(f"{where}: {what}" if where else what, old[identity], new[identity])


def _fields(where: str, old: dict[str, Any], new: dict[str, Any], names: dict[str, str]) -> Iterator[Change]:
    for key, what in names.items():
        before, after = old.get(key), new.get(key)
        if _same(before, after):
            continue
        kind = "added" if before is None else "removed" if after is None else "changed"
        yield Change(where, what, kind, before, after)


def _order(where: str, what: str, old: dict[Any, Any], new: dict[Any, Any]) -> Iterator[Change]:
    """Whether those that are in both are in the same order: it decides."""
    before, after = [key for key in old if key in new], [key for key in new if key in old]
    if before != after:
        yield Change(where, f"order of the {what}", "changed", before, after)


def _same(old: Any, new: Any) -> bool:
    """Whether two values are the same to the engine: 1 and 1.0 are, 1 and ``true`` are not."""
    both_numbers = all(isinstance(value, (int, float)) and not isinstance(value, bool) for value in (old, new))
    return bool(old == new) if both_numbers else _text(old) == _text(new)


def _text(value: Any) -> str:
    return json.dumps(value, sort_keys=True)


def _object(whole: dict[str, Any], key: str) -> dict[str, Any]:
    found = whole.get(key)
    return found if isinstance(found, dict) else {}


def _text_of_object(value: Any) -> Any:
    return json.dumps(value, ensure_ascii=False) if isinstance(value, (dict, list)) else value


def _shown(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= _SHORT else f"{text[: _SHORT - 1]}…"
