"""What counts as equal: docs/contract.md#what-is-not-compared."""

from __future__ import annotations

from typing import Any

_LOOSE = {"FeatureVariationNotFound"}
"""The reference prints a literal placeholder in its message."""


def agrees(expected: Any, actual: Any, *, with_messages: bool) -> bool:
    """Whether the answer of a command is the one that is expected: ``{"ok": …}``, or ``{"error": …, "message": …}``."""
    if not isinstance(actual, dict) or "error" in expected:
        return _is_error(expected, actual, with_messages)
    return "ok" in actual and same(expected["ok"], actual["ok"])


def _is_error(expected: dict[str, Any], actual: Any, with_messages: bool) -> bool:
    if not isinstance(actual, dict) or expected.get("error") != actual.get("error"):
        return False
    message = expected.get("message")
    is_worded_freely = message is None or expected["error"] in _LOOSE or "consent" in message.lower()
    return not with_messages or is_worded_freely or message == actual.get("message")


def same(expected: Any, actual: Any) -> bool:
    """As JSON: an object has at least what is expected of it, a number is a number, and no truth is one.

    ``{"$random": n}`` stands for any text of so many characters, ``{"$unordered": […]}`` for a list in any order.
    """
    if isinstance(expected, dict):
        if set(expected) == {"$random"}:
            return isinstance(actual, str) and len(actual) == expected["$random"]
        if set(expected) == {"$unordered"}:
            return isinstance(actual, list) and _same_in_any_order(expected["$unordered"], actual)
        return isinstance(actual, dict) and _is_same_object(expected, actual)
    if isinstance(expected, list):
        return isinstance(actual, list) and len(expected) == len(actual) and all(map(same, expected, actual))
    if isinstance(expected, bool) or isinstance(actual, bool):
        return expected is actual
    return bool(expected == actual)


def _is_same_object(expected: dict[str, Any], actual: dict[str, Any]) -> bool:
    # What a client does not know may be left out or null.
    known = {name: value for name, value in actual.items() if value is not None}
    wanted = {name: value for name, value in expected.items() if value is not None}
    return known.keys() == wanted.keys() and all(same(value, known[name]) for name, value in wanted.items())


def _same_in_any_order(expected: list[Any], actual: list[Any]) -> bool:
    left = list(actual)
    for wanted in expected:
        found = next((number for number, item in enumerate(left) if same(wanted, item)), None)
        if found is None:
            return False
        del left[found]
    return not left
