"""Hypothesis strategies: data files, visitors and their data. Needs Hypothesis (``pip install hypothesis``); see
docs/testing-data-files.md#strategies.

>>> from hypothesis import find
>>> find(visitor_codes(), lambda code: len(code) > 2)
'000'
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Literal, NamedTuple

from hypothesis import strategies as st

from kameleoon.data import (
    ApplicationVersion,
    Browser,
    BrowserType,
    Conversion,
    Cookie,
    CustomData,
    Data,
    Device,
    DeviceType,
    Geolocation,
    OperatingSystem,
    OperatingSystemType,
    PageView,
    UniqueIdentifier,
    UserAgent,
)
from kameleoon.testing import conditions as of
from kameleoon.testing._data_file_parts import VariableValue, css, js
from kameleoon.testing.data_file import DataFile, DataFileFlag

__all__ = ["GeneratedVisitor", "conditions", "data", "data_files", "flag_keys", "visitor_codes", "visitors"]

# What conditions ask for and visitors have is drawn from the same few, so that both are equal often enough.
_INDICES = st.integers(1, 4)
_GOALS = st.integers(1, 3)
_WORDS = st.sampled_from(["", "a", "ab", "gold", "true", "1", "10.5", "é", "日本", "https://shop.example/a?b=1"])
_TEXTS = st.one_of(_WORDS, st.text(st.characters(codec="utf-8"), max_size=20))
_NUMBERS = st.one_of(st.integers(-3, 20), st.floats(-1e9, 1e9))
_VERSIONS = st.lists(st.integers(0, 30), min_size=1, max_size=3).map(lambda parts: ".".join(map(str, parts)))
_COUNTRIES = st.sampled_from(["France", "germany", "ESPAÑA"])
_PATTERNS = st.one_of(st.sampled_from([".*", "[a-z]+", r"\d+(\.\d+)?", "(a|ab)b?"]), _WORDS.map(re.escape))
_COOKIES = st.sampled_from(["a", "group"])
_VISITS = st.one_of(st.none(), st.integers(1, 3))


class GeneratedVisitor(NamedTuple):
    """A visitor that a strategy has made: its ``code``, and the ``data`` to be added.

    >>> visitor = GeneratedVisitor("alice", [])
    >>> client.add_data(visitor.code, *visitor.data)
    """

    code: str
    data: list[Data]


def visitor_codes() -> st.SearchStrategy[str]:
    """Visitor codes that clients take: texts of 1 to 255 characters.

    >>> from hypothesis import find
    >>> find(visitor_codes(), lambda code: True)
    '0'
    """
    return st.text(st.characters(codec="utf-8"), min_size=1, max_size=255)


def data() -> st.SearchStrategy[Data]:
    """Data of each kind that ``KameleoonClient.add_data`` takes.

    >>> from hypothesis import find
    >>> find(data(), lambda datum: isinstance(datum, Device)).device_type
    <DeviceType.PHONE: 'PHONE'>
    """
    custom = st.builds(
        lambda index, values, overwrite: CustomData(index, *values, overwrite=overwrite),
        st.one_of(_INDICES, _INDICES.map(lambda index: f"custom{index}")),
        st.lists(st.one_of(_TEXTS, _NUMBERS.map(str)), max_size=3),
        st.booleans(),
    )
    return st.one_of(
        custom,
        st.builds(Conversion, _GOALS, st.floats(0, 1e6), st.booleans(), st.lists(custom, max_size=2)),
        st.builds(Browser, st.sampled_from(BrowserType), st.one_of(st.none(), st.floats(0, 200))),
        st.builds(Device, st.sampled_from(DeviceType)),
        st.builds(OperatingSystem, st.sampled_from(OperatingSystemType)),
        st.builds(Geolocation, _COUNTRIES, st.one_of(st.none(), _TEXTS), st.one_of(st.none(), _TEXTS)),
        st.builds(PageView, _TEXTS.filter(bool), st.one_of(st.none(), _TEXTS)),
        st.builds(Cookie, st.dictionaries(_COOKIES, _TEXTS)),
        st.builds(UserAgent, _TEXTS),
        st.builds(ApplicationVersion, st.one_of(_VERSIONS, _TEXTS)),
        st.builds(UniqueIdentifier, st.booleans()),
    )


def visitors() -> st.SearchStrategy[GeneratedVisitor]:
    """Visitors: a code, and up to ten data.

    >>> from hypothesis import find
    >>> find(visitors(), lambda visitor: True)
    GeneratedVisitor(code='0', data=[])
    """
    return st.builds(GeneratedVisitor, visitor_codes(), st.lists(data(), max_size=10))


def conditions() -> st.SearchStrategy[of.Condition]:
    """Conditions that refer to nothing, for ``DataFile``, combined with ``&``, ``|`` and ``~``.

    >>> from hypothesis import find
    >>> find(conditions(), lambda condition: condition is of.new_visitor)
    new_visitor
    """
    return st.recursive(
        _terms(),
        lambda inner: st.one_of(
            st.builds(lambda left, right: left & right, inner, inner),
            st.builds(lambda left, right: left | right, inner, inner),
            inner.map(lambda condition: ~condition),
        ),
        max_leaves=6,
    )


def _terms() -> st.SearchStrategy[of.Condition]:
    datum = st.builds(of.custom, st.one_of(_INDICES, _INDICES.map(lambda index: f"custom{index}")))
    text = st.one_of(
        datum,
        st.sampled_from([of.page_url, of.page_title, of.previous_page_url, of.visitor_code]),
        st.builds(of.cookie, _COOKIES),
    )
    number = st.one_of(datum, st.sampled_from([of.page_views, of.visits, of.visits_today]))
    version = st.one_of(
        st.just(of.application_version),
        st.builds(of.browser_version, st.sampled_from(BrowserType)),
        st.builds(of.sdk_version, st.sampled_from(["PYTHON", "JAVA"])),
    )
    return st.one_of(
        st.sampled_from([of.new_visitor, of.returning_visitor, of.exclusive_flag]),
        st.builds(lambda operand, value: operand == value, text, _TEXTS),
        st.builds(lambda operand, value: operand.contains(value), text, _TEXTS),
        st.builds(lambda operand, value: operand.matches(value), text, _PATTERNS),
        st.builds(lambda operand, value: operand > value, number, _NUMBERS),
        st.builds(lambda operand, value: operand < value, number, _NUMBERS),
        st.builds(lambda operand, value: operand == value, number, _NUMBERS),
        st.builds(lambda operand, value: operand > value, version, _VERSIONS),
        st.builds(lambda operand, value: operand == value, version, _VERSIONS),
        st.builds(lambda operand, values: operand.among(*values), datum, st.lists(_TEXTS, min_size=1, max_size=3)),
        st.builds(lambda operand: operand.is_undefined(), datum),
        st.builds(lambda operand: operand.is_true(), datum),
        st.sampled_from(DeviceType).map(lambda kind: of.device == kind),
        st.sampled_from(OperatingSystemType).map(lambda kind: of.operating_system == kind),
        st.sampled_from(BrowserType).map(lambda kind: of.browser == kind),
        st.builds(of.geolocation, _COUNTRIES, st.one_of(st.none(), _WORDS), st.one_of(st.none(), _WORDS)),
        st.builds(lambda goal, visits: of.converted(goal, visits=visits), st.one_of(st.none(), _GOALS), _VISITS),
        st.builds(lambda visits: of.exclusive("ANY", visits=visits), _VISITS),
        st.builds(lambda low, more: of.heat(1, 1, lower=low, upper=low + more), _NUMBERS, st.integers(0, 20)),
        st.integers(0, 10**9).map(lambda time: of.since_first_visit > time),
        st.integers(0, 10**9).map(lambda time: of.since_last_visit < time),
    )


_VALUES: dict[str, st.SearchStrategy[VariableValue]] = {
    "text": _TEXTS,
    "number": _NUMBERS,
    "bool": st.booleans(),
    "json": st.dictionaries(_WORDS, st.one_of(st.none(), st.booleans(), _NUMBERS, _TEXTS), max_size=3),
    "css": st.builds(css, _WORDS),
    "js": st.builds(js, _WORDS),
}


def data_files(*, flags: int = 5) -> st.SearchStrategy[dict[str, Any]]:
    """Data files as ``DataFile.build`` gives them, of 1 to ``flags`` flags (``flag0``, ``flag1``, …): experiments and
    deliveries, targeted or not, expositions, groups, a holdout, consent, custom data (``custom1`` to ``custom4``),
    variables of each type, segments that refer to others, disabled flags.

    >>> from hypothesis import given, settings
    >>> @settings(max_examples=20, deadline=None)
    ... @given(data_files())
    ... def test_an_answer_is_always_there(data_file):
    ...     with KameleoonClient("site", KameleoonClientConfig.offline(data_file)) as client:
    ...         assert isinstance(client.is_feature_active("visitor", "flag0"), bool)
    >>> test_an_answer_is_always_there()
    """
    return _data_files(flags)


def flag_keys(data_file: Mapping[str, Any]) -> st.SearchStrategy[str]:
    """The keys of a data file's flags, which has to have some.

    >>> from hypothesis import find
    >>> from kameleoon.testing import DataFile
    >>> find(flag_keys(DataFile().flag("a").flag("b").build()), lambda key: key > "a")
    'b'
    """
    keys = [flag["featureKey"] for flag in data_file["featureFlags"]]
    if not keys:
        raise ValueError("the data file has no flags. hint: data_files() makes some with at least one")
    return st.sampled_from(keys)


@st.composite
def _data_files(draw: st.DrawFn, flags: int) -> dict[str, Any]:
    file = DataFile()
    for index in range(1, 5):
        scope: Literal["VISITOR", "VISIT"] = "VISITOR" if draw(st.booleans()) else "VISIT"
        file = file.custom_data(f"custom{index}", index, scope=scope, local_only=index == 3)
    names: list[str] = []
    for number in range(draw(st.integers(0, 3))):
        condition = draw(conditions())
        if draw(st.booleans()) and names:
            condition &= of.segment(draw(st.sampled_from(names)))
        file = file.segment(f"segment{number}", condition, audience=draw(st.booleans()))
        names.append(f"segment{number}")
    if draw(st.booleans()):
        file = file.holdout(draw(st.integers(0, 100)))
    if draw(st.booleans()):
        file = file.consent(blocks=draw(st.sampled_from(["PARTIALLY", "FULLY"])))
    for number in range(draw(st.integers(1, flags))):
        file = _flag(draw, file.flag(f"flag{number}"), names)
    return file.build()


def _flag(draw: st.DrawFn, flag: DataFileFlag, segments: list[str]) -> DataFileFlag:
    keys: list[str] = draw(st.sampled_from([["off", "on"], ["off", "on", "red"], ["été", "on", "off"]]))
    variables: set[str] = draw(st.sets(st.sampled_from(sorted(_VALUES)), max_size=3))
    for key in keys:
        flag = flag.variation(key, {name: draw(_VALUES[name]) for name in sorted(variables)})
    if draw(st.booleans()):
        flag = flag.default(draw(st.sampled_from(keys)))
    if draw(st.integers(0, 4)) == 4:
        flag = flag.disabled()
    if draw(st.integers(0, 3)) == 3:
        flag = flag.group("group")
    if draw(st.integers(0, 3)) == 3:
        flag = flag.bucketing("custom1")
    for _ in range(draw(st.integers(0, 3))):
        if draw(st.booleans()):
            rule = flag.delivery(draw(st.sampled_from(keys)))
        else:
            rule = flag.experiment(*([draw(st.sampled_from([10, 100 / len(keys)]))] * len(keys)))
        if draw(st.booleans()):
            rule = rule.exposition(draw(st.integers(0, 100)))
        if draw(st.booleans()):
            rule = rule.respool(draw(st.integers(0, 2_000_000_000)))
        if draw(st.booleans()):
            named = [st.sampled_from(segments).map(of.segment)] if segments else []
            rule = rule.targeting(draw(st.one_of(conditions(), *named)))
        flag = rule
    return flag
