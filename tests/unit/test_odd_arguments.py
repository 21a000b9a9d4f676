"""Arguments that are not of the proper type: as the reference client takes them, or as ``docs/migrating.md`` says."""

from __future__ import annotations

import copy
import pickle
import sys
from typing import Any

import pytest

from kameleoon.data import (
    ApplicationVersion,
    Browser,
    BrowserType,
    Conversion,
    CustomData,
    Data,
    Device,
    DeviceType,
    Geolocation,
    OperatingSystem,
    OperatingSystemType,
    PageView,
    UserAgent,
)
from kameleoon.testing import Platform
from kameleoon.types.remote_visitor_data_filter import RemoteVisitorDataFilter
from tests.data_files import data_file, flag, targeted_by
from tests.differential.arguments import compare, table


@pytest.mark.slow
def test_what_differs_from_the_reference_is_what_is_documented() -> None:
    assert compare.undocumented(compare.recorded(), compare.ask(sys.executable, "candidate")) == ([], [])


def test_a_difference_that_is_not_documented_would_be_found() -> None:
    reference = compare.recorded()
    changed = {**reference, "Conversion(32)": {"error": "KeyError"}}
    unknown, stale = compare.undocumented(reference, changed)
    assert [line.splitlines()[0] for line in unknown] == ["Conversion(32)"]
    assert len(stale) > 20, "nothing else differs here"


def test_the_page_has_the_table() -> None:
    page = table.PAGE.read_text(encoding="utf-8")
    assert table.written(page) == page, "run python -m tests.differential.arguments.table"


READ = [
    (Conversion("32"), Conversion(32)),
    (Conversion(1.0), Conversion(1)),
    (Conversion(1, "49"), Conversion(1, 49)),
    (Conversion(1, "49.90"), Conversion(1, 49.9)),
    (Conversion(1, None), Conversion(1)),
    (Conversion(1, metadata=CustomData(1, "a")), Conversion(1, metadata=[CustomData(1, "a")])),
    (Geolocation("FR", latitude="48.8"), Geolocation("FR", latitude=48.8)),
    (Geolocation("FR", postalCode="75"), Geolocation("FR", postal_code="75")),
    (Geolocation("FR", city=None), Geolocation("FR")),
    (Browser(BrowserType.CHROME, "120"), Browser(BrowserType.CHROME, 120)),
    (Browser(browser=BrowserType.CHROME), Browser(BrowserType.CHROME)),
    (Browser("CHROME"), Browser(BrowserType.CHROME)),
    (Device(device=DeviceType.PHONE), Device(DeviceType.PHONE)),
    (OperatingSystem(os="LINUX"), OperatingSystem(OperatingSystemType.LINUX)),
    (PageView("u", "t", ["3"]), PageView("u", "t", [3])),
    (PageView("u", "t", 3), PageView("u", "t", [3])),
    (CustomData(id=1), CustomData(1)),
    (CustomData(index=1), CustomData(1)),
    (CustomData(1, True, None, 5), CustomData(1, "true", "null", "5")),
    (UserAgent(b"Mozilla"), UserAgent("Mozilla")),
    (UserAgent(None), UserAgent("")),
]  # fmt: skip


@pytest.mark.parametrize(("odd", "proper"), READ, ids=[repr(proper) for _, proper in READ])
def test_what_can_be_read_is_read(odd: Data, proper: Data) -> None:
    assert odd == proper
    assert repr(odd) == repr(proper)


LEFT_OUT = [
    (lambda: Conversion("x"), "Conversion: goal_id: expected an integer, got str 'x'; the conversion is left out"),
    (lambda: Conversion(1, [5]), "Conversion: revenue: expected a number, got list [5]; it is left out"),
    (lambda: Conversion(1, metadata=["a"]), "Conversion: metadata: expected a CustomData, got str 'a'; it is left out"),
    (lambda: Geolocation("FR", latitude="x"), "Geolocation: latitude: expected a number, got str 'x'; it is left out"),
    (lambda: Browser(BrowserType.CHROME, "x"), "Browser: version: expected a number, got str 'x'; it is left out"),
    (lambda: Browser("NETSCAPE"), "Browser: browser_type: expected a BrowserType (CHROME, INTERNET_EXPLORER, FIREFOX, "
     "SAFARI, OPERA, OTHER), got str 'NETSCAPE'; the datum is left out"),
    (lambda: Device(5), "Device: device_type: expected a DeviceType (PHONE, TABLET, DESKTOP), got int 5; the datum is left out"),
    (lambda: PageView("u", "t", "x"), "PageView: referrers: expected a list of integers, got str 'x'; it is left out"),
    (lambda: PageView("u", "t", [1, "x"]), "PageView: referrers: expected an integer, got str 'x'; it is left out"),
    (lambda: RemoteVisitorDataFilter("x"), "previous_visit_amount: expected an integer, got 'x'; 1 is used"),
]  # fmt: skip


@pytest.mark.parametrize(("make", "line"), LEFT_OUT, ids=[line.split(";")[0] for _, line in LEFT_OUT])
def test_what_cannot_be_read_is_left_out_and_named_in_the_log(log: Any, make: Any, line: str) -> None:
    made = make()
    assert line in log
    if isinstance(made, Data):
        assert type(pickle.loads(pickle.dumps(made))) is type(made)


def test_a_datum_that_holds_nothing_is_ignored_and_logged(make_client: Any, log: Any) -> None:
    client = make_client(targeted_by({"targetingType": "DEVICE_TYPE", "device": "PHONE"}))
    client.add_data("v", Browser("NETSCAPE"), Device(DeviceType.PHONE))
    assert "add_data: a Browser holds nothing" in log
    assert client.is_feature_active("v", "flag"), "the others are stored"


@pytest.mark.parametrize(
    ("arguments", "sent"),
    [
        (("32",), "goalId=32&revenue=0.0"),
        ((1, "49"), "goalId=1&revenue=49"),
        ((1.0, 5), "goalId=1&revenue=5"),
        ((1, None), "goalId=1&revenue=0.0"),
    ],
)
def test_conversions_are_tracked_as_numbers(arguments: tuple[Any, ...], sent: str) -> None:
    from kameleoon import KameleoonClientConfig
    from kameleoon.kameleoon_client import KameleoonClient

    with Platform(data_file(flag())) as platform:
        config = KameleoonClientConfig("id", "secret", endpoint=platform.origin)
        with KameleoonClient("site", config) as client:
            assert client.wait_init()
            client.track_conversion("v", *arguments)
            client.track_conversion("v", "no goal")
            assert client.flush(timeout=20)
        conversions = [line for line in platform.received.lines if "eventType=conversion" in line]
        assert len(conversions) == 1
        assert sent in conversions[0]


class Plan(CustomData):
    """A kind of a user's own, with arguments of its own."""

    def __init__(self, plan: str, *, since: int = 0) -> None:
        super().__init__("plan", plan)
        self.since = since


class Place(Geolocation):
    def __init__(self, place: dict[str, Any]) -> None:
        super().__init__(**place)


class Release(ApplicationVersion):
    def __init__(self, *parts: int) -> None:
        super().__init__(".".join(map(str, parts)))


class Named(CustomData):
    """One with a ``__new__``, as before."""

    def __new__(cls, value: str) -> Named:
        return super().__new__(cls, 3, value)

    def __init__(self, value: str) -> None:
        self.value = value


class Empty(Device):
    def __init__(self) -> None:
        pass


SUBCLASSES = [
    (Plan("gold", since=5), "Plan('plan', 'gold')"),
    (Place({"country": "FR", "latitude": "48.8"}), "Place('FR', None, None, None, 48.8, None)"),
    (Release(1, 2), "Release('1.2')"),
    (Named("x"), "Named(3, 'x')"),
]


@pytest.mark.parametrize(("datum", "shown"), SUBCLASSES, ids=[shown for _, shown in SUBCLASSES])
def test_a_subclass_may_have_an_init_of_its_own(datum: Data, shown: str) -> None:
    assert repr(datum) == shown
    if isinstance(datum, Named):
        return  # its ``__new__`` does not take what it makes
    for again in (pickle.loads(pickle.dumps(datum)), copy.deepcopy(datum), copy.copy(datum)):
        assert again == datum
        assert vars(again) == vars(datum)


def test_pickling_needs_no_new_of_its_own() -> None:
    plan = pickle.loads(pickle.dumps(Plan("gold", since=5)))
    assert (plan.values, plan.since) == (("gold",), 5)


def test_data_of_subclasses_count(make_client: Any) -> None:
    condition = {"targetingType": "CUSTOM_DATUM", "customDataIndex": "2", "valueMatchType": "EXACT", "value": "gold"}
    client = make_client(targeted_by(condition, customData=[{"index": 2, "id": 9, "name": "plan"}]))
    client.add_data("v", Plan("silver"))
    assert not client.is_feature_active("v", "flag")
    client.add_data("v", Plan("gold"))
    assert client.is_feature_active("v", "flag")


def test_a_subclass_that_never_calls_our_init_holds_nothing(make_client: Any, log: Any) -> None:
    make_client(data_file(flag())).add_data("v", Empty())
    assert "add_data: a Empty holds nothing" in log


def test_an_init_of_a_datum_that_is_made_changes_nothing() -> None:
    datum = CustomData(1, "a")
    CustomData.__init__(datum, 2, "b")  # type: ignore[misc]
    assert datum == CustomData(1, "a")
    plan = Plan("gold")
    Plan.__init__(plan, "silver")
    assert plan.values == ("gold",)


@pytest.mark.parametrize(
    "wrong",
    [
        Browser,
        lambda: Browser(BrowserType.CHROME, 1, 2),
        lambda: Browser(BrowserType.CHROME, browser=BrowserType.CHROME),
        lambda: Device(kind=DeviceType.PHONE),
        CustomData,
        lambda: CustomData(1, "a", index=1),
        lambda: Geolocation("FR", postal_code="1", postalCode="2"),
    ],
)
def test_too_few_too_many_and_unknown_arguments_are_refused(wrong: Any) -> None:
    with pytest.raises(TypeError, match="argument"):
        wrong()
