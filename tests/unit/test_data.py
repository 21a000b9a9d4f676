"""The data kinds: immutable, comparable, hashable, picklable, readable."""

from __future__ import annotations

import copy
import inspect
import pickle

import pytest

from kameleoon.data import (
    ApplicationVersion,
    Browser,
    BrowserType,
    Conversion,
    Cookie,
    CustomData,
    Data,
    DataType,
    Device,
    DeviceType,
    Geolocation,
    OperatingSystem,
    OperatingSystemType,
    PageView,
    UniqueIdentifier,
    UserAgent,
)

KINDS = [
    (CustomData(3, "a", "é"), CustomData(3, "a"), DataType.CUSTOM_DATA, "CustomData(3, 'a', 'é')"),
    (
        CustomData("plan", overwrite=False),
        CustomData("plan"),
        DataType.CUSTOM_DATA,
        "CustomData('plan', overwrite=False)",
    ),
    (
        Browser(BrowserType.SAFARI, 10),
        Browser(BrowserType.SAFARI),
        DataType.BROWSER,
        f"Browser({BrowserType.SAFARI!r}, 10)",
    ),
    (Device(DeviceType.PHONE), Device(DeviceType.TABLET), DataType.DEVICE, f"Device({DeviceType.PHONE!r})"),
    (
        OperatingSystem(OperatingSystemType.IOS),
        OperatingSystem(OperatingSystemType.MAC),
        DataType.OPERATING_SYSTEM,
        f"OperatingSystem({OperatingSystemType.IOS!r})",
    ),
    (
        Geolocation("France", "IDF", latitude=48.5),
        Geolocation("France"),
        DataType.GEOLOCATION,
        "Geolocation('France', 'IDF', None, None, 48.5, None)",
    ),
    (PageView("u", "t", [1, 2]), PageView("u"), DataType.PAGE_VIEW, "PageView('u', 't', (1, 2))"),
    (
        Conversion(1, 10, True, [CustomData(1, "m")]),
        Conversion(1, 10.5),
        DataType.CONVERSION,
        "Conversion(1, 10, True, (CustomData(1, 'm'),))",
    ),
    (UserAgent("a"), UserAgent("b"), DataType.USER_AGENT, "UserAgent('a')"),
    (ApplicationVersion("1.2"), ApplicationVersion("1.3"), DataType.APPLICATION_VERSION, "ApplicationVersion('1.2')"),
    (UniqueIdentifier(True), UniqueIdentifier(False), DataType.UNIQUE_IDENTIFIER, "UniqueIdentifier(True)"),
    (Cookie({"a": "b"}), Cookie({}), DataType.COOKIE, "Cookie({'a': 'b'})"),
]


@pytest.mark.parametrize(("datum", "other", "data_type", "shown"), KINDS, ids=[k[3].split("(")[0] for k in KINDS])
def test_every_kind_is_a_value(datum: Data, other: Data, data_type: DataType, shown: str) -> None:
    assert isinstance(datum, Data)
    again = pickle.loads(pickle.dumps(datum))
    assert again == datum == copy.deepcopy(datum)
    assert type(again) is type(datum)
    assert datum != other
    assert datum != 5
    assert datum.data_type is data_type
    assert repr(datum) == shown
    if not isinstance(datum, Cookie):
        assert len({datum, again, other}) == 2
    else:
        with pytest.raises(TypeError, match="unhashable"):
            hash(datum)
    with pytest.raises(AttributeError):
        datum.anything = 1  # type: ignore[attr-defined]


def test_numbers_stay_what_they_were() -> None:
    assert repr(Browser(BrowserType.CHROME, 10).version) == "10"
    assert repr(Browser(BrowserType.CHROME, 10.0).version) == "10.0"
    assert repr(Conversion(1).revenue) == "0.0"
    assert repr(Conversion(1, 5).revenue) == "5"


def test_what_is_handed_out_is_a_copy() -> None:
    cookie, view, conversion = Cookie({"a": "b"}), PageView("u", "t", [1]), Conversion(1, metadata=[CustomData(1, "x")])
    cookie.cookies.clear()
    view.referrers.append(2)
    conversion.metadata.clear()
    assert cookie.cookies == {"a": "b"}
    assert view.referrers == [1]
    assert conversion.metadata == [CustomData(1, "x")]


def test_enums_accept_their_values() -> None:
    assert Browser(0).browser_type is BrowserType.CHROME
    assert Device("PHONE").device_type is DeviceType.PHONE
    assert Device("TABLET") == Device(DeviceType.TABLET)


def test_users_may_subclass() -> None:
    class Plan(CustomData):
        def __new__(cls, plan: str) -> Plan:
            return super().__new__(cls, "plan", plan)

    assert isinstance(Plan("gold"), Data)
    assert Plan("gold").values == ("gold",)


def test_custom_data_takes_its_arguments_as_python_functions_do() -> None:
    assert CustomData(index_or_name=3) == CustomData(3)
    assert CustomData("plan", "a", overwrite=0).overwrite is False
    assert str(inspect.signature(CustomData)) == "(index_or_name, *values, overwrite=True)"
    for arguments, keywords, complaint in [
        ((), {}, "index_or_name"),
        ((1,), {"index_or_name": 2}, "index_or_name"),
        ((1,), {"values": 2}, "values"),
    ]:
        with pytest.raises(TypeError, match=complaint):
            CustomData(*arguments, **keywords)
