"""``flags``: what each method of a client answers, where overrides hold, and what is a mistake."""

from __future__ import annotations

import contextlib
import copy
import pickle
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from kameleoon import KameleoonClient, KameleoonClientConfig
from kameleoon.exceptions import FeatureEnvironmentDisabled, FeatureNotFound, VisitorCodeInvalid
from kameleoon.testing import NotInDataFile, Platform, disabled, flags, off, on, variables, variation
from tests.data_files import data_file, flag, rule
from tests.data_files import variation as of_file
from tests.integration.conftest import eventually
from tests.testing.conftest import shop

VISITORS = [f"visitor {number}" for number in range(20)]

# What each method answers


def test_a_variation_is_the_data_files_own(client: KameleoonClient) -> None:
    with flags(client, banner="blue"):
        for code in ("alice", "bob", "carol", "dave"):
            found = client.get_variation(code, "banner")
            assert (found.key, found.name, found.id_, found.experiment_id) == ("blue", "BLUE", 33, 31)
            assert found.variables["size"].value == 4
    assert {client.get_variation(code, "banner").key for code in VISITORS} == {"red", "blue"}


def test_every_method_of_a_client_answers_so(client: KameleoonClient) -> None:
    with flags(client, new_checkout=variation("off", amount=9), banner="red", old_search=on):
        assert client.is_feature_active("alice", "new-checkout") is False
        assert client.is_feature_active("alice", "old-search") is True
        assert client.get_variation("alice", "new-checkout").key == "off"
        assert {key: found.key for key, found in client.get_variations("alice").items()} == {
            "new-checkout": "off",
            "banner": "red",
            "old-search": "on",
        }
        assert sorted(client.get_variations("alice", only_active=True)) == ["banner", "old-search"]
        assert sorted(client.get_active_features("alice")) == ["banner", "old-search"]
        assert sorted(client.get_active_feature_list_for_visitor("alice")) == ["banner", "old-search"]
        assert client.get_feature_variation_key("alice", "banner") == "red"
        assert client.get_feature_variable("alice", "new-checkout", "amount") == 9
    assert client.is_feature_active("alice", "new-checkout") is True
    assert sorted(client.get_variations("alice")) == ["banner", "new-checkout"]


def test_the_visitors_handle_answers_so(client: KameleoonClient) -> None:
    visitor = client.visitor("alice")
    with flags(client, new_checkout=variation("off", amount=9, page_title="Nine"), banner=disabled):
        assert visitor.is_active("new-checkout") is False
        assert visitor.variation("new-checkout").key == "off"
        assert visitor.variable("new-checkout", "amount") == 9
        assert visitor.number("new-checkout", "amount") == 9
        assert visitor.text("new-checkout", "page-title") == "Nine"
        assert list(visitor.variations()) == ["new-checkout"]
        assert visitor.details("new-checkout", "amount").value == 9
        assert visitor.details("banner").error is not None
        assert visitor.text("banner", "size", "none") == "none"
        with pytest.raises(FeatureEnvironmentDisabled):
            visitor.variation("banner")
        evaluations = visitor.evaluate()
        assert evaluations.variation("new-checkout").key == "off"
    assert visitor.variation("new-checkout").key == "on"


def test_a_disabled_flag_is_as_if_it_were_disabled_in_the_environment(client: KameleoonClient) -> None:
    with flags(client, new_checkout=disabled):
        assert client.is_feature_active("alice", "new-checkout") is False
        with pytest.raises(FeatureEnvironmentDisabled, match="new-checkout"):
            client.get_variation("alice", "new-checkout")
        assert list(client.get_variations("alice")) == ["banner"]
        assert list(client.get_active_features("alice")) == ["banner"]


@pytest.mark.parametrize(
    ("value", "key"), [("on", "on"), (on, "on"), (True, "on"), ("off", "off"), (off, "off"), (False, "off")]
)
def test_values(client: KameleoonClient, value: Any, key: str) -> None:
    with flags(client, new_checkout=value):
        assert client.get_variation("alice", "new-checkout").key == key


def test_what_is_overridden_is_neither_saved_nor_forced_later(client: KameleoonClient) -> None:
    own = client.get_variation("alice", "banner").key
    other = "red" if own == "blue" else "blue"
    with flags(client, banner=other):
        assert client.get_variation("alice", "banner").key == other
        assert client.get_engine_tracking_code("bob") == "window.kameleoonQueue=window.kameleoonQueue||[];"
        client.get_variation("bob", "banner")
        assert client.get_engine_tracking_code("bob") == "window.kameleoonQueue=window.kameleoonQueue||[];"
    assert client.get_variation("alice", "banner").key == own


def test_a_visitor_code_that_is_none_is_refused_all_the_same(client: KameleoonClient) -> None:
    with flags(new_checkout="on"), pytest.raises(VisitorCodeInvalid):
        client.is_feature_active("", "new-checkout")


# Variables


def test_variables_of_the_variation_that_the_visitor_has(client: KameleoonClient) -> None:
    own = {code: client.get_variation(code, "banner", track=False).key for code in VISITORS}
    assert set(own.values()) == {"red", "blue"}
    with flags(client, banner=variables(size=10)):
        for code, key in own.items():
            found = client.get_variation(code, "banner")
            assert (found.key, found.variables["size"].value, found.variables["size"].type) == (key, 10, "NUMBER")
            assert found.experiment_id == 31


def test_variables_that_are_not_overridden_stay(client: KameleoonClient) -> None:
    with flags(client, new_checkout=variation("off", page_title="Other")):
        found = client.get_variation("alice", "new-checkout").variables
        assert {key: variable.value for key, variable in found.items()} == {"amount": 1, "page-title": "Other"}


def test_variables_of_an_overridden_variation(client: KameleoonClient) -> None:
    with flags(client, new_checkout="off"), flags(client, new_checkout=variables({"page-title": "Inner"}, amount=5)):
        found = client.get_variation("alice", "new-checkout")
        assert (found.key, found.variables["amount"].value, found.variables["page-title"].value) == ("off", 5, "Inner")


def test_variables_of_a_disabled_flag_leave_it_disabled(
    client: KameleoonClient, make_client: Callable[..., KameleoonClient]
) -> None:
    with_variables = data_file(flag("old", variations=[of_file("on", ("a", "NUMBER", 1))], environmentEnabled=False))
    other = make_client(with_variables)
    with flags(other, old=variables(a=2)):
        assert other.get_variations("alice") == {}
        with pytest.raises(FeatureEnvironmentDisabled):
            other.get_variation("alice", "old")
    with flags(client, new_checkout=disabled), flags(client, new_checkout=variables(amount=5)):
        assert client.is_feature_active("alice", "new-checkout") is False


def test_asking_for_the_own_variation_saves_nothing(client: KameleoonClient) -> None:
    with flags(client, banner=variables(size=10)):
        client.get_variation("bob", "banner")
    assert client.get_engine_tracking_code("bob") == "window.kameleoonQueue=window.kameleoonQueue||[];"


@pytest.mark.parametrize(
    ("value", "kind"),
    [(True, "BOOLEAN"), (1, "NUMBER"), (1.5, "NUMBER"), ("text", "STRING"), ({"a": [1]}, "JSON"), ([1], "JSON")],
)
def test_types_without_a_data_file(bare: KameleoonClient, value: Any, kind: str) -> None:
    with flags(bare, price=variables(amount=value)):
        variable = bare.get_variation("alice", "price").variables["amount"]
        assert (variable.value, variable.type) == (value, kind)


def test_json_is_given_out_anew(bare: KameleoonClient) -> None:
    given = {"list": [1]}
    with flags(bare, price=variation("on", table=given)):
        bare.get_variation("alice", "price").variables["table"].value["list"].append(2)
        assert bare.get_variation("alice", "price").variables["table"].value == {"list": [1]}
    assert given == {"list": [1]}


# Names


def test_underscores_stand_for_hyphens_where_the_key_has_them(make_client: Callable[..., KameleoonClient]) -> None:
    client = make_client(data_file(flag("a-b", 1, []), flag("a_b", 2, []), flag("c-d_e", 3, [])))
    with flags(client, a_b="on", c_d_e="on"):
        assert {key: found.key for key, found in client.get_variations("alice").items()} == {
            "a-b": "off",
            "a_b": "on",
            "c-d_e": "on",
        }
    with flags(client, {"a-b": "on"}):
        assert client.is_feature_active("alice", "a-b")
        assert not client.is_feature_active("alice", "a_b")
    with pytest.raises(NotInDataFile, match="did you mean 'c-d_e'"):
        flags(client, {"c_d_e": "on"}).__enter__()


def test_flags_may_have_the_names_of_parameters(bare: KameleoonClient) -> None:
    with flags(client="on", values="on", self="on"), flags(bare, {"kind": variation("on", key=1, values=2)}):
        assert all(bare.is_feature_active("alice", key) for key in ("client", "values", "self", "kind"))
        assert sorted(bare.get_variation("alice", "kind").variables) == ["key", "values"]


# Without a data file


def test_without_a_data_file_everything_is_accepted(bare: KameleoonClient) -> None:
    with flags(new_checkout="on", banner=variation("any", size=1), old=disabled):
        assert bare.is_feature_active("alice", "new-checkout")
        assert bare.is_feature_active("alice", "new_checkout")
        found = bare.get_variation("alice", "banner")
        assert (found.key, found.id_, found.experiment_id, found.variables["size"].value) == ("any", None, None, 1)
        assert bare.is_feature_active("alice", "old") is False
        with pytest.raises(FeatureEnvironmentDisabled):
            bare.get_variation("alice", "old")
        assert sorted(bare.get_variations("alice")) == ["banner", "new_checkout"]
        with pytest.raises(FeatureNotFound):
            bare.get_variation("alice", "other")
    with pytest.raises(FeatureNotFound):
        bare.get_variation("alice", "new-checkout")


def test_a_client_that_waits_for_its_data_file_needs_none() -> None:
    config = KameleoonClientConfig("id", "secret", endpoint="http://127.0.0.1:9")
    with KameleoonClient("site", config) as client, flags(client, new_checkout="on"):
        assert not client.is_ready()
        assert client.is_feature_active("alice", "new-checkout")
        client.close(0)


# Mistakes


@pytest.mark.parametrize(
    ("override", "message"),
    [
        (
            {"new_chekout": "on"},
            r"there is no flag 'new_chekout' in the data file of KameleoonClient\(.*'new-checkout'\?",
        ),
        ({"banner": "blu"}, "flag 'banner' has no variation 'blu' in the data file of .*; did you mean 'blue'"),
        ({"banner": on}, "flag 'banner' has no variation 'on' in .*"),
        ({"banner": variables(sise=1)}, "flag 'banner' has no variable 'sise' in .*; did you mean 'size'"),
        (
            {"banner": variation("off", size=1)},
            "variation 'off' of 'banner' has no variable 'size' in .*; there is none",
        ),
        ({"zzz": "on"}, "; there is 'new-checkout', 'banner', 'old-search'"),
    ],
)
def test_what_the_data_file_does_not_have_is_told_where_it_stands(
    client: KameleoonClient, override: Any, message: str
) -> None:
    with pytest.raises(NotInDataFile, match=message):
        flags(client, **override).__enter__()
    with flags(**override), pytest.raises(NotInDataFile, match=message):
        client.is_feature_active("alice", "new-checkout")
    with flags(**override), pytest.raises(NotInDataFile, match=message):
        client.get_variations("alice")
    assert client.is_feature_active("alice", "new-checkout")


def test_a_data_file_that_comes_later_is_looked_at_then() -> None:
    with Platform() as platform:
        config = KameleoonClientConfig("id", "secret", endpoint=platform.origin, refresh_interval_minute=0.2 / 60)
        with KameleoonClient("site", config) as client, flags(client, banner="blue", new_checkout="on"):
            assert client.is_feature_active("alice", "banner")
            platform.set_data_file(shop())
            eventually(client.get_feature_list)
            assert client.get_variation("alice", "banner").id_ == 33
            without_blue = shop()
            without_blue["featureFlags"][1]["variations"].pop()
            platform.set_data_file(without_blue)

            def is_refused() -> bool:
                try:
                    client.get_variation("alice", "banner")
                except NotInDataFile as error:
                    return "flag 'banner' has no variation 'blue'" in str(error)
                return False

            eventually(is_refused)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("new-checkout",), "expected a KameleoonClient or a mapping, got str"),
        (({}, {}), "a client comes before the mapping"),
        (({"a": 1},), "'a': expected an override, got int 1. hint: the key of a variation"),
        (({"a": None},), "'a': expected an override, got NoneType"),
    ],
)
def test_what_is_no_override(arguments: Any, message: str) -> None:
    with pytest.raises(TypeError, match=message):
        flags(*arguments)


def test_a_variation_has_a_key() -> None:
    with pytest.raises(TypeError, match="expected the key of a variation, got int"):
        variation(1)  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="expected a function or a class to decorate, got int"):
        flags(a="on")(1)  # type: ignore[type-var]


def test_they_show_what_they_are(bare: KameleoonClient) -> None:
    shown = flags({"a-b": variation("on", {"c-d": 1}, e=2)}, f=variables(g=3), h=disabled, i=off)
    assert repr(shown) == (
        "flags({'a-b': variation('on', {'c-d': 1}, e=2)}, f=variables(g=3), h=disabled, i=variation('off'))"
    )
    assert repr(flags(bare, a="on").in_every_thread) == f"flags({bare!r}, a=variation('on')).in_every_thread"


# Blocks


def test_blocks_nest_flag_by_flag(client: KameleoonClient) -> None:
    def found() -> dict[str, str]:
        return {key: variation.key for key, variation in client.get_variations("alice").items()}

    own = found()
    with flags(new_checkout="off", old_search="on"):
        outer = found()
        assert outer == {**own, "new-checkout": "off", "old-search": "on"}
        with flags(client, new_checkout="on", banner="blue"):
            assert found() == {"new-checkout": "on", "banner": "blue", "old-search": "on"}
            with flags(old_search=disabled):
                assert found() == {"new-checkout": "on", "banner": "blue"}
        assert found() == outer
    assert found() == own


def test_one_client_or_all(client: KameleoonClient, make_client: Callable[..., KameleoonClient]) -> None:
    other = make_client(shop())
    with flags(client, new_checkout="off"):
        assert [one.is_feature_active("alice", "new-checkout") for one in (client, other)] == [False, True]
        with flags(other, new_checkout="off"):
            assert [one.is_feature_active("alice", "new-checkout") for one in (client, other)] == [False, False]
    with flags(new_checkout="off"):
        assert [one.is_feature_active("alice", "new-checkout") for one in (client, other)] == [False, False]


def test_the_same_overrides_again_and_inside_of_themselves(client: KameleoonClient) -> None:
    overrides = flags(client, new_checkout="off")
    for _ in range(2):
        with overrides:
            with overrides:
                assert not client.is_feature_active("alice", "new-checkout")
            assert not client.is_feature_active("alice", "new-checkout")
        assert client.is_feature_active("alice", "new-checkout")


def test_an_exception_in_the_block_ends_it_and_goes_on(client: KameleoonClient) -> None:
    with pytest.raises(ZeroDivisionError), flags(client, new_checkout="off"):
        _ = 1 / 0
    assert client.is_feature_active("alice", "new-checkout")


def test_a_block_in_a_generator_ends_with_it(client: KameleoonClient) -> None:
    def numbers() -> Iterator[int]:
        with flags(client, new_checkout="off"):
            yield 1
            yield 2

    generator = numbers()
    next(generator)
    with flags(client, banner="blue"):
        generator.close()  # not the last block that began
        assert client.is_feature_active("alice", "new-checkout")
        assert client.get_variation("alice", "banner").key == "blue"
    assert client.is_feature_active("alice", "new-checkout")


def test_blocks_may_end_in_any_order(client: KameleoonClient) -> None:
    first, second = contextlib.ExitStack(), contextlib.ExitStack()
    first.enter_context(flags(client, new_checkout="off"))
    second.enter_context(flags(client, new_checkout="on"))
    first.close()
    assert client.is_feature_active("alice", "new-checkout")
    first.enter_context(flags(client, new_checkout="off"))
    second.close()
    assert not client.is_feature_active("alice", "new-checkout")
    first.close()
    assert client.is_feature_active("alice", "new-checkout")


def test_answers_are_as_good_as_a_clients_own(client: KameleoonClient) -> None:
    with flags(client, new_checkout=variables(amount=9)):
        found = client.get_variation("alice", "new-checkout")
    assert found == copy.deepcopy(found) == pickle.loads(pickle.dumps(found))
    assert found.to_dict()["variables"]["amount"] == {"key": "amount", "type": "NUMBER", "value": 9}


def test_many_evaluations_look_at_the_data_file_once(make_client: Callable[..., KameleoonClient]) -> None:
    client = make_client(data_file(*(flag(f"flag-{number}", number, [rule(number * 10)]) for number in range(1, 500))))
    with flags(flag_7="off"):
        assert sum(client.is_feature_active(f"visitor {number}", "flag-7") for number in range(5_000)) == 0
