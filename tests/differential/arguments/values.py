"""Values of every kind, each as the Python expression that makes it, and the names that the expressions use."""

from __future__ import annotations

import collections
import datetime
import decimal
import fractions
import http.cookies
import types
from typing import Any


class Text(str):
    """Text of a class of the user's own."""


class Whole(int):
    """An integer of a class of the user's own."""


class Indexable:
    """Something that stands for an integer."""

    def __index__(self) -> int:
        return 32


class Floating:
    """Something that stands for a number."""

    def __float__(self) -> float:
        return 1.5


class Shown:
    """Something with a text of its own."""

    def __str__(self) -> str:
        return "shown"


class Unprintable:
    """Something whose text cannot be had."""

    def __str__(self) -> str:
        raise RuntimeError("no text")

    __repr__ = __str__


class Untrue:
    """Something that is neither true nor false."""

    def __bool__(self) -> bool:
        raise RuntimeError("neither")


class MultiDict(dict):
    """As the multi-dicts of web frameworks: the dict holds lists, its items are the first of each."""

    def items(self, multi: bool = False) -> Any:
        for name, values in dict.items(self):
            for value in values if multi else values[:1]:
                yield name, value

    def __getitem__(self, name: str) -> Any:
        return dict.__getitem__(self, name)[0]

    def get(self, name: str, default: Any = None) -> Any:
        return self[name] if name in self else default  # noqa: SIM401  # this is `get`


class Mapping(collections.abc.Mapping):
    """A mapping that is no dict."""

    def __init__(self, content: dict[str, str]) -> None:
        self.content = content

    def __getitem__(self, name: str) -> str:
        return self.content[name]

    def __iter__(self) -> Any:
        return iter(self.content)

    def __len__(self) -> int:
        return len(self.content)


class Items:
    """No mapping, but it has items."""

    def items(self) -> list[tuple[str, str]]:
        return [("a", "b")]


def simple_cookie() -> Any:
    return http.cookies.SimpleCookie("a=b; c=d")


def cookie_jar() -> Any:
    import requests

    jar = requests.cookies.RequestsCookieJar()
    jar.set("a", "b")
    return jar


NAMES = {
    kind.__name__: kind
    for kind in (Text, Whole, Indexable, Floating, Shown, Unprintable, Untrue, MultiDict, Mapping, Items)
} | {
    "Decimal": decimal.Decimal,
    "Fraction": fractions.Fraction,
    "ChainMap": collections.ChainMap,
    "OrderedDict": collections.OrderedDict,
    "proxy": types.MappingProxyType,
    "day": datetime.date(2026, 1, 31),
    "simple_cookie": simple_cookie,
    "cookie_jar": cookie_jar,
}

NUMBERS = (
    "0", "1", "-1", "32", "10**30", "Whole(32)", "Indexable()", "1.0", "32.0", "1.5", "-0.0", "1e20", "float('nan')",
    "float('inf')", "Floating()", "Decimal('1.5')", "Decimal('32')", "Fraction(3, 2)", "2 + 1j",
)  # fmt: skip
TEXTS = (
    "''", "'x'", "'32'", "'-1'", "' 7 '", "'1.5'", "'1_000'", "'1e3'", "'nan'", "'été & =\"'", "'\\ud800'", "Text('x')", "Text('32')",
    "'true'", "'a' * 300",
)  # fmt: skip
OTHERS = (
    "None", "True", "False", "b'x'", "[]", "['3']", "[1, 2]", "[1.5]", "[None]", "()", "('a', 'b')", "{3}", "{}", "{'a': 'b'}",
    "{'a': 1}", "{1: 'b'}", "range(2)", "iter([1])", "object()", "Shown()", "Unprintable()", "Untrue()", "int", "day", "len",
    "BrowserType.CHROME", "DeviceType.PHONE", "OperatingSystemType.LINUX", "CustomData(1, 'a')", "[CustomData(1, 'a')]",
)  # fmt: skip
VALUES = NUMBERS + TEXTS + OTHERS
