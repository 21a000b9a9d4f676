"""What conditions compare: texts, numbers, versions, kinds and custom data. Comparing one makes a condition."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable, Mapping
from datetime import timedelta
from enum import Enum
from functools import reduce
from operator import or_
from typing import ClassVar, Generic, TypeVar, Union

from kameleoon.testing._data_file_mistake import DataFileMistake
from kameleoon.testing._expressions import Condition, Reference, Term

__all__ = ["CustomDatum", "Kind", "Number", "Text", "TimeSince", "Version", "any_of"]

_VERSION = re.compile(r"\d+(\.\d+){0,2}")
KindType = TypeVar("KindType", bound=Enum)
Scalar = Union[str, int, float, bool, None]


def any_of(conditions: list[Condition], culprit: str) -> Condition:
    """Any of at least one condition."""
    if not conditions:
        raise DataFileMistake(f"{culprit}.among() is given nothing", "name at least one value")
    return reduce(or_, conditions)


def checked_text(value: object, culprit: str) -> str:
    """A text. Raises ``DataFileMistake`` for anything else."""
    if not isinstance(value, str):
        raise DataFileMistake(f"{culprit} is compared with {value!r}", "it is a text")
    return value


def checked_pattern(value: object, culprit: str) -> str:
    """A pattern. Raises ``DataFileMistake`` for one that Python refuses."""
    pattern = checked_text(value, culprit)
    try:
        re.compile(pattern)
    except re.error as error:
        raise DataFileMistake(f"{culprit} has the pattern {pattern!r}: {error}", "as re.fullmatch takes it") from None
    return pattern


def checked_number(value: object, culprit: str) -> float:
    """A number. Raises ``DataFileMistake`` for anything else."""
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not math.isfinite(value):
        raise DataFileMistake(f"{culprit} is compared with {value!r}", "it is a number")
    return value


class Text:
    r"""A text of a visitor.

    >>> from kameleoon.testing.conditions import page_url
    >>> (page_url == "https://shop.example/") | page_url.matches(r"https://shop\.example/product/\d+")
    (page_url == 'https://shop.example/') | page_url.matches('https://shop\\.example/product/\\d+')
    """

    __hash__: ClassVar[None] = None  # type: ignore[assignment]  # equality makes a condition

    def __init__(
        self, kind: str, field: str, operator: str, shown: str, more: Mapping[str, object] | None = None
    ) -> None:
        """``field``, ``operator``: the names that the condition has for the text and for how it is compared."""
        self._kind = kind
        self._field = field
        self._operator = operator
        self._shown = shown
        self._more = more or {}

    def __eq__(self, text: str) -> Condition:  # type: ignore[override]
        return self._term(checked_text(text, self._shown), "EXACT", f"({self._shown} == {text!r})")

    def __ne__(self, text: str) -> Condition:  # type: ignore[override]
        return ~(self == text)

    def contains(self, text: str) -> Condition:
        """The text is in it; case counts."""
        return self._term(checked_text(text, self._shown), "CONTAINS", f"{self._shown}.contains({text!r})")

    def matches(self, pattern: str) -> Condition:
        """The whole of it matches, as ``re.fullmatch`` does. Raises ``DataFileMistake`` for a pattern that is none."""
        return self._term(
            checked_pattern(pattern, self._shown), "REGULAR_EXPRESSION", f"{self._shown}.matches({pattern!r})"
        )

    def among(self, *texts: str) -> Condition:
        """It is one of these."""
        return any_of([self == text for text in texts], self._shown)

    def _term(self, value: str, operator: str, shown: str) -> Term:
        return Term(self._kind, {**self._more, self._field: value, self._operator: operator}, shown)

    def __repr__(self) -> str:
        return self._shown


class Number:
    """A number of a visitor.

    >>> from kameleoon.testing.conditions import page_views
    >>> page_views >= 3
    (page_views > 3) | (page_views == 3)
    """

    __hash__: ClassVar[None] = None  # type: ignore[assignment]  # equality makes a condition

    def __init__(self, kind: str, field: str, shown: str) -> None:
        """``field``: the name that the condition has for the number."""
        self._kind = kind
        self._field = field
        self._shown = shown

    def __eq__(self, number: float) -> Condition:  # type: ignore[override]
        return self._term(number, "EQUAL", "==")

    def __ne__(self, number: float) -> Condition:  # type: ignore[override]
        return ~(self == number)

    def __gt__(self, number: float) -> Condition:
        return self._term(number, "GREATER", ">")

    def __lt__(self, number: float) -> Condition:
        return self._term(number, "LOWER", "<")

    def __ge__(self, number: float) -> Condition:
        return (self > number) | (self == number)

    def __le__(self, number: float) -> Condition:
        return (self < number) | (self == number)

    def _term(self, number: float, operator: str, sign: str) -> Term:
        value = checked_number(number, self._shown)
        return Term(self._kind, {self._field: value, "matchType": operator}, f"({self._shown} {sign} {number!r})")

    def __repr__(self) -> str:
        return self._shown


class TimeSince:
    """How long ago something was: compared with a ``timedelta``, or with milliseconds.

    >>> from datetime import timedelta
    >>> from kameleoon.testing.conditions import since_first_visit
    >>> since_first_visit > timedelta(days=2)
    (since_first_visit > 172800000)
    """

    def __init__(self, kind: str, shown: str) -> None:
        self._number = Number(kind, "countInMillis", shown)

    def __gt__(self, time: timedelta | float) -> Condition:
        return self._number > _milliseconds(time)

    def __lt__(self, time: timedelta | float) -> Condition:
        return self._number < _milliseconds(time)

    def __repr__(self) -> str:
        return repr(self._number)


def _milliseconds(time: timedelta | float) -> float:
    return time // timedelta(milliseconds=1) if isinstance(time, timedelta) else time


class Version:
    """A version of the visitor's software, compared with one such as ``"3.4.1"``, ``"3.4"`` or ``"3"``.

    >>> from kameleoon.testing.conditions import application_version
    >>> application_version > "3.4"
    (application_version > '3.4')
    """

    __hash__: ClassVar[None] = None  # type: ignore[assignment]  # equality makes a condition

    def __init__(self, kind: str, more: Mapping[str, object], shown: str) -> None:
        """``more``: the condition's other fields."""
        self._kind = kind
        self._more = more
        self._shown = shown

    def __eq__(self, version: str) -> Condition:  # type: ignore[override]
        return self._term(version, "EQUAL", "==")

    def __ne__(self, version: str) -> Condition:  # type: ignore[override]
        return ~(self == version)

    def __gt__(self, version: str) -> Condition:
        return self._term(version, "GREATER", ">")

    def __lt__(self, version: str) -> Condition:
        return self._term(version, "LOWER", "<")

    def __ge__(self, version: str) -> Condition:
        return (self > version) | (self == version)

    def __le__(self, version: str) -> Condition:
        return (self < version) | (self == version)

    def _term(self, version: str, operator: str, sign: str) -> Term:
        if not isinstance(version, str) or not _VERSION.fullmatch(version):
            raise DataFileMistake(f"{self._shown} is compared with {version!r}", "a version is a text such as '3.4.1'")
        fields = {**self._more, "version": version, "versionMatchType": operator}
        return Term(self._kind, fields, f"({self._shown} {sign} {version!r})")

    def __repr__(self) -> str:
        return self._shown


class Kind(Generic[KindType]):
    """One of several kinds: of devices, operating systems, browsers.

    >>> from kameleoon.data import DeviceType
    >>> from kameleoon.testing.conditions import device
    >>> device == DeviceType.PHONE
    (device == DeviceType.PHONE)
    """

    __hash__: ClassVar[None] = None  # type: ignore[assignment]  # equality makes a condition

    def __init__(self, kind: str, field: str, kinds: type[KindType], shown: str) -> None:
        """``kinds``: the enumeration."""
        self._kind = kind
        self._field = field
        self._kinds = kinds
        self._shown = shown

    def __eq__(self, kind: KindType) -> Condition:  # type: ignore[override]
        if not isinstance(kind, self._kinds):
            hint = f"one of {', '.join(map(str, self._kinds))}"
            raise DataFileMistake(f"{self._shown} is compared with {kind!r}", hint)
        shown = f"({self._shown} == {type(kind).__name__}.{kind.name})"
        return Term(self._kind, {self._field: kind.name}, shown)

    def __ne__(self, kind: KindType) -> Condition:  # type: ignore[override]
        return ~(self == kind)

    def among(self, *kinds: KindType) -> Condition:
        """It is one of these."""
        return any_of([self == kind for kind in kinds], self._shown)

    def __repr__(self) -> str:
        return self._shown


class CustomDatum:
    """A custom datum, by its name or index. Its values are tried one after another: see docs/targeting.md#custom-data.

    A text is compared as text, a number as number, ``True`` and ``False`` as such.

    >>> from kameleoon.testing.conditions import custom
    >>> (custom("plan") == "gold") & (custom("age") > 17) & custom("country").among("fr", "de")
    (custom("plan") == 'gold') & (custom("age") > 17) & custom("country").among('fr', 'de')
    """

    __hash__: ClassVar[None] = None  # type: ignore[assignment]  # equality makes a condition

    def __init__(self, index_or_name: int | str) -> None:
        if isinstance(index_or_name, bool) or not isinstance(index_or_name, (int, str)):
            raise DataFileMistake(f"custom({index_or_name!r})", "a custom datum has a name or an index")
        if index_or_name == "":
            raise DataFileMistake("custom('')", "a name is not empty")
        if isinstance(index_or_name, int) and index_or_name < 0:
            raise DataFileMistake(f"custom({index_or_name!r})", "an index is 0 or more")
        self._shown = f'custom("{index_or_name}")' if isinstance(index_or_name, str) else f"custom({index_or_name})"
        self._index: Reference | int = (
            Reference(_index_of(index_or_name)) if isinstance(index_or_name, str) else index_or_name
        )

    def __eq__(self, value: str | float | bool) -> Condition:  # type: ignore[override]
        shown = f"({self._shown} == {value!r})"
        if isinstance(value, bool):
            return self._term("TRUE" if value else "FALSE", None, shown)
        if isinstance(value, (int, float)):
            return self._number(value, "EQUAL", "==")
        return self._term("EXACT", checked_text(value, self._shown), shown)

    def __ne__(self, value: str | float | bool) -> Condition:  # type: ignore[override]
        return ~(self == value)

    def __gt__(self, number: float) -> Condition:
        return self._number(number, "GREATER", ">")

    def __lt__(self, number: float) -> Condition:
        return self._number(number, "LOWER", "<")

    def __ge__(self, number: float) -> Condition:
        return (self > number) | self._number(number, "EQUAL", "==")

    def __le__(self, number: float) -> Condition:
        return (self < number) | self._number(number, "EQUAL", "==")

    def contains(self, text: str) -> Condition:
        """A value contains the text; case counts."""
        return self._term("CONTAINS", checked_text(text, self._shown), f"{self._shown}.contains({text!r})")

    def matches(self, pattern: str) -> Condition:
        """A whole value matches, as ``re.fullmatch`` does. Raises ``DataFileMistake`` for a pattern that is none."""
        checked = checked_pattern(pattern, self._shown)
        return self._term("REGULAR_EXPRESSION", checked, f"{self._shown}.matches({pattern!r})")

    def among(self, *values: Scalar) -> Condition:
        """A value is one of these, each as the text that ``CustomData`` makes of it."""
        if not values:
            raise DataFileMistake(f"{self._shown}.among() is given nothing", "name at least one value")
        texts = [value if isinstance(value, str) else json.dumps(value) for value in values]
        shown = f"{self._shown}.among({', '.join(map(repr, values))})"
        return self._term("AMONG_VALUES", json.dumps(texts, ensure_ascii=False), shown)

    def is_true(self) -> Condition:
        """A value is ``"true"``."""
        return self == True  # noqa: E712  # makes a condition

    def is_false(self) -> Condition:
        """A value is ``"false"``."""
        return self == False  # noqa: E712  # makes a condition

    def is_undefined(self) -> Condition:
        """The visitor has no such datum, but something else."""
        return self._term("UNDEFINED", None, f"{self._shown}.is_undefined()")

    def _number(self, number: float, operator: str, sign: str) -> Term:
        value = checked_number(number, self._shown)
        return self._term(operator, str(value), f"({self._shown} {sign} {number!r})")

    def _term(self, operator: str, value: str | None, shown: str) -> Term:
        fields = {"customDataIndex": self._index, "valueMatchType": operator, "value": value}
        return Term("CUSTOM_DATUM", fields, shown)

    def __repr__(self) -> str:
        return self._shown


def _index_of(name: str) -> Callable[..., int]:
    return lambda names: names.custom_index(name)
