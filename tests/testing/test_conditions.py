"""Each kind of condition: a visitor with the datum is targeted, and one without is not; and how conditions combine."""

from __future__ import annotations

import itertools
import json
import re
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from kameleoon import (
    ApplicationVersion,
    Browser,
    BrowserType,
    Conversion,
    Cookie,
    CustomData,
    Device,
    DeviceType,
    Geolocation,
    KameleoonClient,
    KameleoonClientConfig,
    OperatingSystem,
    OperatingSystemType,
    PageView,
    UserAgent,
)
from kameleoon.testing import DataFile, DataFileMistake, Platform, clock
from kameleoon.testing import conditions as of
from kameleoon.testing.conditions import Condition, custom
from kameleoon.types.remote_visitor_data_filter import RemoteVisitorDataFilter

Make = Callable[..., KameleoonClient]
URL = "https://shop.example/product/7"


def on_for(condition: Condition) -> dict[str, Any]:
    """``flag`` is on for whom the condition holds; ``other`` is an experiment that everybody gets ``on`` of."""
    other = DataFile().flag("other").experiment(on=100).ids(20, variations={"on": 22})
    return other.flag("flag").delivery("on").targeting(condition).build()


SOMEBODY = UserAgent("somebody")
WITH_DATA: list[tuple[Condition, list[Any], list[Any]]] = [
    (custom("plan") == "gold", [CustomData("plan", "gold")], [CustomData("plan", "silver")]),
    (custom("plan") != "gold", [CustomData("plan", "silver")], [CustomData("plan", "gold")]),
    (custom(5) == "gold", [CustomData(5, "gold")], [CustomData(4, "gold")]),
    (custom("plan").contains("ol"), [CustomData("plan", "gold")], [CustomData("plan", "silver")]),
    (custom("plan").matches("g..d"), [CustomData("plan", "gold")], [CustomData("plan", "golden")]),
    (custom("age") > 17, [CustomData("age", "18")], [CustomData("age", "17")]),
    (custom("age") < 17.5, [CustomData("age", 17)], [CustomData("age", "18")]),
    (custom("age") == 17, [CustomData("age", "17.0")], [CustomData("age", "18")]),
    (custom("age") >= 17, [CustomData("age", "17")], [CustomData("age", "16")]),
    (custom("age") <= 17, [CustomData("age", "17")], [CustomData("age", "18")]),
    (custom("pro") == True, [CustomData("pro", True)], [CustomData("pro", False)]),  # noqa: E712
    (custom("pro").is_true(), [CustomData("pro", True)], [CustomData("pro", False)]),
    (custom("pro").is_false(), [CustomData("pro", False)], [CustomData("pro", True)]),
    (custom("plan").among("gold", "silver"), [CustomData("plan", "silver")], [CustomData("plan", "iron")]),
    (custom("size").among(1, 2.5), [CustomData("size", 1)], [CustomData("size", True)]),
    (custom("size").among(True, None), [CustomData("size", True)], [CustomData("size", 1)]),
    (custom("plan").is_undefined(), [SOMEBODY], [CustomData("plan", "gold")]),
    (of.page_url == URL, [PageView(URL)], [PageView("https://shop.example/")]),
    (of.page_url != URL, [PageView("https://shop.example/")], [PageView(URL)]),
    (of.page_url.contains("/product/"), [PageView(URL)], [PageView("https://shop.example/")]),
    (of.page_url.matches(r".*/product/\d"), [PageView(URL)], [PageView(URL + "x")]),
    (of.page_url.among("a", "b"), [PageView("b")], [PageView("c")]),
    (of.page_title == "Shop", [PageView(URL, "Shop")], [PageView(URL)]),
    (of.previous_page_url == "a", [PageView("a"), PageView("b")], [PageView("b")]),
    (of.page_views > 1, [PageView("a"), PageView("b")], [PageView("b")]),
    (of.page_views == 1, [PageView("a")], [PageView("a"), PageView("b")]),
    (of.page_views >= 2, [PageView("a"), PageView("b")], [PageView("b")]),
    (of.device == DeviceType.PHONE, [Device(DeviceType.PHONE)], [Device(DeviceType.TABLET)]),
    (of.device != DeviceType.PHONE, [Device(DeviceType.TABLET)], [Device(DeviceType.PHONE)]),
    (of.device.among(DeviceType.PHONE, DeviceType.TABLET), [Device(DeviceType.TABLET)], [Device(DeviceType.DESKTOP)]),
    (of.operating_system == OperatingSystemType.WINDOWS_PHONE, [OperatingSystem(OperatingSystemType.WINDOWS_PHONE)], [OperatingSystem(OperatingSystemType.WINDOWS)]),
    (of.browser == BrowserType.SAFARI, [Browser(BrowserType.SAFARI)], [Browser(BrowserType.OPERA)]),
    (of.browser_version(BrowserType.CHROME) > "120", [Browser(BrowserType.CHROME, 121)], [Browser(BrowserType.CHROME, 120)]),
    (of.browser_version(BrowserType.CHROME) > "120", [Browser(BrowserType.CHROME, 121)], [Browser(BrowserType.OPERA, 121)]),
    (of.application_version > "3.4", [ApplicationVersion("3.4.1")], [ApplicationVersion("3.4")]),
    (of.application_version <= "3.4", [ApplicationVersion("3.4")], [ApplicationVersion("3.5")]),
    (of.application_version == "3.4.0", [ApplicationVersion("3.4")], [ApplicationVersion("3.5")]),
    (of.cookie("group") == "b", [Cookie({"group": "b"})], [Cookie({"groups": "b"})]),
    (of.cookie("group").contains("b"), [Cookie({"group": "abc"})], [Cookie({"group": "a"})]),
    (of.cookie("group", name_is="CONTAINS") == "b", [Cookie({"groups": "b"})], [Cookie({"g": "b"})]),
    (of.cookie("g.*", name_is="REGULAR_EXPRESSION").matches("b+"), [Cookie({"g": "bb"})], [Cookie({"h": "bb"})]),
    (of.geolocation("France"), [Geolocation("FRANCE")], [Geolocation("Spain")]),
    (of.geolocation("France", "Brittany", "Brest"), [Geolocation("France", "Brittany", "Brest")], [Geolocation("France", "Brittany")]),
    (of.converted(7), [Conversion(7)], [Conversion(8)]),
    (of.converted(), [Conversion(8)], [SOMEBODY]),
    (of.converted(7, visits=1), [Conversion(7)], [Conversion(8)]),
    (of.visits_today == 1, [SOMEBODY], None),
    (of.visits == 1, [SOMEBODY], None),
    (of.visits > 1, None, [SOMEBODY]),
    (of.new_visitor, [SOMEBODY], None),
    (of.returning_visitor, None, [SOMEBODY]),
    (of.sdk_language("PYTHON"), [], None),
    (of.sdk_language("JAVA"), None, []),
    (of.sdk_version("PYTHON") >= "3.22.2", [], None),
    (of.sdk_version("PYTHON") < "3.22.2", None, []),
    (of.raw("SOMETHING_NEW"), None, [SOMEBODY]),
    (~of.raw("SOMETHING_NEW", {"size": 3}), [SOMEBODY], None),
]  # fmt: skip


@pytest.mark.parametrize(("condition", "data", "other"), WITH_DATA, ids=[repr(row[0]) for row in WITH_DATA])
def test_with_the_datum_and_without(
    condition: Condition, data: list[Any] | None, other: list[Any] | None, make_client: Make
) -> None:
    client = make_client(on_for(condition))
    for code, given, wanted in (("alice", data, True), ("bob", other, False)):
        if given is not None:
            for datum in given:
                client.add_data(code, datum)
            assert client.is_feature_active(code, "flag") is wanted, client.explain(code, "flag")


@pytest.mark.parametrize("condition", [row[0] for row in WITH_DATA], ids=repr)
def test_explanations_name_the_conditions(condition: Condition, make_client: Make) -> None:
    data_file = on_for(condition)
    explained = str(make_client(data_file).explain("alice", "flag"))
    kinds = set(re.findall(r'"targetingType": "(\w+)"', json.dumps(data_file["segments"])))
    assert kinds and all(kind in explained for kind in kinds), explained


def test_the_visitor_code(make_client: Make) -> None:
    client = make_client(on_for((of.visitor_code == "alice") | of.visitor_code.contains("team-")))
    assert [client.is_feature_active(code, "flag") for code in ("alice", "team-7", "bob")] == [True, True, False]


@pytest.mark.parametrize(
    "condition",
    [of.assigned("other"), of.assigned("other", "on"), of.assigned("other", rule=20, visits=2), of.in_experiment(21), of.in_experiment(21, 22, visits=3)],
    ids=repr,
)  # fmt: skip
def test_assigned_variations(condition: Condition, make_client: Make) -> None:
    client = make_client(on_for(condition))
    assert not client.is_feature_active("alice", "flag")
    client.get_variation("alice", "other")
    assert client.is_feature_active("alice", "flag"), client.explain("alice", "flag")


@pytest.mark.parametrize(
    "condition", [of.in_experiment(21, 23), of.in_experiment(5), of.assigned("other", "off")], ids=repr
)
def test_other_variations_than_those_assigned(condition: Condition, make_client: Make) -> None:
    client = make_client(on_for(condition))
    client.get_variation("alice", "other")
    assert not client.is_feature_active("alice", "flag")


@pytest.mark.parametrize("condition", [of.exclusive(), of.exclusive("ANY", visits=1), of.exclusive_flag], ids=repr)
def test_visitors_in_no_other_experiment(condition: Condition, make_client: Make) -> None:
    client = make_client(on_for(condition))
    client.get_variation("bob", "other")
    assert [client.is_feature_active(code, "flag") for code in ("alice", "bob")] == [True, False]


@pytest.fixture
def remote(request: pytest.FixtureRequest) -> Iterator[tuple[Platform, Callable[[Condition], KameleoonClient]]]:
    """A platform, and clients of it."""
    clients: list[KameleoonClient] = []

    def make(condition: Condition) -> KameleoonClient:
        platform.set_data_file(on_for(condition))
        config = KameleoonClientConfig("id", "secret", endpoint=platform.origin, top_level_domain="shop.example")
        clients.append(KameleoonClient(f"site-{request.node.name}", config))
        assert clients[-1].wait_init()
        return clients[-1]

    with Platform() as platform:
        try:
            yield platform, make
        finally:
            for client in clients:
                client.close()


def visits_before(*days: int, **events: Any) -> dict[str, Any]:
    now = 1_000 * int(time.time())
    started = [now - 86_400_000 * day for day in days]
    return {
        "currentVisit": {"timeStarted": now - 1000, **events},
        "previousVisits": [{"timeStarted": start, "timeLastEvent": start} for start in started],
        "kcs": {"1": {"7": 42}},
    }


REMOTE = [
    (of.personalized(3, visits=2), of.personalized(4, visits=2)),
    (~of.exclusive("PERSONALIZATION"), of.exclusive("PERSONALIZATION")),
    (of.heat(1, 7, lower=40, upper=42), of.heat(1, 7, lower=43, upper=50)),
    (of.visits == 3, of.visits == 1),
    (of.since_first_visit > timedelta(days=4), of.since_first_visit > timedelta(days=6)),
    (of.since_last_visit < timedelta(days=3), of.since_last_visit > timedelta(days=3)),
    (of.returning_visitor, of.new_visitor),
]


@pytest.mark.parametrize(("true", "false"), REMOTE, ids=[repr(row[0]) for row in REMOTE])
def test_what_earlier_visits_say(true: Condition, false: Condition, remote: Any) -> None:
    platform, make = remote
    events = {"personalizationEvents": [{"data": {"id": 3, "variationId": 4}, "time": 1_000 * int(time.time())}]}
    platform.visitor_data["alice"] = visits_before(2, 5, **events)
    wanted = RemoteVisitorDataFilter(previous_visit_amount=5, personalization=True, kcs=True)
    for condition, is_on in ((true, True), (false, False)):
        client = make(condition)
        client.get_remote_visitor_data("alice", data_filter=wanted)
        assert client.is_feature_active("alice", "flag") is is_on, client.explain("alice", "flag")


# How they combine


def terms() -> list[Condition]:
    return [custom(index) == "yes" for index in range(1, 6)]


A, B, C, D, E = terms()
COMBINED: list[tuple[Condition, Callable[..., bool]]] = [
    (A & B & C | D, lambda a, b, c, d, e: (a and b and c) or d),
    (A | B & C, lambda a, b, c, d, e: a or (b and c)),
    ((A | B) & (C | D), lambda a, b, c, d, e: (a or b) and (c or d)),
    ((A | B) & (C | D) & ~E, lambda a, b, c, d, e: (a or b) and (c or d) and not e),
    ((A & B | C) & D | E, lambda a, b, c, d, e: (((a and b) or c) and d) or e),
    (~(A & B) | ~(C | D & E), lambda a, b, c, d, e: not (a and b) or not (c or (d and e))),
    (~~A & ~(~B | ~(C & (D | E))), lambda a, b, c, d, e: a and b and c and (d or e)),
    (A & (B | C & (D | E)), lambda a, b, c, d, e: a and (b or (c and (d or e)))),
    (A & B & C & D & E, lambda a, b, c, d, e: a and b and c and d and e),
    (A | B | C | D | E, lambda a, b, c, d, e: a or b or c or d or e),
]


@pytest.mark.parametrize(("condition", "expected"), COMBINED, ids=[repr(row[0]) for row in COMBINED])
def test_combined_conditions_mean_what_they_mean_in_python(
    condition: Condition, expected: Callable[..., bool], make_client: Make
) -> None:
    client = make_client(on_for(condition))
    for values in itertools.product([False, True], repeat=5):
        code = "".join("ft"[value] for value in values)
        client.add_data(code, SOMEBODY, *(CustomData(n, "yes") for n, value in enumerate(values, 1) if value))
        assert client.is_feature_active(code, "flag") is expected(*values), client.explain(code, "flag")


def test_an_expression_too_large_for_two_levels() -> None:
    clauses = [(custom(2 * n + 1) == "a") & (custom(2 * n + 2) == "b") for n in range(20)]
    condition = clauses[0]
    for clause in clauses[1:]:
        condition = condition | clause
    both = condition & ~condition
    with pytest.raises(
        DataFileMistake, match=r'more than 1000 terms .* hint: give parts of it a name, \.segment\("name"'
    ):
        on_for(both)
    parts = DataFile().segment("half", condition).flag("flag").delivery("on")
    assert parts.targeting(of.segment("half") & ~of.segment("half")).build()


def test_and_instead_of_an_ampersand() -> None:
    with pytest.raises(DataFileMistake, match="combine conditions with &, | and ~, not and, or and not"):
        bool((custom("plan") == "gold") and (custom("age") > 17))
    with pytest.raises(DataFileMistake, match="is asked for its truth"):
        on_for((17 < custom("age") < 30) & A)
    with pytest.raises(TypeError):
        A & True  # type: ignore[operator]


@pytest.mark.parametrize(
    ("write", "message"),
    [
        (lambda: custom("age") > "17", "custom(\"age\") is compared with '17'. hint: it is a number"),
        (lambda: custom("age") > float("inf"), 'custom("age") is compared with inf. hint: it is a number'),
        (lambda: custom("plan") == ["gold"], "custom(\"plan\") is compared with ['gold']. hint: it is a text"),
        (lambda: custom("plan").among(), 'custom("plan").among() is given nothing. hint: name at least one value'),
        (lambda: custom(-1), "custom(-1). hint: an index is 0 or more"),
        (lambda: custom(1.5), "custom(1.5). hint: a custom datum has a name or an index"),
        (lambda: of.device == "PHONE", "device is compared with 'PHONE'. hint: one of DeviceType.PHONE, "),
        (lambda: of.browser_version("CHROME"), "browser_version('CHROME'). hint: one of "),
        (lambda: of.application_version > "3.x", "application_version is compared with '3.x'. hint: a version is a text such as '3.4.1'"),
        (lambda: of.page_views > True, "page_views is compared with True. hint: it is a number"),
        (lambda: of.geolocation(""), "geolocation() has no country. hint: it is needed"),
        (lambda: of.converted(7, visits=0), "visits is 0. hint: the number of visits, 1 for the current one"),
        (lambda: of.exclusive("ALL"), "exclusive('ALL'). hint: one of 'EXPERIMENT', 'PERSONALIZATION', 'ANY'"),
        (lambda: of.heat(1, 2, lower=5, upper=4), "heat() has the lower bound 5, above the upper one, 4. hint: swap them"),
        (lambda: of.heat(1, 2, lower=float("nan"), upper=4), "heat() is compared with nan. hint: it is a number"),
        (lambda: of.heat(1, "2", lower=1, upper=4), "heat() has the id '2'. hint: an id is an int"),
        (lambda: of.converted("7"), "converted() has the id '7'. hint: an id is an int"),
        (lambda: of.in_experiment(1, True), "in_experiment() has the id True. hint: an id is an int"),
        (lambda: of.personalized(1.5), "personalized() has the id 1.5. hint: an id is an int"),
        (lambda: of.geolocation("France", city=75), "geolocation() is compared with 75. hint: it is a text"),
        (lambda: of.sdk_language(3), "sdk_language() is compared with 3. hint: it is a text"),
        (lambda: of.cookie(3), "cookie() is compared with 3. hint: it is a text"),
        (lambda: of.cookie("a", name_is="REGEX"), "cookie(name_is='REGEX'). hint: one of 'EXACT', "),
        (lambda: of.raw("ODD", {"a": {1}}), "raw('ODD', {'a': {1}}) cannot be written: Object of type set "),
        (lambda: custom(""), "custom(''). hint: a name is not empty"),
    ],
)  # fmt: skip
def test_conditions_that_cannot_be(write: Callable[[], object], message: str) -> None:
    with pytest.raises(DataFileMistake, match="^" + re.escape(message)):
        write()


def test_time_passes(make_client: Make) -> None:
    client = make_client(on_for(of.converted(7, visits=1)))
    with clock() as now:
        client.add_data("alice", Conversion(7))
        now.advance(minutes=31)
        assert not client.is_feature_active("alice", "flag")


def test_every_kind_of_the_page_has_a_condition() -> None:
    page = (Path(__file__).parents[2] / "docs" / "targeting.md").read_text(encoding="utf-8")
    table = page.split("## Conditions")[1].split("###")[0]
    kinds = {kind for row in table.splitlines() if row.startswith("| `") for kind in re.findall("`([A-Z_]+)`", row.split("|")[1])}  # fmt: skip
    conditions = [row[0] for row in WITH_DATA] + [condition for pair in REMOTE for condition in pair]
    conditions += [of.visitor_code == "a", of.assigned("other"), of.in_experiment(5), of.exclusive(), of.exclusive_flag]
    written = json.dumps([on_for(condition) for condition in conditions])
    segment = DataFile().segment("a").flag("f").delivery("on").targeting(~of.segment("a")).build()
    assert len(kinds) > 20, "they are found"
    assert {kind for kind in kinds if f'"{kind}"' not in written + json.dumps(segment)} == set()
