"""The steps of a ``DataFile``: each takes what it holds, gives what it then holds, and raises ``DataFileMistake``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, Union

from kameleoon.testing._data_file_mistake import DataFileMistake, percent, unknown
from kameleoon.testing._data_file_parts import (
    CustomDataPart,
    FlagPart,
    Parts,
    RulePart,
    SegmentPart,
    Variables,
    VariationPart,
    free_id,
    typed,
)
from kameleoon.testing._expressions import Condition, Term, conditions_data

__all__ = [
    "VariationIds",
    "shares_of",
    "with_bucketing",
    "with_configuration",
    "with_custom_data",
    "with_default",
    "with_flag",
    "with_holdout",
    "with_ids",
    "with_last_flag",
    "with_last_rule",
    "with_modified",
    "with_rule",
    "with_segment",
    "with_target",
    "with_variation",
]

VariationIds = Union[Sequence[int], Mapping[str, "int | None"]]
"""In the order of a rule's shares, or by variation key; ``None`` is a variation without an id."""

_FIRST_CUSTOM_ID = 100  # of the definition of index 0
_MOST = 100 + 1e-7  # percent: decimal shares do not add up exactly


def checked_key(key: object, what: str) -> str:
    """A key. Raises for what is no text, or an empty one."""
    if not isinstance(key, str) or not key:
        raise DataFileMistake(f"{what} has the key {key!r}", "a key is a text, and not empty")
    return key


def checked_id(value: object, what: str) -> int:
    """An id. Raises for what is none."""
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value < 1 << 63:
        raise DataFileMistake(f"{what} has the id {value!r}", "an id is an int from 0 to 2**63 - 1")
    return value


def with_flag(parts: Parts, key: str, identifier: int | None) -> Parts:
    """One more flag."""
    checked_key(key, "a flag")
    if any(flag.key == key for flag in parts.flags):
        raise DataFileMistake(f"the data file has a flag {key!r} already", "one key is one flag")
    number = len(parts.flags) + 1
    taken = {flag.id: flag.key for flag in parts.flags}
    if identifier is None:
        identifier = free_id(1000 * number, taken)
    elif checked_id(identifier, f"flag {key!r}") in taken:
        raise DataFileMistake(f"flag {key!r} has the id {identifier} of flag {taken[identifier]!r}", "ids are unique")
    return replace(parts, flags=(*parts.flags, FlagPart(key, identifier, number)))


def with_last_flag(parts: Parts, **changes: Any) -> Parts:
    """The last flag changed."""
    return replace(parts, flags=(*parts.flags[:-1], replace(parts.flags[-1], **changes)))


def with_variation(parts: Parts, key: str, name: str | None, variables: Variables, *, is_partial: bool) -> Parts:
    """One more variation of the last flag."""
    flag = parts.flags[-1]
    checked_key(key, f"a variation of flag {flag.key!r}")
    if flag.rules or flag.default is not None:
        what = "rules" if flag.rules else "a default"
        raise DataFileMistake(f"flag {flag.key!r} has {what} before its variation {key!r}", "variations come first")
    if any(other.key == key for other in flag.named_variations):
        raise DataFileMistake(f"flag {flag.key!r} has a variation {key!r} already", "one key is one variation")
    if not isinstance(variables, Mapping):
        hint = 'variables are a mapping, such as {"amount": 9}'
        raise DataFileMistake(f"variation {key!r} of flag {flag.key!r} is {variables!r}", hint)
    written = []
    for variable_key, value in variables.items():
        place = f"variable {variable_key!r} of variation {key!r} of flag {flag.key!r}"
        checked_key(variable_key, f"a variable of variation {key!r} of flag {flag.key!r}")
        written.append((variable_key, *typed(value, place)))
    variation = VariationPart(key, key if name is None else name, tuple(written), is_partial)
    for other in flag.named_variations:
        _check_same_variables(flag, other, variation)
    return with_last_flag(parts, named_variations=(*flag.named_variations, variation))


def _check_same_variables(flag: FlagPart, other: VariationPart, variation: VariationPart) -> None:
    """A flag's variations have the same variables, or none, each of one type."""
    mine = {key: kind for key, kind, _ in variation.variables}
    theirs = {key: kind for key, kind, _ in other.variables}
    place = f"variation {variation.key!r} of flag {flag.key!r}"
    for key, kind in theirs.items():
        if mine.get(key, kind) != kind:
            raise DataFileMistake(
                f"variable {key!r} is of type {mine[key]} in {place}, and of type {kind} in {other.key!r}",
                "a variable has one type",
            )
    if variation.is_partial or other.is_partial or not mine or not theirs:
        return
    hint = "variation(…, partial=True) is one that lacks some"
    for key in mine:
        if key not in theirs:
            raise unknown(f"variation {other.key!r} of flag {flag.key!r} has no variable", key, theirs, hint)
    for key in theirs:
        if key not in mine:
            raise unknown(f"{place} has no variable", key, mine, hint)


def with_default(parts: Parts, variation: str) -> Parts:
    """The default variation of the last flag."""
    parts.flags[-1].check_variation(variation)
    return with_last_flag(parts, default=variation)


def with_bucketing(parts: Parts, name: str) -> Parts:
    """The last flag is hashed by a custom datum."""
    names = _NamesSoFar(parts)
    index = names.custom_index(name)
    if index == 0:
        raise DataFileMistake(
            f"custom datum {name!r} has the index 0", "give it another one: 0 counts as none where it is hashed"
        )
    identifier = next(datum.id for datum in names.parts.custom_data if datum.index == index)
    return with_last_flag(names.parts, bucketing_id=identifier)


def with_configuration(parts: Parts, settings: Mapping[str, Any]) -> Parts:
    """Settings beside those that there are."""
    return replace(parts, configuration={**parts.configuration, **settings})


def with_modified(parts: Parts, moment: int) -> Parts:
    """The date of the last change, in milliseconds since the epoch."""
    if isinstance(moment, bool) or not isinstance(moment, int):
        raise DataFileMistake(f"the data file was modified {moment!r}", "milliseconds since the epoch, or a datetime")
    return replace(parts, modified=moment)


def shares_of(parts: Parts, shares: Sequence[object], by_key: Mapping[str, object]) -> dict[str, object]:
    """The shares of an experiment of the last flag by variation key: in the variations' order, or by key."""
    flag = parts.flags[-1]
    if shares and isinstance(shares[0], Mapping):
        if len(shares) > 1 or by_key:
            raise DataFileMistake(f"an experiment of flag {flag.key!r} has shares in several ways", "use one of them")
        return dict(shares[0])
    if shares and by_key:
        raise DataFileMistake(f"an experiment of flag {flag.key!r} has shares with and without keys", "use one of them")
    if shares and len(shares) != len(flag.keys()):
        listed = ", ".join(map(repr, flag.keys()))
        message = f"an experiment of flag {flag.key!r} has {len(shares)} shares for {len(flag.keys())} variations"
        raise DataFileMistake(message, f"one each for {listed}, or by key, as in .experiment({flag.keys()[-1]}=10)")
    return dict(zip(flag.keys(), shares)) if shares else dict(by_key)


def with_rule(parts: Parts, kind: str, shares: Mapping[str, object]) -> Parts:
    """One more rule of the last flag. ``shares``: percents by variation key."""
    flag = parts.flags[-1]
    what = "an experiment" if kind == "EXPERIMENTATION" else "a delivery"
    for key in shares:
        flag.check_variation(key)
    known = {key: percent(share, f"the share of {key!r} in {what} of {flag.key!r}") for key, share in shares.items()}
    total = sum(known.values()) * 100
    if total > _MOST:
        message = f"the shares of {what} of flag {flag.key!r} add up to {total:.10g} %"
        raise DataFileMistake(message, "they are percents, and of 100 at most")
    if not known:
        raise DataFileMistake(f"{what} of flag {flag.key!r} has no shares", "such as .experiment(50, 50)")
    taken = list(parts.rules())
    identifier = free_id(1000 * flag.number + 100 * (len(flag.rules) + 1), (rule.id for rule in taken))
    rule = _numbered(taken, RulePart(kind, identifier, 0, tuple((key, 0, share) for key, share in known.items())))
    return with_last_flag(parts, rules=(*flag.rules, rule))


def _numbered(others: Sequence[RulePart], rule: RulePart) -> RulePart:
    """With ids of the experiment and the variations that follow the rule's."""
    experiment_id = free_id(rule.id + 1, (other.experiment_id for other in others))
    taken = {identifier for other in others for _, identifier, _ in other.shares}
    shares = []
    next_id = experiment_id + 1
    for key, _, share in rule.shares:
        next_id = free_id(next_id, taken)
        shares.append((key, next_id, share))
        next_id += 1
    return replace(rule, experiment_id=experiment_id, shares=tuple(shares))


def with_last_rule(parts: Parts, **changes: Any) -> Parts:
    """The last rule of the last flag changed."""
    rules = parts.flags[-1].rules
    return with_last_flag(parts, rules=(*rules[:-1], replace(rules[-1], **changes)))


def with_ids(parts: Parts, identifier: int | None, experiment: int | None, variations: VariationIds | None) -> Parts:
    """The ids of the last rule of the last flag. Those that are not given follow those that are."""
    flag = parts.flags[-1]
    rule = flag.rules[-1]
    others = [other for other in parts.rules() if other is not rule]
    place = f"a rule of flag {flag.key!r}"
    if identifier is not None:
        _check_free(identifier, (other.id for other in others), place)
        rule = _numbered(others, replace(rule, id=identifier))
    if experiment is not None:
        _check_free(experiment, (other.experiment_id for other in others), f"the experiment of {place}")
        rule = _numbered(others, replace(rule, id=experiment - 1))
        rule = replace(rule, id=flag.rules[-1].id if identifier is None else identifier, experiment_id=experiment)
    if variations is not None:
        rule = replace(rule, shares=_shares_with_ids(flag, rule, others, variations))
    return with_last_flag(parts, rules=(*flag.rules[:-1], rule))


def _shares_with_ids(
    flag: FlagPart, rule: RulePart, others: Sequence[RulePart], given: VariationIds
) -> tuple[tuple[str, int | None, float], ...]:
    keys = [key for key, _, _ in rule.shares]
    if not isinstance(given, Mapping):
        if len(given) != len(keys):
            raise DataFileMistake(f"{len(given)} variation ids for {len(keys)} shares of a rule of flag {flag.key!r}")
        given = dict(zip(keys, given))
    taken = [identifier for other in others for _, identifier, _ in other.shares]
    taken += [identifier for key, identifier, _ in rule.shares if key not in given]
    for key, identifier in given.items():
        if key not in keys:
            raise unknown(f"a rule of flag {flag.key!r} has no variation", key, keys)
        if identifier is not None:
            _check_free(identifier, taken, f"variation {key!r} of a rule of flag {flag.key!r}")
            taken.append(identifier)
    return tuple((key, given.get(key, identifier), share) for key, identifier, share in rule.shares)


def _check_free(identifier: int, taken: Any, place: str) -> None:
    if checked_id(identifier, place) in taken:
        raise DataFileMistake(f"{place} has the id {identifier}, which another one has", "ids are unique")


class _NamesSoFar:
    """Looks up what conditions refer to; a custom datum that nobody has declared gets the next index."""

    def __init__(self, parts: Parts) -> None:
        self.parts = parts

    def custom_index(self, name: str) -> int:
        known = {datum.name: datum.index for datum in self.parts.custom_data}
        if name not in known:
            if any(datum.is_declared for datum in self.parts.custom_data):
                hint = "a data file that declares custom data declares all, before they are used"
                raise unknown("the data file has no custom datum", name, known, hint)
            self.parts = with_custom_data(self.parts, name, None, None, {}, is_declared=False)
        return next(datum.index for datum in self.parts.custom_data if datum.name == name)

    def flag_id(self, key: str) -> int:
        return self.parts.flag(key).id

    def check_rule(self, flag_key: str, rule: int) -> None:
        known = [rule.id for rule in self.parts.flag(flag_key).rules]
        if rule not in known:
            raise unknown(f"flag {flag_key!r} has no rule", rule, known, "its id")

    def check_variation(self, flag_key: str, variation_key: str) -> None:
        self.parts.flag(flag_key).check_variation(variation_key)

    def segment_id(self, name: str) -> int:
        return self.parts.segment_id(name)


def with_target(parts: Parts, condition: Condition) -> Parts:
    """The last rule is for whom the condition holds."""
    flag = parts.flags[-1]
    _check_condition(condition, f"a rule of flag {flag.key!r}")
    if flag.rules[-1].segment_id is not None:
        hint = "combine conditions with & in one .targeting(…)"
        raise DataFileMistake(f"a rule of flag {flag.key!r} is targeted twice", hint)
    alone = condition.segment_alone(_NamesSoFar(parts)) if isinstance(condition, Term) else None
    if alone is None:
        parts = with_segment(parts, None, condition, None, is_audience=False)
        alone = parts.segments[-1].id
    return with_last_rule(parts, segment_id=alone)


def with_segment(
    parts: Parts, name: str | None, condition: Condition | None, identifier: int | None, *, is_audience: bool
) -> Parts:
    """One more segment; without a condition it is true for everybody."""
    shown = "a segment" if name is None else f"segment {name!r}"
    if name is not None:
        checked_key(name, "a segment")
    if name is not None and any(segment.name == name for segment in parts.segments):
        raise DataFileMistake(f"the data file has a {shown} already", "one name is one segment")
    taken = [segment.id for segment in parts.segments]
    if identifier is None:
        identifier = free_id(len(taken) + 1, taken)
    else:
        _check_free(identifier, taken, shown)
    if condition is not None:
        _check_condition(condition, shown)
    names = _NamesSoFar(parts)
    data = {"firstLevel": [], "firstLevelOrOperators": []} if condition is None else conditions_data(condition, names)
    return replace(names.parts, segments=(*parts.segments, SegmentPart(identifier, name, data, is_audience)))


def _check_condition(condition: object, place: str) -> None:
    if not isinstance(condition, Condition):
        hint = 'such as custom("plan") == "gold", of kameleoon.testing.conditions'
        raise DataFileMistake(f"{place} has the condition {condition!r}", hint)


def with_custom_data(
    parts: Parts,
    name: str,
    index: int | None,
    identifier: int | None,
    more: Mapping[str, Any],
    *,
    is_declared: bool = True,
) -> Parts:
    """One more definition of a custom datum."""
    checked_key(name, "a custom datum")
    place = f"custom datum {name!r}"
    known = parts.custom_data
    implied = [datum.name for datum in known if not datum.is_declared]
    if is_declared and implied:
        raise DataFileMistake(f"{place} is declared after a condition has named {implied[0]!r}", "declare them first")
    if any(datum.name == name for datum in known):
        raise DataFileMistake(f"the data file has a {place} already", "one name is one datum")
    indices = {datum.index: datum.name for datum in known}
    if index is None:
        index = free_id(len(known) + 1, indices)
    elif isinstance(index, bool) or not isinstance(index, int) or index < 0:
        raise DataFileMistake(f"{place} has the index {index!r}", "an index is an int, 0 or more")
    elif index in indices:
        raise DataFileMistake(f"{place} has the index {index} of {indices[index]!r}", "indices are unique")
    mapping = [datum.name for datum in known if dict(datum.more).get("isMappingIdentifier")]
    if more.get("isMappingIdentifier") and mapping:
        raise DataFileMistake(f"{place} is a mapping identifier, as {mapping[0]!r} is", "there is one at most")
    taken = [datum.id for datum in known]
    if identifier is None:
        identifier = free_id(_FIRST_CUSTOM_ID + index, taken)
    else:
        _check_free(identifier, taken, place)
    return replace(
        parts, custom_data=(*known, CustomDataPart(name, index, identifier, tuple(more.items()), is_declared))
    )


def with_holdout(parts: Parts, share: float, identifier: int | None) -> Parts:
    """The holdout."""
    if parts.holdout is not None:
        raise DataFileMistake("the data file has a holdout already", "there is one at most")
    held_out = percent(share, "the share of the holdout")
    others = list(parts.rules())
    if identifier is None:
        identifier = free_id(900, (other.experiment_id for other in others))
    else:
        _check_free(identifier, (other.experiment_id for other in others), "the holdout")
    shares = (("in-holdout", 0, held_out), ("not-in-holdout", 0, 1.0 - held_out))
    rule = replace(_numbered(others, RulePart("EXPERIMENTATION", identifier - 1, 0, shares)), id=-1)
    return replace(parts, holdout=rule)
