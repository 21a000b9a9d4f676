"""What differs from the reference client 3.22.2 on odd arguments, on purpose: the table in ``docs/migrating.md``.

The first difference that covers a case explains it. Each says which calls it is about and what becomes of them on both
clients, so that a case that begins to answer something else is covered no more.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

Answer = dict[str, Any]
Test = Callable[[str, Answer, Answer], bool]

KINDS = "CustomData|Browser|Device|OperatingSystem|Geolocation|PageView|Conversion|Cookie|UserAgent|ApplicationVersion|UniqueIdentifier|subclass"


@dataclass(frozen=True)
class Difference:
    """A line of the table: the calls, what the reference does, what this client does, and why."""

    calls: str
    reference: str
    here: str
    reason: str
    pattern: str
    test: Test

    def covers(self, case: str, reference: Answer, here: Answer) -> bool:
        return re.match(self.pattern, case) is not None and self.test(case, reference, here)


def raises(answer: Answer, *names: str) -> bool:
    return answer.get("error") in names


def succeeds(answer: Answer) -> bool:
    """Nothing raises, neither the call nor what is done with its result."""
    return "error" not in answer and not raises_late(answer)


def raises_late(answer: Answer) -> bool:
    return any(isinstance(answer.get(step), dict) for step in ("added", "active", "flushed"))


def only(*parts: str) -> Test:
    """Both succeed, and no more than these parts of the answers differ."""

    def test(_case: str, reference: Answer, here: Answer) -> bool:
        differing = {part for part in {*reference, *here} if reference.get(part) != here.get(part)}
        return succeeds(reference) and succeeds(here) and differing <= set(parts)

    return test


def errors(reference: tuple[str, ...], *here: str) -> Test:
    """The reference raises one of these; here one of those is raised, or nothing."""

    def test(_case: str, expected: Answer, actual: Answer) -> bool:
        return raises(expected, *reference) and (raises(actual, *here) if here else succeeds(actual))

    return test


def of_the_value_itself(case: str, _reference: Answer, here: Answer) -> bool:
    return raises(here, "RuntimeError") and "Un" in case


def no_visitor_code(_case: str, reference: Answer, here: Answer) -> bool:
    by_accident = raises(reference, "TypeError", "UnicodeEncodeError", "RuntimeError")
    return raises(here, "VisitorCodeInvalid") and (by_accident or "error" not in reference)


def kept_then_raised(_case: str, reference: Answer, here: Answer) -> bool:
    return "error" not in reference and raises_late(reference) and succeeds(here)


def line_without_goal(_case: str, reference: Answer, here: Answer) -> bool:
    sent = reference.get("lines") or [""]
    return succeeds(here) and sent[0].startswith("eventType=conversion") and here.get("lines") == []


NUMBERS = ("TypeError", "ValueError", "OverflowError")
CONFIGURATION = r"KameleoonClientConfig\("
INTERVALS = CONFIGURATION + r".*(refresh_interval|session_duration|default_timeout|tracking_interval|'s', )"

DIFFERENCES = (
    Difference(
        "every call, with a value that raises when it is asked for its text or its truth",
        "keeps the value, and raises what the value raises when it tracks the visitor, for all of the visitor's data",
        "the call raises what the value raises",
        "the mistake is where the call is",
        ".",
        of_the_value_itself,
    ),
    Difference(
        "every method with a `visitor_code` that is no `str`, or has lone surrogates",
        "raises `TypeError` or `UnicodeEncodeError`, or takes what has a length (`b\"x\"`, a tuple)",
        "raises `VisitorCodeInvalid`, which names the type",
        "one documented exception for every unusable code",
        r"client\.",
        no_visitor_code,
    ),
    Difference(
        "`get_active_feature_list_for_visitor(None)`",
        "raises `TypeError`",
        "counts as an empty code, which this method does not check",
        "the method checks no code, as in the reference",
        r"client\.get_active_feature_list_for_visitor\(None\)",
        errors(("TypeError",)),
    ),
    Difference(
        "`feature_key`, `variable_key`, `variation_key`, `experiment_id` of a type that no key has",
        "raises `TypeError` where the value cannot be hashed, or what the value raises when it is shown",
        "raises `FeatureNotFound`, `FeatureVariableNotFound`, `FeatureVariationNotFound`, `FeatureExperimentNotFound`",
        "one documented exception for every key that does not exist",
        r"client\.(is_feature_active|get_variation|get_feature_|set_forced_variation)",
        errors(
            ("TypeError", "RuntimeError"),
            *("FeatureNotFound", "FeatureVariableNotFound", "FeatureVariationNotFound", "FeatureExperimentNotFound"),
        ),
    ),
    Difference(
        "`get_feature_variation_variables(key)` without a variation key, or with `None`",
        "raises `TypeError` or `FeatureVariationNotFound`",
        "gives the default variation's variables",
        "documented so at level 3.4",
        r"client\.get_feature_variation_variables\('flag'(, None)?\)",
        errors(("TypeError", "FeatureVariationNotFound")),
    ),
    Difference(
        "`get_visitor_code(default_visitor_code=\"\")`, or another empty value",
        "raises `VisitorCodeInvalid`",
        "makes a random code",
        "an empty default is none",
        r"client\.get_visitor_code\(default_visitor_code=",
        errors(("VisitorCodeInvalid",)),
    ),
    Difference(
        "`get_visitor_code` with a cookie that is neither text nor a `Morsel`",
        "raises `AttributeError`",
        "counts as no cookie",
        "what is unusable counts as absent",
        r"client\.get_visitor_code\(\{",
        errors(("AttributeError",)),
    ),
    Difference(
        "`get_visitor_code(cookies_readonly, cookies)` with an empty cookie in the first and a code in the second",
        "makes a random code",
        "gives the code of the second",
        "an empty cookie is none",
        r"client\.get_visitor_code\(\{'kameleoonVisitorCode': ''\}, ",
        only("result"),
    ),
    Difference(
        "`flush`",
        "returns `None`",
        "returns whether all is known to have been delivered",
        "an addition",
        r"client\.flush\(",
        lambda case, reference, here: only("result")(case, reference, here) and here["result"] == "False",
    ),
    Difference(
        "`get_remote_data`, `get_visitor_warehouse_audience` with a `timeout` that is no positive number, a `key` that "
        "is no `str`, an index that is no `int`",
        "nothing is fetched: `None`; of an index what was given is sent",
        "the default time-out, the key's text, the index as it was read",
        "the likely meaning; a time-out that cannot be read is logged",
        r"client\.get_(remote_data|visitor_warehouse_audience)\(",
        only("result", "lines"),
    ),
    Difference(
        "`get_remote_visitor_data` with a `data_filter` that is none",
        "returns `None`",
        "fetches what the default filter wants, with a warning",
        "the documented type",
        r"client\.get_remote_visitor_data\(visitor, data_filter=",
        lambda case, reference, here: only("result")(case, reference, here) and here["result"] == [],
    ),
    Difference(
        "`wait_init` with what is no number",
        "raises `TypeError`",
        "is `True` at once where a configuration is in; raises `TypeError` where one would wait",
        "a client that is ready looks at no time-out",
        r"client\.wait_init\(",
        errors(("TypeError",)),
    ),
    Difference(
        "`set_event_handler` with an event type whose text cannot be had",
        "raises what the value raises",
        "is refused with an error in the log, as every unknown type",
        "the log shows what can be shown",
        r"client\.set_event_handler\(",
        errors(("RuntimeError",)),
    ),
    Difference(
        "`Browser(browser=)`, `Device(device=)`, `OperatingSystem(os=)`, `CustomData(id=)`, `CustomData(index=)`, "
        "`Geolocation(postalCode=)`",
        "raises `TypeError`",
        "are names of `browser_type`, `device_type`, `os_type`, `index_or_name`, `postal_code`",
        "the vendor's documentation uses them",
        r"(Browser|Device|OperatingSystem|CustomData|Geolocation)\(.*(browser|device|os|id|index|postalCode)=",
        errors(("TypeError",)),
    ),
    Difference(
        "`PageView(url)`",
        "raises `TypeError`: the title is missing",
        "a page view without a title",
        "documented as optional",
        r"PageView\((url=)?'u'\)",
        errors(("TypeError",)),
    ),
    Difference(
        "an object of a subclass of a kind of data",
        "`add_data` ignores it",
        "is stored as the kind that it derives from",
        "a subclass is what it derives from",
        r"subclass\(",
        only("active", "lines"),
    ),
    Difference(
        "every kind of data, with a value that it cannot use",
        "keeps it, and raises when it is added, when the visitor is evaluated, or when the visitor is tracked: of a "
        "request with many visitors all are lost",
        "is read as far as it can be; what cannot is left out, with a line in the log that names argument and value",
        "one wrong value costs no other one",
        rf"({KINDS})\(",
        kept_then_raised,
    ),
    Difference(
        "`Conversion`, `track_conversion`: `metadata` that is no list of custom data",
        "raises `TypeError` or `AttributeError` when the conversion is added",
        "what is no custom datum is left out, with a warning",
        "the conversion counts",
        r"client\.track_conversion\(.*metadata=",
        errors(("TypeError", "AttributeError", "RuntimeError")),
    ),
    Difference(
        "`track_conversion` with a goal or a revenue that cannot be written as text",
        "raises when the visitor is tracked",
        "is left out, with a warning",
        "one wrong value costs no other one",
        r"client\.track_conversion\(",
        kept_then_raised,
    ),
    Difference(
        "`Conversion`, `track_conversion`: a goal that is no whole number (`\"x\"`, `1.5`, `None`)",
        "sends `goalId=x`",
        "the conversion is left out, with a warning",
        "the service knows no such goal",
        r"(Conversion|client\.track_conversion)\(",
        line_without_goal,
    ),
    Difference(
        "`Conversion(\"32\")`, `track_conversion(code, \"32\")`",
        "sends the goal, but no condition on conversions holds for it",
        "is goal 32, also for conditions",
        "what is sent is what counts",
        r"(Conversion|client\.track_conversion)\((visitor, )?(Text\()?'32'",
        only("result", "active"),
    ),
    Difference(
        "`Conversion`, `track_conversion`: a goal of another numeric type (`32.0`, `True`, `\" 7 \"`); a revenue that "
        "is no number; `metadata` without custom data",
        "sends the value's text: `goalId=32.0`, `revenue=x`, `revenue=True`, `metadata={}`",
        "sends the number (`goalId=32`, `revenue=1.0`); a revenue that cannot be read is 0.0, with a warning; no `metadata`",
        "the service reads numbers",
        r"(Conversion|client\.track_conversion)\(",
        only("result", "lines", "active"),
    ),
    Difference(
        "`CustomData(1, 32)`: a value that is no `str`",
        "conditions on text do not hold for it, those on numbers do",
        "counts as the text that is sent: for both",
        "conditions see what the service sees",
        r"CustomData\(1, .*\)",
        only("result", "active"),
    ),
    Difference(
        "`CustomData`: an index beyond 64 bits, `True` and `False` as an index, lone surrogates in a value",
        "sends them as they are",
        "such an index is a name, which does not exist; `True` is 1; surrogates become U+FFFD",
        "the service has no such index",
        r"CustomData\(",
        only("result", "lines"),
    ),
    Difference(
        "`Browser`, `Device`, `OperatingSystem`: a member of another enumeration",
        "sends its name or value",
        "is left out with a warning; a number that is a member's value is that member",
        "the service knows no such browser",
        r"(Browser|Device|OperatingSystem)\((BrowserType\.CHROME|DeviceType\.PHONE|OperatingSystemType\.LINUX)\)",
        only("result", "lines"),
    ),
    Difference(
        "`Browser`: a version, `Geolocation`: a latitude or longitude that is no number",
        "sends the value's text",
        "sends the number that it stands for (`True` is 1.0, `Fraction(3, 2)` is 1.5); else none, with a warning",
        "the service reads numbers",
        r"(Browser\(BrowserType\.CHROME, |Geolocation\('France', (latitude|longitude)=)",
        only("result", "lines"),
    ),
    Difference(
        "`PageView`: referrers that are no list of integers",
        "sends them as JSON of any kind (`3`, `\"x\"`, `[\"3\"]`)",
        "sends a list of integers; a single one is a list of one; what is none is left out, with a warning",
        "the service reads a list of indices",
        r"PageView\('u', 't', ",
        only("result", "lines"),
    ),
    Difference(
        "`PageView`: an empty title that is no `str` (`[]`)",
        "has a title for no condition",
        "is an empty title",
        "the same is sent",
        r"PageView\('u', ",
        only("result", "active"),
    ),
    Difference(
        "every kind of data: its attributes",
        "give the very object that was given",
        "give what was read: `Conversion(\"32\").goal_id` is 32, `Conversion(1, 5).revenue` is 5, `Cookie(jar).cookies` a dict",
        "data are immutable",
        rf"({KINDS})\(",
        only("result"),
    ),
    Difference(
        "`RemoteVisitorDataFilter`: `previous_visit_amount` outside of 1 to 25, or no integer",
        "keeps what was given",
        "is moved to the nearest; what is no integer is 1, with a warning",
        "the service takes 1 to 25",
        r"RemoteVisitorDataFilter\(",
        only("result"),
    ),
    Difference(
        "`KameleoonClientConfig`: an interval or a time-out that is no number",
        "raises `TypeError`, `ValueError` or `OverflowError`",
        "the default, with a warning",
        "as for one that is not positive",
        INTERVALS,
        errors(NUMBERS),
    ),
    Difference(
        "`KameleoonClientConfig`: credentials that are no text",
        "keeps what was given",
        "a number is its text; else `ConfigCredentialsInvalid` is raised",
        "they are sent as text",
        CONFIGURATION,
        lambda case, reference, here: "error" not in reference and raises(here, "ConfigCredentialsInvalid"),
    ),
    Difference(
        "`KameleoonClientConfig`: `top_level_domain`, `network_domain` that are no text",
        "raises `AttributeError` or `TypeError`",
        "is ignored, with a line in the log",
        "as for one that is no domain",
        CONFIGURATION + r".*(top_level_domain|network_domain)",
        errors(("AttributeError", "TypeError")),
    ),
    Difference(
        "`KameleoonClientConfig`: what its properties give",
        "the object that was given; `default_timeout_second` cut down to an integer; `multi_threading` `False`",
        "what was read: a finite number within its bounds, text, `None` for an empty one; `default_timeout_second` is a float; "
        "`multi_threading` is what was given",
        "each says what is in use",
        CONFIGURATION,
        only("result"),
    ),
    Difference(
        "`KameleoonClientFactory.create` with what is no configuration; `get_visitor_code` with cookies that are no mapping",
        "raises `AttributeError`",
        "raises `TypeError`, with the argument's name and what to write instead",
        "the message helps",
        r"KameleoonClientFactory\.create\('s', |client\.get_visitor_code\(",
        errors(("AttributeError",), "TypeError"),
    ),
    Difference(
        "`KameleoonClientFactory.create` with a site code that is no text",
        "raises `TypeError`, or `UnicodeEncodeError` for lone surrogates",
        "counts as its text; an empty one raises `SiteCodeIsEmpty`",
        "one documented exception for a site code that is empty",
        r"KameleoonClientFactory\.create\(",
        lambda case, reference, here: (
            errors(("TypeError", "UnicodeEncodeError"))(case, reference, here) or errors(("TypeError",), "SiteCodeIsEmpty")(case, reference, here)
        ),
    ),
    Difference(
        "`KameleoonClientFactory.create(site_code, 0)`: an empty value as the configuration",
        "raises `AttributeError`",
        "is no configuration: `ConfigFileNotFound` where there is no file",
        "one documented exception",
        r"KameleoonClientFactory\.create\('s', ",
        errors(("AttributeError",), "ConfigFileNotFound"),
    ),
)  # fmt: skip
