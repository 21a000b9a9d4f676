"""Conditions as expressions, and the two levels in which a data file writes them (docs/targeting.md#segments)."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from itertools import product
from typing import Any, Protocol

from kameleoon.testing._data_file_mistake import DataFileMistake

__all__ = ["AllOf", "AnyOf", "Condition", "Names", "Reference", "Term", "conditions_data"]

_MOST_TERMS = 1000  # of one segment, beyond which an expression is no longer meant


class Names(Protocol):
    """What a data file has so far, for conditions that refer to it. Its methods raise ``DataFileMistake``."""

    def custom_index(self, name: str) -> int:
        """The index of a custom datum."""
        ...

    def flag_id(self, key: str) -> int:
        """The id of a flag."""
        ...

    def check_rule(self, flag_key: str, rule: int) -> None:
        """That a flag has a rule of this id."""
        ...

    def check_variation(self, flag_key: str, variation_key: str) -> None:
        """That a flag has a variation of this key."""
        ...

    def segment_id(self, name: str) -> int:
        """The id of a segment."""
        ...


class Condition:
    """What a visitor has to be: combined with ``&``, ``|`` and ``~``. Immutable.

    >>> from kameleoon.testing.conditions import custom, page_url
    >>> (custom("plan") == "gold") & ~page_url.contains("/legal/")
    (custom("plan") == 'gold') & ~page_url.contains('/legal/')
    """

    __slots__ = ()

    def __and__(self, other: Condition) -> Condition:
        return AllOf(self, other) if isinstance(other, Condition) else NotImplemented

    def __or__(self, other: Condition) -> Condition:
        return AnyOf(self, other) if isinstance(other, Condition) else NotImplemented

    def __invert__(self) -> Condition:
        raise NotImplementedError

    def __bool__(self) -> bool:
        raise DataFileMistake(
            f"the condition {self!r} is asked for its truth", "combine conditions with &, | and ~, not and, or and not"
        )


class Reference:
    """The value of a field that is found in the data file that the condition is written into."""

    __slots__ = ("resolve",)

    def __init__(self, resolve: Callable[[Names], object]) -> None:
        self.resolve = resolve


class Term(Condition):
    """One condition of a data file."""

    __slots__ = ("_fields", "_include", "_kind", "_shown")

    def __init__(self, kind: str, fields: Mapping[str, object], shown: str, include: bool = True) -> None:
        """``shown``: as it is written in Python. A field that is ``None`` is left out."""
        self._kind = kind
        self._fields = {name: value for name, value in fields.items() if value is not None}
        self._shown = shown
        self._include = include

    def __invert__(self) -> Term:
        return Term(self._kind, self._fields, self._shown, not self._include)

    def __repr__(self) -> str:
        return self._shown if self._include else f"~{self._shown}"

    def segment_alone(self, names: Names) -> Any:
        """The id of the segment, if this asks for nothing else than that it is true; else ``None``."""
        return self.written(names)["segmentId"] if self._kind == "SEGMENT" and self._include else None

    def written(self, names: Names) -> dict[str, Any]:
        """As a data file has it."""
        fields = {
            name: value.resolve(names) if isinstance(value, Reference) else value
            for name, value in self._fields.items()
        }
        written = {"targetingType": self._kind, **fields}
        return written if self._include else {**written, "isInclude": False}


class _Several(Condition):
    __slots__ = ("parts",)

    def __init__(self, *parts: Condition) -> None:
        """Parts of the same kind are taken apart: ``a & b & c`` has three."""
        flat: list[Condition] = []
        for part in parts:
            flat.extend(part.parts if isinstance(part, _Several) and type(part) is type(self) else [part])
        self.parts: tuple[Condition, ...] = tuple(flat)


class AllOf(_Several):
    """All of several conditions."""

    __slots__ = ()

    def __invert__(self) -> Condition:
        return AnyOf(*(~part for part in self.parts))

    def __repr__(self) -> str:
        return " & ".join(f"({part!r})" if isinstance(part, AnyOf) else repr(part) for part in self.parts)


class AnyOf(_Several):
    """Any of several conditions."""

    __slots__ = ()

    def __invert__(self) -> Condition:
        return AllOf(*(~part for part in self.parts))

    def __repr__(self) -> str:
        return " | ".join(map(repr, self.parts))


Groups = list[tuple[Term, ...]]


class _TooLarge(Exception):
    """An expression has more than so many terms in two levels."""


def conditions_data(condition: Condition, names: Names) -> dict[str, Any]:
    """A segment's ``conditionsData``.

    AND binds but two items there, so that mixed operators on one level mislead: groups are joined by one operator, and
    the conditions in them by the other.
    """
    written = {outer: groups for outer in (AnyOf, AllOf) if (groups := _groups_of(condition, outer)) is not None}
    if not written:
        hint = 'give parts of it a name, .segment("name", part), and combine segment("name")'
        raise DataFileMistake(f"a condition has more than {_MOST_TERMS} terms where it is written in two levels", hint)
    outer, groups = min(written.items(), key=lambda item: sum(map(len, item[1])))
    is_or = outer is AnyOf
    first_level = [
        {"conditions": [term.written(names) for term in group], "orOperators": [not is_or] * (len(group) - 1)}
        for group in groups
    ]
    return {"firstLevel": first_level, "firstLevelOrOperators": [is_or] * (len(groups) - 1)}


def _groups_of(condition: Condition, outer: type[_Several]) -> Groups | None:
    """The groups; ``None`` where they would be too large."""
    try:
        return _bounded(condition, outer)
    except _TooLarge:
        return None


def _bounded(condition: Condition, outer: type[_Several]) -> Groups:
    found: Groups = []
    size = 0
    for group in _groups(condition, outer):
        size += len(group)
        if size > _MOST_TERMS:
            raise _TooLarge
        found.append(group)
    return found


def _groups(condition: Condition, outer: type[_Several]) -> Iterator[tuple[Term, ...]]:
    """The terms as groups that are joined by the one operator (``outer``), and by the other one in themselves."""
    if isinstance(condition, Term):
        yield (condition,)
    elif isinstance(condition, outer):
        for part in condition.parts:
            yield from _groups(part, outer)
    elif isinstance(condition, _Several):
        for chosen in product(*(_bounded(part, outer) for part in condition.parts)):
            yield tuple(term for group in chosen for term in group)
