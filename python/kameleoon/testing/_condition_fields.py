"""What the conditions of a data file ask, field by field, in words. Raises ``Unreadable`` where a field is not what it
has to be: then the client holds the condition for false. Called by ``condition_words``.
"""

from __future__ import annotations

import json
from typing import Any

__all__ = [
    "Phrase",
    "Unreadable",
    "assigned_variation",
    "both_ways",
    "compared",
    "custom_data_test",
    "in_count",
    "in_time",
    "name_of",
    "number",
    "optional_text",
    "quoted",
    "required_integer",
    "required_number",
    "required_text",
    "text_test",
    "unknown_value",
    "version_test",
    "visit_scope",
]

_LONGEST_TEXT = 300
"""Characters of a value that are shown."""
_DEFAULT_VISIT_COUNT = 25
_NAMES = {
    "PHONE": "a phone",
    "TABLET": "a tablet",
    "DESKTOP": "a desktop",
    "CHROME": "Chrome",
    "INTERNET_EXPLORER": "Internet Explorer",
    "IE": "Internet Explorer",
    "FIREFOX": "Firefox",
    "SAFARI": "Safari",
    "OPERA": "Opera",
    "OTHER": "another one",
    "WINDOWS": "Windows",
    "MAC": "macOS",
    "IOS": "iOS",
    "LINUX": "Linux",
    "ANDROID": "Android",
    "WINDOWS_PHONE": "Windows Phone",
}
_UNITS = (("day", 86_400_000), ("hour", 3_600_000), ("minute", 60_000), ("second", 1_000), ("millisecond", 1))
Phrase = tuple[str, str]
"""What is said where the condition holds, and where it is negated."""


class Unreadable(Exception):
    """A field is missing, or not what it has to be."""


def quoted(value: Any) -> str:
    """A value in quotation marks, shortened if it is long; JSON for what is no text.

    >>> quoted("gold"), quoted(5)
    ("'gold'", "'5'")
    """
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return f"'{text if len(text) <= _LONGEST_TEXT else text[:_LONGEST_TEXT] + '…'}'"


def number(value: Any) -> str:
    """A number as people write it.

    >>> number(5.0), number(29.5)
    ('5', '29.5')
    """
    return str(int(value)) if isinstance(value, float) and value.is_integer() and abs(value) < 1e15 else str(value)


def required_text(fields: dict[str, Any], name: str) -> str:
    value = fields.get(name)
    if not isinstance(value, str):
        raise Unreadable(f"{name} is {'missing' if value is None else 'no text'}")
    return value


def required_integer(fields: dict[str, Any], name: str) -> int:
    value = fields.get(name)
    if isinstance(value, bool) or not isinstance(value, int):
        raise Unreadable(f"{name} is {'missing' if value is None else 'no integer'}")
    return value


def optional_text(fields: dict[str, Any], name: str) -> str | None:
    return None if fields.get(name) is None else required_text(fields, name)


def required_number(fields: dict[str, Any], name: str) -> float:
    """Any number; ``True`` and ``False`` count as 1 and 0."""
    value = fields.get(name)
    if isinstance(value, bool):
        return int(value)
    if not isinstance(value, (int, float)):
        raise Unreadable(f"{name} is {'missing' if value is None else 'no number'}")
    return value


def unknown_value(name: str, value: str) -> Unreadable:
    return Unreadable(f"{name} is {quoted(value)}, which is unknown")


def name_of(value: str) -> str:
    return _NAMES.get(value, quoted(value))


def both_ways(subject: str, test: Phrase) -> Phrase:
    return f"{subject} {test[0]}", f"{subject} {test[1]}"


def text_test(fields: dict[str, Any], name: str, operator_name: str = "matchType") -> Phrase:
    value, operator = quoted(required_text(fields, name)), required_text(fields, operator_name)
    if operator == "EXACT":
        return f"is {value}", f"is not {value}"
    if operator == "CONTAINS":
        return f"contains {value}", f"does not contain {value}"
    if operator == "REGULAR_EXPRESSION":
        return f"matches the pattern {value}", f"does not match the pattern {value}"
    raise unknown_value(operator_name, operator)


def custom_data_test(fields: dict[str, Any], operator: str) -> Phrase:
    if operator in ("TRUE", "FALSE"):
        return f"is '{operator.lower()}'", f"is not '{operator.lower()}'"
    if operator in ("EQUAL", "GREATER", "LOWER"):
        value = fields.get("value")
        return compared(value if isinstance(value, str) else number(required_number(fields, "value")), operator)
    if operator == "AMONG_VALUES":
        try:
            values = json.loads(required_text(fields, "value"))
        except (ValueError, RecursionError) as error:
            raise Unreadable("value is no JSON") from error
        listed = ", ".join(quoted(value) for value in values) if isinstance(values, list) else quoted(values)
        return f"is one of {listed or 'no values'}", f"is none of {listed or 'no values'}"
    if operator in ("EXACT", "CONTAINS", "REGULAR_EXPRESSION"):
        return text_test(fields, "value", "valueMatchType")
    raise unknown_value("valueMatchType", operator)


def compared(value: str, operator: str) -> Phrase:
    words = {"EQUAL": "", "GREATER": "greater than ", "LOWER": "lower than "}
    if operator not in words:
        raise unknown_value("matchType", operator)
    return f"is {words[operator]}{value}", f"is not {words[operator]}{value}"


def in_count(fields: dict[str, Any], name: str, what: str) -> str:
    """Such as "more than 3 pages"."""
    words = {"EQUAL": "exactly", "GREATER": "more than", "LOWER": "fewer than"}
    operator, count = required_text(fields, "matchType"), required_number(fields, name)
    if operator not in words:
        raise unknown_value("matchType", operator)
    return f"{words[operator]} {number(count)} {what}{'' if count == 1 else 's'}"


def visit_scope(fields: dict[str, Any], default: str) -> str:
    scope, count = fields.get("visitScope"), fields.get("visitCount")
    if isinstance(count, bool) or not isinstance(count, int) or count <= 0:
        count = _DEFAULT_VISIT_COUNT
    is_of_visitor = (scope if isinstance(scope, str) else default) == "VISITOR"
    return f"in their latest {count} visits" if is_of_visitor and count > 1 else "in this visit"


def assigned_variation(fields: dict[str, Any]) -> str:
    match = required_text(fields, "variationMatchType")
    if match == "EXACT":
        return f"variation {required_integer(fields, 'variationId')}"
    if match == "ANY":
        return "any variation"
    raise unknown_value("variationMatchType", match)


def version_test(fields: dict[str, Any]) -> str | None:
    """Such as "above 3.4"; ``None`` for a condition without a version."""
    version = fields.get("version")
    if version is None:
        return None
    if isinstance(version, (list, dict)):
        raise Unreadable("version is no text")
    words = {"EQUAL": "exactly", "GREATER": "above", "LOWER": "below"}
    operator = required_text(fields, "versionMatchType")
    if operator not in words:
        raise unknown_value("versionMatchType", operator)
    return f"{words[operator]} {version}"


def in_time(milliseconds: float) -> str:
    for unit, length in _UNITS:
        if milliseconds and milliseconds % length == 0:
            count = milliseconds // length
            return f"{number(count)} {unit}{'' if count == 1 else 's'}"
    return f"{number(milliseconds)} milliseconds"
