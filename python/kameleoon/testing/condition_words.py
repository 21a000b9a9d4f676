"""A targeting condition in words, as a part of a sentence about visitors: "whose device is a phone".

Called by ``words`` with a condition of a data file and by the visitor's view of the local platform. Never raises: what
it does not know or cannot read is shown as it is. What each condition means: docs/targeting.md#conditions.

>>> ConditionWords({}).phrase({"targetingType": "DEVICE_TYPE", "device": "PHONE"})
'whose device is a phone'
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from kameleoon.testing._condition_fields import (
    Phrase,
    Unreadable,
    assigned_variation,
    both_ways,
    custom_data_test,
    in_count,
    in_time,
    name_of,
    number,
    optional_text,
    quoted,
    required_integer,
    required_number,
    required_text,
    text_test,
    unknown_value,
    version_test,
    visit_scope,
)
from kameleoon.testing.data_file_reading import identifier, mapping, mappings

__all__ = ["ConditionWords"]


class ConditionWords:
    """Words for the conditions of one data file, whose names of custom data, flags and segments it knows.

    >>> words = ConditionWords({"customData": [{"index": 1, "name": "plan"}]})
    >>> words.phrase({"targetingType": "CUSTOM_DATUM", "customDataIndex": "1", "valueMatchType": "UNDEFINED"})
    "who have no custom datum 'plan'"
    """

    def __init__(self, data_file: dict[str, Any]) -> None:
        self._custom_data = {
            index: entry["name"]
            for entry in mappings(data_file.get("customData"))
            if (index := identifier(entry.get("index"))) is not None and isinstance(entry.get("name"), str)
        }
        flags = mappings(data_file.get("featureFlags"))
        self._flags = {
            flag.get("id"): flag.get("featureKey") for flag in flags if identifier(flag.get("id")) is not None
        }

    def custom_datum(self, index: int) -> str:
        """A custom datum by its name; by its index, if it has none.

        >>> ConditionWords({}).custom_datum(3)
        'custom datum 3'
        """
        name = self._custom_data.get(index)
        return f"custom datum {index}" if name is None else f"custom datum {quoted(name)}"

    def phrase(self, condition: Any) -> str:
        """The condition in words. One that refers to a segment names it, and no more.

        >>> ConditionWords({}).phrase({"targetingType": "SEGMENT", "segmentId": 5, "isInclude": False})
        'who are not in segment 5'
        """
        fields = mapping(condition)
        kind = fields.get("targetingType")
        negated = fields.get("isInclude") is False
        say = _KINDS.get(kind) if isinstance(kind, str) else None
        if say is None:
            return _as_it_is(fields, "a kind that the client does not know", negated)
        try:
            return say(self, fields)[negated]
        except Unreadable as error:
            return _as_it_is(fields, f"which cannot be read ({error})", negated)

    # One method a kind, or a few that are alike. Each returns both phrases.

    def _of_custom_data(self, fields: dict[str, Any]) -> Phrase:
        index = identifier(fields.get("customDataIndex"))
        if index is None:
            raise Unreadable("customDataIndex is missing")
        name = self.custom_datum(index)
        operator = required_text(fields, "valueMatchType")
        if operator == "UNDEFINED":
            return f"who have no {name}", f"who have a {name}, or of whom nothing is known"
        return both_ways(f"whose {name}", custom_data_test(fields, operator))

    def _of_campaign(self, fields: dict[str, Any]) -> Phrase:
        kind, within = fields["targetingType"], visit_scope(fields, "CURRENT_VISIT")
        if kind == "TARGET_PERSONALIZATION":
            what = f"personalization {required_integer(fields, 'personalizationId')} {within}"
            return f"who got {what}", f"who did not get {what}"
        if kind == "TARGET_EXPERIMENT":
            what = f"{assigned_variation(fields)} of experiment {required_integer(fields, 'experimentId')}"
        else:
            flag_id = required_integer(fields, "featureFlagId")
            key = self._flags.get(flag_id)
            flag = f"feature flag {flag_id}" if key is None else f"feature flag {quoted(key)}"
            variation = optional_text(fields, "variationKey")
            what = f"{'any variation' if variation is None else 'variation ' + quoted(variation)} of {flag}"
            if fields.get("ruleId") is not None:
                what += f" by rule {required_integer(fields, 'ruleId')}"
        return f"who were given {what} {within}", f"who were not given {what} {within}"

    def _of_segment(self, fields: dict[str, Any]) -> Phrase:
        segment = identifier(fields.get("segmentId"))
        if segment is None:
            raise Unreadable("segmentId is missing")
        return f"who are in segment {segment}", f"who are not in segment {segment}"


def _as_it_is(fields: dict[str, Any], why: str, negated: bool) -> str:
    kind = fields.get("targetingType")
    named = kind if isinstance(kind, str) and kind else "a condition without a kind"
    others = {name: value for name, value in fields.items() if name not in ("targetingType", "isInclude")}
    shown = ", ".join(f"{name}: {quoted(value)[1:-1]}" for name, value in others.items())
    outcome = "so everybody, since it is negated" if negated else "so nobody"
    return f"who meet {'not ' if negated else ''}{named}{f' ({shown})' if shown else ''}, {why}; {outcome}"


def _subject(subject: str, name: str) -> Callable[[ConditionWords, dict[str, Any]], Phrase]:
    return lambda _, fields: both_ways(subject, text_test(fields, name))


def _named(subject: str, name: str) -> Callable[[ConditionWords, dict[str, Any]], Phrase]:
    def say(_: ConditionWords, fields: dict[str, Any]) -> Phrase:
        value = name_of(required_text(fields, name))
        return f"{subject} is {value}", f"{subject} is not {value}"

    return say


def _with_version(subject: str, name: str) -> Callable[[ConditionWords, dict[str, Any]], Phrase]:
    def say(_: ConditionWords, fields: dict[str, Any]) -> Phrase:
        what, version = name_of(required_text(fields, name)), version_test(fields)
        more = "" if version is None else f" (version {version})"
        return f"{subject} is {what}{more}", f"{subject} is not {what}{more}"

    return say


def _application(_: ConditionWords, fields: dict[str, Any]) -> Phrase:
    version = version_test(fields)
    if version is None:
        raise Unreadable("version is missing")
    return f"whose application's version is {version}", f"whose application's version is not {version}"


def _language(_: ConditionWords, fields: dict[str, Any]) -> Phrase:
    language, version = required_text(fields, "sdkLanguage"), version_test(fields)
    sdk = f"the {language} SDK" if version is None else f"the {language} SDK (version {version})"
    return f"who are served by {sdk}", f"who are not served by {sdk}"


def _cookie(_: ConditionWords, fields: dict[str, Any]) -> Phrase:
    name, value = text_test(fields, "name", "nameMatchType")[0], text_test(fields, "value", "valueMatchType")[0]
    cookie = f"cookie whose name {name} and whose value {value}"
    return f"who have a {cookie}", f"who have no {cookie}"


def _geolocation(_: ConditionWords, fields: dict[str, Any]) -> Phrase:
    country = required_text(fields, "country")
    parts = [optional_text(fields, "city"), optional_text(fields, "region"), country]
    place = ", ".join(quoted(part)[1:-1] for part in parts if part is not None)
    return f"who are in {place}", f"who are not in {place}"


def _conversions(_: ConditionWords, fields: dict[str, Any]) -> Phrase:
    goal, within = fields.get("goalId"), visit_scope(fields, "VISITOR")
    named = (
        "any goal"
        if goal is None or required_integer(fields, "goalId") == -1
        else f"goal {required_integer(fields, 'goalId')}"
    )
    return f"who have converted for {named} {within}", f"who have not converted for {named} {within}"


def _exclusive(_: ConditionWords, fields: dict[str, Any]) -> Phrase:
    kinds = {
        "EXPERIMENT": "other experiment",
        "PERSONALIZATION": "personalization",
        "ANY": "other experiment and no personalization",
    }
    campaigns = required_text(fields, "campaignType")
    if campaigns not in kinds:
        raise unknown_value("campaignType", campaigns)
    within = visit_scope(fields, "VISITOR")
    some = kinds[campaigns].replace(" and no ", " or a ")
    return f"who have been in no {kinds[campaigns]} {within}", f"who have been in some {some} {within}"


def _exclusive_flag(_: ConditionWords, __: dict[str, Any]) -> Phrase:
    return (
        "who have been given no variation but this experiment's",
        "who have been given another experiment's variation",
    )


def _visit_age(subject: str) -> Callable[[ConditionWords, dict[str, Any]], Phrase]:
    def say(_: ConditionWords, fields: dict[str, Any]) -> Phrase:
        words = {"EQUAL": "exactly", "GREATER": "more than", "LOWER": "less than"}
        operator = required_text(fields, "matchType")
        if operator not in words:
            raise unknown_value("matchType", operator)
        ago = f"begin {words[operator]} {in_time(required_number(fields, 'countInMillis'))} ago"
        return f"{subject} {ago.replace('begin', 'began')}", f"{subject} did not {ago}"

    return say


def _having(verb: str, name: str, what: str, when: str = "") -> Callable[[ConditionWords, dict[str, Any]], Phrase]:
    def say(_: ConditionWords, fields: dict[str, Any]) -> Phrase:
        counted = in_count(fields, name, what) + when
        return f"who have {verb}{counted}", f"who have not {verb}{counted}"

    return say


def _new(_: ConditionWords, fields: dict[str, Any]) -> Phrase:
    kind = required_text(fields, "visitorType")
    both = ("who are here for the first time", "who have been here before")
    if kind == "NEW":
        return both
    if kind == "RETURNING":
        return both[1], both[0]
    raise unknown_value("visitorType", kind)


def _heat(_: ConditionWords, fields: dict[str, Any]) -> Phrase:
    moment, goal = required_integer(fields, "keyMomentId"), required_integer(fields, "goalId")
    subject = f"whose score for key moment {moment} and goal {goal}"
    bounds = f"from {number(required_number(fields, 'lowerBound'))} to {number(required_number(fields, 'upperBound'))}"
    return f"{subject} is {bounds}", f"{subject} is not {bounds}"


_KINDS: dict[str, Callable[[ConditionWords, dict[str, Any]], Phrase]] = {
    "CUSTOM_DATUM": ConditionWords._of_custom_data,
    "VISITOR_CODE": _subject("whose visitor code", "visitorCode"),
    "PAGE_URL": _subject("whose page's address", "url"),
    "PAGE_TITLE": _subject("whose page's title", "title"),
    "PREVIOUS_PAGE": _subject("whose previous page's address", "url"),
    "PAGE_VIEWS": _having("viewed ", "pageCount", "page"),
    "DEVICE_TYPE": _named("whose device", "device"),
    "OPERATING_SYSTEM": _named("whose operating system", "os"),
    "BROWSER": _with_version("whose browser", "browser"),
    "APPLICATION_VERSION": _application,
    "SDK_LANGUAGE": _language,
    "COOKIE": _cookie,
    "GEOLOCATION": _geolocation,
    "CONVERSIONS": _conversions,
    "TARGET_FEATURE_FLAG": ConditionWords._of_campaign,
    "TARGET_EXPERIMENT": ConditionWords._of_campaign,
    "TARGET_PERSONALIZATION": ConditionWords._of_campaign,
    "EXCLUSIVE_EXPERIMENT": _exclusive,
    "EXCLUSIVE_FEATURE_FLAG": _exclusive_flag,
    "FIRST_VISIT": _visit_age("whose first visit"),
    "LAST_VISIT": _visit_age("whose previous visit"),
    "VISITS": _having("made ", "visitCount", "visit"),
    "SAME_DAY_VISITS": _having("made ", "visitCount", "visit", " today"),
    "NEW_VISITORS": _new,
    "HEAT_SLICE": _heat,
    "SEGMENT": ConditionWords._of_segment,
}
