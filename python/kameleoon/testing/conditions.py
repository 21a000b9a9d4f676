"""The conditions of a ``DataFile``: each kind that docs/targeting.md#conditions lists, to be compared and combined.

>>> from kameleoon.data import DeviceType
>>> (custom("plan") == "gold") & ~((device == DeviceType.PHONE) | page_url.contains("/legal/"))
(custom("plan") == 'gold') & ~(device == DeviceType.PHONE) & ~page_url.contains('/legal/')
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

from kameleoon.data.browser import BrowserType
from kameleoon.data.device import DeviceType
from kameleoon.data.operating_system import OperatingSystemType
from kameleoon.testing._data_file_mistake import DataFileMistake
from kameleoon.testing._data_file_parts import checked_json
from kameleoon.testing._expressions import Condition, Names, Reference, Term
from kameleoon.testing._operands import (
    CustomDatum,
    Kind,
    Number,
    Text,
    TimeSince,
    Version,
    checked_number,
    checked_pattern,
    checked_text,
)

__all__ = [
    "Condition",
    "CustomDatum",
    "Kind",
    "Number",
    "Text",
    "TimeSince",
    "Version",
    "application_version",
    "assigned",
    "browser",
    "browser_version",
    "converted",
    "cookie",
    "custom",
    "device",
    "exclusive",
    "exclusive_flag",
    "geolocation",
    "heat",
    "in_experiment",
    "new_visitor",
    "operating_system",
    "page_title",
    "page_url",
    "page_views",
    "personalized",
    "previous_page_url",
    "raw",
    "returning_visitor",
    "sdk_language",
    "sdk_version",
    "segment",
    "since_first_visit",
    "since_last_visit",
    "visitor_code",
    "visits",
    "visits_today",
]

visitor_code: Text = Text("VISITOR_CODE", "visitorCode", "matchType", "visitor_code")
page_url: Text = Text("PAGE_URL", "url", "matchType", "page_url")
page_title: Text = Text("PAGE_TITLE", "title", "matchType", "page_title")
previous_page_url: Text = Text("PREVIOUS_PAGE", "url", "matchType", "previous_page_url")
page_views: Number = Number("PAGE_VIEWS", "pageCount", "page_views")
device: Kind[DeviceType] = Kind("DEVICE_TYPE", "device", DeviceType, "device")
operating_system: Kind[OperatingSystemType] = Kind("OPERATING_SYSTEM", "os", OperatingSystemType, "operating_system")
browser: Kind[BrowserType] = Kind("BROWSER", "browser", BrowserType, "browser")
application_version: Version = Version("APPLICATION_VERSION", {}, "application_version")
since_first_visit: TimeSince = TimeSince("FIRST_VISIT", "since_first_visit")
since_last_visit: TimeSince = TimeSince("LAST_VISIT", "since_last_visit")
visits: Number = Number("VISITS", "visitCount", "visits")
visits_today: Number = Number("SAME_DAY_VISITS", "visitCount", "visits_today")
new_visitor: Condition = Term("NEW_VISITORS", {"visitorType": "NEW"}, "new_visitor")
returning_visitor: Condition = Term("NEW_VISITORS", {"visitorType": "RETURNING"}, "returning_visitor")
exclusive_flag: Condition = Term("EXCLUSIVE_FEATURE_FLAG", {}, "exclusive_flag")


def custom(index_or_name: int | str) -> CustomDatum:
    """A custom datum, by its index, or by its name in the data file.

    >>> custom("age") > 17
    (custom("age") > 17)
    """
    return CustomDatum(index_or_name)


def browser_version(kind: BrowserType) -> Version:
    """The version of this browser; of another browser no comparison is true.

    >>> browser_version(BrowserType.CHROME) > "120"
    (browser_version(BrowserType.CHROME) > '120')
    """
    if not isinstance(kind, BrowserType):
        raise DataFileMistake(f"browser_version({kind!r})", f"one of {', '.join(map(str, BrowserType))}")
    return Version("BROWSER", {"browser": kind.name}, f"browser_version(BrowserType.{kind.name})")


def sdk_language(language: str) -> Condition:
    """The client is of this language, such as ``"PYTHON"``.

    >>> sdk_language("PYTHON")
    sdk_language('PYTHON')
    """
    checked_text(language, "sdk_language()")
    return Term("SDK_LANGUAGE", {"sdkLanguage": language}, f"sdk_language({language!r})")


def sdk_version(language: str) -> Version:
    """The version (API level) of the client of this language.

    >>> sdk_version("PYTHON") > "3"
    (sdk_version('PYTHON') > '3')
    """
    checked_text(language, "sdk_version()")
    return Version("SDK_LANGUAGE", {"sdkLanguage": language}, f"sdk_version({language!r})")


def cookie(name: str, *, name_is: Literal["EXACT", "CONTAINS", "REGULAR_EXPRESSION"] = "EXACT") -> Text:
    """The value of a cookie: of any whose name is this, contains this, or matches this.

    >>> cookie("group") == "b"
    (cookie('group') == 'b')
    """
    if name_is not in ("EXACT", "CONTAINS", "REGULAR_EXPRESSION"):
        raise DataFileMistake(f"cookie(name_is={name_is!r})", "one of 'EXACT', 'CONTAINS', 'REGULAR_EXPRESSION'")
    check = checked_pattern if name_is == "REGULAR_EXPRESSION" else checked_text
    check(name, "cookie()")
    shown = f"cookie({name!r})" if name_is == "EXACT" else f"cookie({name!r}, name_is={name_is!r})"
    return Text("COOKIE", "value", "valueMatchType", shown, {"name": name, "nameMatchType": name_is})


def geolocation(country: str, region: str | None = None, city: str | None = None) -> Condition:
    """The visitor is there; case does not count.

    >>> geolocation("France", city="Paris")
    geolocation('France', city='Paris')
    """
    if not country:
        raise DataFileMistake("geolocation() has no country", "it is needed: a condition without one is false")
    given = {"region": region, "city": city}
    for text in (country, *given.values()):
        if text is not None:
            checked_text(text, "geolocation()")
    shown = [repr(country), *(f"{name}={value!r}" for name, value in given.items() if value is not None)]
    return Term("GEOLOCATION", {"country": country, **given}, f"geolocation({', '.join(shown)})")


def converted(goal_id: int | None = None, *, visits: int | None = None) -> Condition:
    """The visitor converted for the goal, or for any.

    ``visits``: within so many visits, the current one included (1: the current one; none given: 25).

    >>> converted(7, visits=1)
    converted(7, visits=1)
    """
    _check_ids("converted()", goal_id)
    shown = "converted(" + ("" if goal_id is None else f"{goal_id}")
    return Term("CONVERSIONS", {"goalId": goal_id, **_scope(visits)}, _with_visits(shown, visits))


def assigned(
    flag_key: str, variation: str | None = None, *, rule: int | None = None, visits: int | None = None
) -> Condition:
    """An experiment of a flag was assigned to the visitor: with this variation, of the rule with this id, if they are
    given. The flag has to be in the data file already.

    ``visits``: within so many visits, the current one included; none given: the current one.

    >>> assigned("checkout", "on")
    assigned('checkout', 'on')
    """

    def rule_id(names: Names) -> int | None:
        if rule is not None:
            names.check_rule(flag_key, rule)
        return rule

    def variation_key(names: Names) -> str | None:
        if variation is not None:
            names.check_variation(flag_key, variation)
        return variation

    fields: dict[str, object] = {"featureFlagId": Reference(lambda names: names.flag_id(flag_key))}
    shown = f"assigned({flag_key!r}"
    if variation is not None:
        fields["variationKey"] = Reference(variation_key)
        shown += f", {variation!r}"
    if rule is not None:
        fields["ruleId"] = Reference(rule_id)
        shown += f", rule={rule}"
    return Term("TARGET_FEATURE_FLAG", {**fields, **_scope(visits)}, _with_visits(shown, visits))


def in_experiment(experiment_id: int, variation_id: int | None = None, *, visits: int | None = None) -> Condition:
    """An experiment was assigned to the visitor, with this variation if one is given. It need not be in the data file.

    ``visits``: within so many visits, the current one included; none given: the current one.

    >>> in_experiment(11, 12)
    in_experiment(11, 12)
    """
    _check_ids("in_experiment()", experiment_id, variation_id)
    match = "ANY" if variation_id is None else "EXACT"
    fields = {"experimentId": experiment_id, "variationMatchType": match, "variationId": variation_id}
    shown = f"in_experiment({experiment_id}" + ("" if variation_id is None else f", {variation_id}")
    return Term("TARGET_EXPERIMENT", {**fields, **_scope(visits)}, _with_visits(shown, visits))


def personalized(personalization_id: int, *, visits: int | None = None) -> Condition:
    """The visitor got the personalization, which is known of remote visitor data.

    ``visits``: within so many visits, the current one included; none given: the current one.

    >>> personalized(3)
    personalized(3)
    """
    _check_ids("personalized()", personalization_id)
    fields = {"personalizationId": personalization_id, **_scope(visits)}
    return Term("TARGET_PERSONALIZATION", fields, _with_visits(f"personalized({personalization_id}", visits))


def exclusive(
    campaigns: Literal["EXPERIMENT", "PERSONALIZATION", "ANY"] = "EXPERIMENT", *, visits: int | None = None
) -> Condition:
    """No other experiment than the rule's own was assigned to the visitor, or no personalization, or neither.

    ``visits``: within so many visits, the current one included (1: the current one; none given: 25).

    >>> exclusive("ANY")
    exclusive('ANY')
    """
    if campaigns not in ("EXPERIMENT", "PERSONALIZATION", "ANY"):
        raise DataFileMistake(f"exclusive({campaigns!r})", "one of 'EXPERIMENT', 'PERSONALIZATION', 'ANY'")
    fields = {"campaignType": campaigns, **_scope(visits)}
    return Term("EXCLUSIVE_EXPERIMENT", fields, _with_visits(f"exclusive({campaigns!r}", visits))


def heat(key_moment_id: int, goal_id: int, *, lower: float, upper: float) -> Condition:
    """The visitor's heat score is within the bounds, both included. It is known of remote visitor data.

    >>> heat(1, 7, lower=30, upper=50)
    heat(1, 7, lower=30, upper=50)
    """
    _check_ids("heat()", key_moment_id, goal_id)
    if checked_number(lower, "heat()") > checked_number(upper, "heat()"):
        raise DataFileMistake(f"heat() has the lower bound {lower}, above the upper one, {upper}", "swap them")
    fields = {"keyMomentId": key_moment_id, "goalId": goal_id, "lowerBound": lower, "upperBound": upper}
    return Term("HEAT_SLICE", fields, f"heat({key_moment_id}, {goal_id}, lower={lower}, upper={upper})")


def segment(name: str) -> Condition:
    """A segment of the data file is true, which has to be in it already.

    >>> segment("premium")
    segment('premium')
    """
    return Term("SEGMENT", {"segmentId": Reference(lambda names: names.segment_id(name))}, f"segment({name!r})")


def raw(targeting_type: str, fields: Mapping[str, Any] | None = None) -> Condition:
    """A condition as it stands in a data file, unchecked: for those that no client knows, or that are broken.

    >>> raw("SOMETHING_NEW", {"size": 3})
    raw('SOMETHING_NEW', {'size': 3})
    """
    shown = repr(targeting_type) + (f", {dict(fields)!r}" if fields else "")
    checked_text(targeting_type, "raw()")
    checked_json(dict(fields or {}), f"raw({shown})")
    return Term(targeting_type, dict(fields or {}), f"raw({shown})")


def _check_ids(place: str, *ids: object) -> None:
    for identifier in ids:
        if identifier is not None and (isinstance(identifier, bool) or not isinstance(identifier, int)):
            raise DataFileMistake(f"{place} has the id {identifier!r}", "an id is an int")


def _scope(visits: int | None) -> dict[str, object]:
    if visits is None:
        return {}
    if isinstance(visits, bool) or not isinstance(visits, int) or visits < 1:
        raise DataFileMistake(f"visits is {visits!r}", "the number of visits, 1 for the current one")
    return {"visitScope": "CURRENT_VISIT"} if visits == 1 else {"visitScope": "VISITOR", "visitCount": visits}


def _with_visits(shown: str, visits: int | None) -> str:
    if visits is None:
        return f"{shown})"
    return f"{shown}{'' if shown.endswith('(') else ', '}visits={visits})"
