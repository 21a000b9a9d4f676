"""Data files written with ``DataFile``: what clients, the platform and snapshots make of them, and what is refused."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable
from datetime import datetime, timezone
from typing import Any

import pytest

from kameleoon import CustomData, KameleoonClient, KameleoonClientConfig
from kameleoon.batch import Snapshot
from kameleoon.exceptions import FeatureEnvironmentDisabled
from kameleoon.testing import DataFile, DataFileMistake, Platform
from kameleoon.testing.conditions import assigned, custom, page_url, segment, visitor_code
from kameleoon.testing.data_file import css, js

Make = Callable[..., KameleoonClient]
CODES = [f"visitor-{number}" for number in range(2000)]


def checkout() -> Any:
    return DataFile().flag("checkout").variations(off={"amount": 1}, on={"amount": 9})


def test_a_client_takes_it(make_client: Make) -> None:
    client = make_client(checkout().experiment(50, 50).targeting(custom("plan") == "gold").build())
    assert client.get_variation("alice", "checkout").key == "off"
    for code in CODES:
        client.add_data(code, CustomData("plan", "gold"))
    shares = Counter(client.get_variation(code, "checkout").key for code in CODES)
    assert 900 < shares["on"] < 1100
    assert shares["on"] + shares["off"] == 2000


def test_the_platform_and_snapshots_take_it() -> None:
    data_file = checkout().delivery("on").build()
    assert Snapshot(data_file).flag_keys == ["checkout"]
    with Platform(data_file) as platform:
        config = KameleoonClientConfig("id", "secret", endpoint=platform.origin, top_level_domain="shop.example")
        client = KameleoonClient("site", config)
        try:
            assert client.wait_init()
            assert client.get_variation("alice", "checkout").variables["amount"].value == 9
        finally:
            client.close()


def test_ids_are_the_same_each_time_and_those_of_other_flags_do_not_move() -> None:
    one = DataFile().flag("a").experiment(50, 50).flag("b").experiment(50, 50)
    more = DataFile().flag("a").experiment(50, 50).delivery("on").flag("b").experiment(50, 50)
    assert one.build() == one.build()
    assert one.build()["featureFlags"][1] == more.build()["featureFlags"][1]
    rule = one.build()["featureFlags"][1]["rules"][0]
    assert (rule["id"], rule["experimentId"]) == (2100, 2101)
    assert [share["variationId"] for share in rule["variationByExposition"]] == [2102, 2103]


def test_ids_can_be_given() -> None:
    built = DataFile().flag("a", id=7).experiment(50, 50).ids(10, experiment=20, variations={"on": None}).build()
    flag = built["featureFlags"][0]
    assert (flag["id"], flag["rules"][0]["id"], flag["rules"][0]["experimentId"]) == (7, 10, 20)
    assert [share["variationId"] for share in flag["rules"][0]["variationByExposition"]] == [21, None]
    given = DataFile().flag("a").experiment(50, 50).ids(variations=[5, 6]).build()["featureFlags"][0]["rules"][0]
    assert [share["variationId"] for share in given["variationByExposition"]] == [5, 6]


def test_ids_are_unique_in_large_files() -> None:
    wide: Any = DataFile()
    for number in range(30):
        wide = wide.flag(f"flag-{number}").variations(*(f"v{index}" for index in range(150)))
        for _ in range(12):
            wide = wide.experiment(v0=50, v1=50)
        wide = wide.experiment(dict.fromkeys([f"v{index}" for index in range(150)], 0.5))
    rules = [rule for flag in wide.build()["featureFlags"] for rule in flag["rules"]]
    for ids in (
        [rule["id"] for rule in rules],
        [rule["experimentId"] for rule in rules],
        [share["variationId"] for rule in rules for share in rule["variationByExposition"]],
    ):
        assert len(ids) == len(set(ids))


def test_one_file_may_be_the_beginning_of_several() -> None:
    base = DataFile().flag("a")
    on, off = base.delivery("on"), base.delivery("off")
    assert base.build()["featureFlags"][0]["rules"] == []
    assert [file.build()["featureFlags"][0]["rules"][0]["variationByExposition"][0]["variationKey"] for file in (on, off)] == ["on", "off"]  # fmt: skip


def test_what_was_built_belongs_to_its_caller() -> None:
    written = DataFile().segment("all", custom("plan") == "gold").flag("a")
    whole = written.build()
    whole["featureFlags"][0]["variations"].clear()
    whole["segments"][0]["conditionsData"]["firstLevel"].clear()
    assert written.build() != whole
    assert len(written.build()["featureFlags"][0]["variations"]) == 2


def test_variables_of_each_type(make_client: Make) -> None:
    values = {"text": "a", "number": 1.5, "bool": True, "json": {"a": [1, None]}, "list": [1], "css": css("b{}"), "js": js("f()")}  # fmt: skip
    client = make_client(DataFile().flag("a").variations({"on": values}).build())
    variables = client.get_variation("alice", "a").variables
    assert {key: variable.type for key, variable in variables.items()} == {
        "text": "STRING",
        "number": "NUMBER",
        "bool": "BOOLEAN",
        "json": "JSON",
        "list": "JSON",
        "css": "CSS",
        "js": "JS",
    }
    assert {key: variable.value for key, variable in variables.items()} == {**values, "css": "b{}", "js": "f()"}


def test_rules_in_their_order_and_expositions(make_client: Make) -> None:
    built = (
        DataFile()
        .flag("a").variations("off", "red", "blue")
        .delivery("red").targeting(visitor_code == "alice")
        .experiment(blue=100).exposition(30).respool(17)
        .build()
    )  # fmt: skip
    client = make_client(built)
    assert client.get_variation("alice", "a").key == "red"
    shares = Counter(client.get_variation(code, "a").key for code in CODES)
    assert 500 < shares["blue"] < 700
    assert shares["red"] == 0
    assert built["featureFlags"][0]["rules"][1]["respoolTime"] == 17


def test_default_variations(make_client: Make) -> None:
    client = make_client(
        DataFile()
        .flag("a")
        .flag("b")
        .variations("red", "blue")
        .flag("c")
        .variations("red", "off")
        .default("red")
        .build()
    )
    assert [client.get_variation("alice", key).key for key in "abc"] == ["off", "red", "red"]


def test_disabled_flags(make_client: Make) -> None:
    client = make_client(DataFile().flag("a").disabled().delivery("on").build())
    with pytest.raises(FeatureEnvironmentDisabled):
        client.get_variation("alice", "a")


def test_holdout_and_groups(make_client: Make) -> None:
    held = make_client(DataFile().holdout(30).flag("a").delivery("on").build())
    assert 500 < sum(not held.is_feature_active(code, "a") for code in CODES) < 700
    group = DataFile().flag("a").group("g").delivery("on").flag("b").group("g").delivery("on")
    client = make_client(group.build())
    assert all(client.is_feature_active(code, "a") != client.is_feature_active(code, "b") for code in CODES)


def test_bucketing_by_a_custom_datum(make_client: Make) -> None:
    client = make_client(DataFile().flag("a").bucketing("household").experiment(50, 50).build())
    for code in CODES[:100]:
        client.add_data(code, CustomData("household", "ours"))
    assert len({client.get_variation(code, "a").key for code in CODES[:100]}) == 1


def test_consent(make_client: Make) -> None:
    fully = make_client(DataFile().consent(blocks="FULLY").flag("a").experiment(on=100).build())
    fully.set_legal_consent("alice", False)
    with pytest.raises(FeatureEnvironmentDisabled):
        fully.get_variation("alice", "a")
    partially = make_client(DataFile().consent().flag("a").experiment(on=100).build())
    partially.set_legal_consent("alice", False)
    assert partially.get_variation("alice", "a").key == "off"
    assert DataFile().consent(required=False).build()["configuration"]["consentType"] == "NOT_REQUIRED"


def test_custom_data_that_are_declared(make_client: Make) -> None:
    written = (
        DataFile()
        .custom_data("plan", 3, id=33, scope="VISITOR", local_only=True)
        .custom_data("user", mapping_identifier=True)
        .flag("a")
        .delivery("on")
        .targeting(custom("plan") == "gold")
    )
    assert written.build()["customData"] == [
        {"index": 3, "id": 33, "name": "plan", "scope": "VISITOR", "localOnly": True},
        {"index": 2, "id": 102, "name": "user", "isMappingIdentifier": True},
    ]
    client = make_client(written.build())
    client.add_data("code", CustomData(3, "gold"))
    client.add_data("code", CustomData("user", "alice"))
    assert client.is_feature_active("alice", "a")


def test_named_segments_and_audiences(make_client: Make) -> None:
    written = (
        DataFile()
        .segment("gold", custom("plan") == "gold", audience=True, id=70)
        .segment("everybody")
        .flag("a").delivery("on").targeting(segment("gold"))
        .flag("b").delivery("on").targeting(segment("everybody") & ~segment("gold"))
    )  # fmt: skip
    built = written.build()
    assert [found["audienceTracking"] for found in built["segments"]] == [True, False, False]
    assert built["featureFlags"][0]["rules"][0]["segmentId"] == 70
    client = make_client(built)
    client.add_data("alice", CustomData("plan", "gold"))
    assert [client.is_feature_active("alice", key) for key in "ab"] == [True, False]
    assert [client.is_feature_active("bob", key) for key in "ab"] == [False, True]


def test_settings_of_the_whole() -> None:
    built = DataFile().real_time_updates().data_api_domain("data.example").modified(5).build()
    assert built["configuration"] == {"realTimeUpdate": True, "dataApiDomain": "data.example"}
    assert built["dateModified"] == 5
    assert DataFile().modified(datetime(2026, 1, 1, tzinfo=timezone.utc)).build()["dateModified"] == 1_767_225_600_000


GOLD = custom("plan") == "gold"
MISTAKES: list[tuple[Callable[[], object], str]] = [
    (lambda: DataFile().flag("a").experiment(60, 50), "the shares of an experiment of flag 'a' add up to 110 %. hint: they are percents, and of 100 at most"),
    (lambda: DataFile().flag("a").experiment(-1, 50), "the share of 'off' in an experiment of 'a' is -1 %. hint: a number of percent from 0 to 100"),
    (lambda: DataFile().flag("a").experiment(50, 40, 10), "an experiment of flag 'a' has 3 shares for 2 variations. hint: one each for 'off', 'on', or by key, as in .experiment(on=10)"),
    (lambda: DataFile().flag("a").experiment(50, on=50), "an experiment of flag 'a' has shares with and without keys. hint: use one of them"),
    (lambda: DataFile().flag("a").experiment(), "an experiment of flag 'a' has no shares. hint: such as .experiment(50, 50)"),
    (lambda: DataFile().flag("a").variations("off", "green").experiment(gren=50), "flag 'a' has no variation 'gren'; did you mean 'green'?"),
    (lambda: DataFile().flag("a").delivery("onn"), "flag 'a' has no variation 'onn'; did you mean 'on'?"),
    (lambda: DataFile().flag("a").default("zzz"), "flag 'a' has no variation 'zzz'; there is 'off', 'on'"),
    (lambda: DataFile().flag("a").variations(off={"amount": 1}, on={"amout": 1}), "variation 'off' of flag 'a' has no variable 'amout'; did you mean 'amount'? hint: variation(…, partial=True) is one that lacks some"),
    (lambda: DataFile().flag("a").variations(off={"a": 1, "b": 2}, on={"a": 1}), "variation 'on' of flag 'a' has no variable 'b'; there is 'a'. hint: variation(…, partial=True) is one that lacks some"),
    (lambda: DataFile().flag("a").variations(off={"a": 1}, on={"a": "1"}), "variable 'a' is of type STRING in variation 'on' of flag 'a', and of type NUMBER in 'off'. hint: a variable has one type"),
    (lambda: DataFile().flag("a").variations(off={"a": {1}}), "variable 'a' of variation 'off' of flag 'a' has a value of type set. hint: a bool, number, text, mapping or list, or css(…), js(…)"),
    (lambda: DataFile().flag("a").variations(off={"a": float("nan")}), "variable 'a' of variation 'off' of flag 'a' cannot be written: Out of range float values are not JSON compliant"),
    (lambda: DataFile().flag("a").variations(off=3), "variation 'off' of flag 'a' is 3. hint: variables are a mapping, such as {\"amount\": 9}"),
    (lambda: DataFile().flag("a").variations("off", "off"), "flag 'a' has a variation 'off' already. hint: one key is one variation"),
    (lambda: DataFile().flag("a").delivery("on").variations("red"), "flag 'a' has rules before its variation 'red'. hint: variations come first"),
    (lambda: DataFile().flag("a").flag("a"), "the data file has a flag 'a' already. hint: one key is one flag"),
    (lambda: DataFile().flag(""), "a flag has the key ''. hint: a key is a text, and not empty"),
    (lambda: DataFile().flag("a", id=5).flag("b", id=5), "flag 'b' has the id 5 of flag 'a'. hint: ids are unique"),
    (lambda: DataFile().flag("a").delivery("on").ids(5).delivery("on").ids(5), "a rule of flag 'a' has the id 5, which another one has. hint: ids are unique"),
    (lambda: DataFile().flag("a").experiment(50, 50).ids(variations=[1]), "1 variation ids for 2 shares of a rule of flag 'a'"),
    (lambda: DataFile().flag("a").delivery("on").exposition(101), "the exposition of a rule is 101 %. hint: a number of percent from 0 to 100"),
    (lambda: DataFile().flag("a").delivery("on").targeting(GOLD).targeting(GOLD), "a rule of flag 'a' is targeted twice. hint: combine conditions with & in one .targeting(…)"),
    (lambda: DataFile().flag("a").delivery("on").targeting(True), "a rule of flag 'a' has the condition True. hint: such as custom(\"plan\") == \"gold\", of kameleoon.testing.conditions"),
    (lambda: DataFile().flag("a").delivery("on").targeting(assigned("b")), "the data file has no flag 'b'; there is 'a'. hint: flags come before the conditions that ask for them"),
    (lambda: DataFile().flag("a").delivery("on").targeting(assigned("a", "onn")), "flag 'a' has no variation 'onn'; did you mean 'on'?"),
    (lambda: DataFile().flag("a").delivery("on").targeting(assigned("a", rule=5)), "flag 'a' has no rule 5; there is '1100'. hint: its id"),
    (lambda: DataFile().segment("premium").flag("a").delivery("on").targeting(segment("premum")), "the data file has no segment 'premum'; did you mean 'premium'? hint: segments come before the conditions that ask for them"),
    (lambda: DataFile().segment("a", segment("a")), "the data file has no segment 'a'; there is none. hint: segments come before the conditions that ask for them"),
    (lambda: DataFile().flag("a").delivery("on").targeting(None), "a rule of flag 'a' has the condition None. hint: such as custom("),  # type: ignore[arg-type]
    (lambda: DataFile().flag("a").experiment(50, 50).ids(variations={"on": 1102}), "variation 'on' of a rule of flag 'a' has the id 1102, which another one has. hint: ids are unique"),
    (lambda: DataFile().segment("a").segment("a"), "the data file has a segment 'a' already. hint: one name is one segment"),
    (lambda: DataFile().custom_data("plan").flag("a").delivery("on").targeting(custom("plen") == "gold"), "the data file has no custom datum 'plen'; did you mean 'plan'? hint: a data file that declares custom data declares all, before they are used"),
    (lambda: DataFile().segment("a", GOLD).custom_data("age"), "custom datum 'age' is declared after a condition has named 'plan'. hint: declare them first"),
    (lambda: DataFile().custom_data("a", 1).custom_data("b", 1), "custom datum 'b' has the index 1 of 'a'. hint: indices are unique"),
    (lambda: DataFile().custom_data("a", mapping_identifier=True).custom_data("b", mapping_identifier=True), "custom datum 'b' is a mapping identifier, as 'a' is. hint: there is one at most"),
    (lambda: DataFile().custom_data("a", 0).flag("f").bucketing("a"), "custom datum 'a' has the index 0. hint: give it another one: 0 counts as none where it is hashed"),
    (lambda: DataFile().holdout(5).holdout(5), "the data file has a holdout already. hint: there is one at most"),
    (lambda: DataFile().holdout(150), "the share of the holdout is 150 %. hint: a number of percent from 0 to 100"),
    (lambda: page_url.matches("("), "page_url has the pattern '(': missing ), unterminated subpattern at position 0. hint: as re.fullmatch takes it"),
]  # fmt: skip


@pytest.mark.parametrize(("write", "message"), MISTAKES, ids=[message for _, message in MISTAKES])
def test_what_cannot_be_is_refused_where_it_is_written(write: Callable[[], object], message: str) -> None:
    with pytest.raises(DataFileMistake) as caught:
        write()
    assert str(caught.value).partition(": nan")[0].startswith(message)


def test_decimal_shares_add_up() -> None:
    for shares in ([33.4, 33.3, 33.3], [0.1, 99.9, 0], [14.3, 28.6, 57.1]):
        DataFile().flag("a").variations("a", "b", "c").experiment(*shares).build()


def test_it_is_json() -> None:
    assert json.loads(json.dumps(checkout().experiment(1, 2).build())) == checkout().experiment(1, 2).build()


def test_a_variation_that_lacks_some_variables_may_come_first_or_last() -> None:
    flag = DataFile().flag("a")
    few, more = {"amount": 1}, {"amount": 9, "title": "x"}
    first = flag.variation("off", few, partial=True).variation("on", more).build()
    last = flag.variation("on", more).variation("off", few, partial=True).build()
    for built in (first, last):
        variables = {each["key"]: len(each["variables"]) for each in built["featureFlags"][0]["variations"]}
        assert variables == {"off": 1, "on": 2}
