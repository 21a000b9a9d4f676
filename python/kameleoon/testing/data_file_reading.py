"""Reading a data file that may hold anything: what is of another shape than it should be counts as missing."""

from __future__ import annotations

from typing import Any

__all__ = ["identifier", "mapping", "mappings"]

_LONGEST_NUMBER = 30
"""Digits: no identifier has more, and Python refuses very many."""


def mapping(value: Any) -> dict[str, Any]:
    """The value, if it is a mapping, else an empty one.

    >>> mapping({"id": 1}), mapping([1])
    ({'id': 1}, {})
    """
    return value if isinstance(value, dict) else {}


def mappings(value: Any) -> list[dict[str, Any]]:
    """The mappings among the items of a list; none of what is no list.

    >>> mappings([{"id": 1}, "x"]), mappings(5)
    ([{'id': 1}], [])
    """
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


def identifier(value: Any) -> int | None:
    """An integer, or one in digits; ``None`` for anything else.

    >>> identifier(5), identifier("5"), identifier("five")
    (5, 5, None)
    """
    if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) <= _LONGEST_NUMBER:
        return int(value)
    return value if isinstance(value, int) and not isinstance(value, bool) else None
