"""The visitor in one's hand: it answers as the client does for its code, and its getters never raise."""

from __future__ import annotations

import gc
import logging
import pickle
import re
import threading
import weakref
from typing import Any

import pytest

from kameleoon import CustomData, Device, DeviceType, KameleoonClient, KameleoonClientConfig, Visitor
from kameleoon.exceptions import (
    FeatureEnvironmentDisabled,
    FeatureNotFound,
    FeatureVariableNotFound,
    VisitorCodeInvalid,
)
from kameleoon.testing import Platform
from tests.data_files import data_file, flag, rule, segment, variation

SHARES = [
    {"variationKey": "off", "variationId": 12, "exposition": 0.5},
    {"variationKey": "on", "variationId": 13, "exposition": 0.5},
]
VARIABLES = [
    ("title", "STRING", "Hello"),
    ("amount", "NUMBER", 9),
    ("share", "NUMBER", 0.5),
    ("banner", "BOOLEAN", True),
    ("layout", "JSON", '{"columns": [1, 2]}'),
    ("nothing", "JSON", "null"),
]
PLAN = {"targetingType": "CUSTOM_DATUM", "customDataIndex": "1", "valueMatchType": "EXACT", "value": "gold"}
FLAGS = data_file(
    flag("checkout", 1, [rule(10)], variations=[variation("off"), variation("on", *VARIABLES)]),
    flag("split", 2, [rule(20, type="EXPERIMENTATION", variationByExposition=SHARES)]),
    flag("premium", 3, [rule(30, segmentId=5)]),
    flag("disabled", 4, environmentEnabled=False),
    flag("hidden", 5, [rule(50, exposition=0.0)]),
    flag("constant", 6, []),
    segments=[segment(5, PLAN)],
)


@pytest.fixture
def client(make_client: Any) -> KameleoonClient:
    return make_client(FLAGS)


def test_it_answers_as_the_client_does(client: KameleoonClient) -> None:
    for number in range(50):
        code = f"visitor-{number}"
        visitor = client.visitor(code)
        if number % 2:
            visitor.add(CustomData(1, "gold"), Device(DeviceType.PHONE))
        for key in client.get_feature_list():
            assert visitor.is_active(key) == client.is_feature_active(code, key)
            if key != "disabled":
                assert visitor.variation(key) == client.get_variation(code, key)
        assert visitor.variations() == client.get_variations(code)
        assert visitor.variations(only_active=True) == client.get_variations(code, True)
        assert str(visitor.explain("premium")) == str(client.explain(code, "premium"))
        assert visitor.is_active("premium") == bool(number % 2)


def test_it_raises_what_the_client_raises(client: KameleoonClient) -> None:
    visitor = client.visitor("alice")
    for call in (visitor.is_active, visitor.variation):
        with pytest.raises(FeatureNotFound) as caught:
            call("chekout")
        assert caught.value.hint and "checkout" in caught.value.hint
    with pytest.raises(FeatureEnvironmentDisabled):
        visitor.variation("disabled")
    assert visitor.is_active("disabled") is False
    with pytest.raises(FeatureVariableNotFound) as missing:
        visitor.variable("checkout", "titel")
    assert missing.value.hint and "'title'" in missing.value.hint
    assert visitor.variable("checkout", "titel", None) is None
    for code in ("", "x" * 256, None, 7, "\ud800"):
        with pytest.raises(VisitorCodeInvalid):
            client.visitor(code)  # type: ignore[arg-type]


def test_typed_getters(client: KameleoonClient) -> None:
    visitor = client.visitor("alice")
    assert visitor.text("checkout", "title") == "Hello"
    assert visitor.number("checkout", "amount") == 9
    assert visitor.number("checkout", "share") == 0.5
    assert visitor.flag("checkout", "banner") is True
    assert visitor.json("checkout", "layout") == {"columns": [1, 2]}
    visitor.json("checkout", "layout")["columns"].append(3)
    assert visitor.json("checkout", "layout") == {"columns": [1, 2]}, "each has a copy of its own"
    assert visitor.json("checkout", "nothing", default=7) is None


@pytest.mark.parametrize("key", ["no-such-flag", "disabled", "constant", "", None, 7, "\ud800"])
@pytest.mark.parametrize("variable", ["title", "no-such-variable", None, "\ud800"])
def test_typed_getters_give_the_default_and_raise_nothing(client: KameleoonClient, key: Any, variable: Any) -> None:
    visitor = client.visitor("alice")
    assert visitor.text(key, variable) == ""
    assert visitor.number(key, variable) == 0.0
    assert visitor.flag(key, variable) is False
    assert visitor.json(key, variable) is None
    assert visitor.text(key, variable, default="x") == "x"
    assert visitor.text(key, variable, default=None) is None
    assert visitor.variable(key, variable, default=visitor) is visitor
    details = visitor.details(key, variable or "", default="x")
    assert (details.value, details.error is not None) == ("x", True)


def test_a_value_of_another_type_is_the_default(client: KameleoonClient) -> None:
    visitor = client.visitor("alice")
    assert visitor.text("checkout", "amount", default="x") == "x"
    assert visitor.number("checkout", "title", default=1) == 1
    assert visitor.number("checkout", "banner", default=1) == 1, "a truth is no number"
    assert visitor.flag("checkout", "amount", default=False) is False


def test_what_is_missing_is_logged_once(client: KameleoonClient, caplog: pytest.LogCaptureFixture) -> None:
    visitor = client.visitor("alice")
    with caplog.at_level(logging.WARNING):
        for _ in range(3):
            visitor.number("checkout", "title-of-this-test", default=1)
            visitor.number("flag-of-this-test", "amount", default=1)
            visitor.flag("checkout", "share")
            visitor.text("disabled", "title")
    lines = [record.getMessage() for record in caplog.records]
    assert len(lines) == 3
    assert "'title-of-this-test'" in lines[0] and "'banner'" in lines[0], "it tells which there are"
    assert "'flag-of-this-test'" in lines[1]
    assert "it is 0.5, not a truth" in lines[2]


def test_details_tell_why(client: KameleoonClient) -> None:
    visitor = client.visitor("alice")
    assert visitor.details("checkout").reason == "targeted"
    assert visitor.details("checkout", "title").value == "Hello"
    split = visitor.details("split")
    assert (split.reason, split.rule_id, split.is_split, split.value) == (
        "targeted",
        20,
        True,
        visitor.is_active("split"),
    )
    assert (visitor.details("premium").reason, visitor.details("premium").has_rules) == ("not targeted", True)
    visitor.add(CustomData(1, "gold"))
    premium = visitor.details("premium")
    assert (premium.reason, premium.has_segment, premium.is_split) == ("targeted", True, False)
    assert visitor.details("hidden").reason == "not exposed"
    assert (visitor.details("constant").reason, visitor.details("constant").has_rules) == ("not targeted", False)
    disabled = visitor.details("disabled", default=5)
    assert (disabled.value, disabled.variation, disabled.reason) == (5, None, "disabled")
    assert isinstance(disabled.error, FeatureEnvironmentDisabled)
    unknown = visitor.details("unknown")
    assert (unknown.reason, type(unknown.error)) == ("error", FeatureNotFound)
    client.set_forced_variation("alice", 11, "on")
    assert visitor.details("checkout").reason == "forced"
    # The variation is the client's own, also where an earlier evaluation is remembered.
    for key in ("checkout", "split", "premium", "hidden", "constant"):
        assert visitor.details(key).variation == client.get_variation("alice", key)


def test_details_of_a_holdout_and_a_group(make_client: Any) -> None:
    shares = [{"variationKey": "in-holdout", "variationId": 1, "exposition": 1.0}]
    client = make_client(data_file(flag(), holdout={"experimentId": 9, "variationByExposition": shares}))
    visitor = client.visitor("alice")
    assert [visitor.details("flag").reason for _ in range(3)] == ["holdout"] * 3
    flags = [flag(key, number, [rule(number * 10)], mutuallyExclusiveGroup="g") for number, key in enumerate("ab", 1)]
    client = make_client(data_file(*flags))
    reasons = {client.visitor("alice").details(key).reason for key in "ab"}
    assert reasons == {"targeted", "other flag of the group"}


def test_details_without_consent(make_client: Any) -> None:
    experiment = rule(20, type="EXPERIMENTATION", variationByExposition=SHARES)
    for behavior, error in (("FULLY_BLOCK", FeatureEnvironmentDisabled), ("PARTIALLY_BLOCK", None)):
        configuration = {"consentType": "REQUIRED", "consentOptOutBehavior": behavior}
        visitor = make_client(data_file(flag(rules=[experiment]), configuration=configuration)).visitor("alice")
        assert visitor.consent is None
        visitor.consent = False
        assert visitor.consent is False
        details = visitor.details("flag")
        assert details.reason == "consent refused"
        assert (details.error is None) if error is None else isinstance(details.error, error)
        visitor.consent = True
        assert visitor.details("flag").reason == "targeted"


def test_one_evaluation_for_a_request_sends_what_was_looked_at() -> None:
    with Platform(FLAGS) as platform:
        config = KameleoonClientConfig("id", "secret", endpoint=platform.origin)
        with KameleoonClient("site", config) as client:
            assert client.wait_init(5000)
            visitor = client.visitor("alice")
            flags = visitor.evaluate()
            expected = client.get_variations("alice", track=False)
            assert flags == expected
            assert "checkout" in flags and len(flags) == len(list(flags)) == 5
            platform.set_data_file(data_file())
            assert client.flush(timeout=5)
            assert sent_experiments(platform) == []
            assert flags.is_active("checkout") and flags["checkout"].key == "on"
            assert flags.variable("checkout", "title", "") == "Hello"
            assert flags.variable("split", "title", "none") == "none"
            assert not flags.is_active("disabled") and not flags.is_active("unknown")
            assert flags.seen == {"checkout", "split"}
            assert client.flush(timeout=5)
            assert sorted(sent_experiments(platform)) == [11, 21], "one for each flag that was looked at"
            flags.is_active("checkout")
            assert client.flush(timeout=5)
            assert sorted(sent_experiments(platform)) == [11, 21]


def sent_experiments(platform: Platform) -> list[int]:
    found = (re.search(r"eventType=experiment&id=(\d+)", line) for line in platform.received.lines)
    return [int(match[1]) for match in found if match]


def test_the_visitor_of_a_request(client: KameleoonClient) -> None:
    environ = {"REQUEST_METHOD": "GET", "HTTP_COOKIE": "a=b; kameleoonVisitorCode=alice"}
    scope = {"type": "http", "headers": [(b"cookie", b"kameleoonVisitorCode=alice")]}
    for request in (environ, scope):
        assert client.visitor_from(request).code == "alice"
        assert client.visitor_from({**request, "kameleoon.visitor_code": "bob"}).code == "bob"
    for request in ({"REQUEST_METHOD": "GET"}, {"type": "http", "headers": []}):
        assert len(client.visitor_from(request).code) == 16
    with pytest.raises(TypeError, match="hint: for a visitor code there is client.visitor"):
        client.visitor_from("alice")


def test_it_is_itself(client: KameleoonClient, make_client: Any) -> None:
    visitor = client.visitor("alice")
    assert (visitor.code, visitor.client, repr(visitor)) == ("alice", client, "Visitor('alice')")
    assert visitor == client.visitor("alice") and hash(visitor) == hash(client.visitor("alice"))
    assert visitor != client.visitor("bob") and visitor != make_client(FLAGS).visitor("alice") and visitor != "alice"
    with pytest.raises(TypeError, match="send visitor.code"):
        pickle.dumps(visitor)
    with pytest.raises(TypeError):
        Visitor("no client", "alice")  # type: ignore[arg-type]


def test_a_client_that_holds_its_visitor_is_collected() -> None:
    client: Any = KameleoonClient("site", KameleoonClientConfig.offline(FLAGS))
    client.visitor_of_mine = client.visitor("alice")
    gone = weakref.ref(client)
    del client
    gc.collect()
    assert gone() is None


def test_threads_share_it(client: KameleoonClient) -> None:
    visitor = client.visitor("alice")
    expected = visitor.variation("split")
    wrong: list[object] = []

    def ask() -> None:
        for number in range(2000):
            visitor.add(CustomData(2, str(number)))
            if visitor.variation("split") != expected or visitor.details("split").variation != expected:
                wrong.append(number)

    threads = [threading.Thread(target=ask) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []
