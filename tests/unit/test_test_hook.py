"""The hook that ``kameleoon.testing`` is built on: every call that evaluates asks it, and tells it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from kameleoon import CustomData, KameleoonClient
from kameleoon._native import set_test_hook, shift_clock
from kameleoon.exceptions import FeatureEnvironmentDisabled, FeatureNotFound, VisitorCodeInvalid
from kameleoon.types.variable import Variable
from kameleoon.types.variation import Variation
from tests.data_files import data_file, flag

BLUE = Variation("blue", 5, 6, {"color": Variable("color", "STRING", "navy")})


class Hook:
    """Overrides ``new`` and disables ``gone``."""

    def __init__(self) -> None:
        self.told: list[Any] = []

    def override(self, client: KameleoonClient, visitor_code: str, feature_key: str) -> Any:
        return {"new": BLUE, "gone": False}.get(feature_key)

    def overrides(self, client: KameleoonClient, visitor_code: str) -> dict[str, Any]:
        return {"new": BLUE, "gone": False}

    def exposed(self, client: KameleoonClient, visitor_code: str, feature_key: str, variation: Variation) -> None:
        self.told.append((visitor_code, feature_key, variation.key))

    def converted(self, client: KameleoonClient, visitor_code: str, *conversion: Any) -> None:
        self.told.append((visitor_code, *conversion))


@pytest.fixture
def hook() -> Iterator[Hook]:
    hook = Hook()
    set_test_hook(hook)
    yield hook
    set_test_hook(None)


def test_overrides_reach_every_call(make_client: Any, hook: Hook) -> None:
    client = make_client(data_file(flag("flag"), flag("gone", 2)))
    visitor = client.visitor("alice")
    assert client.get_variation("alice", "new") == visitor.variation("new") == BLUE
    assert client.is_feature_active("alice", "new") and visitor.is_active("new")
    assert not client.is_feature_active("alice", "gone") and not visitor.is_active("gone")
    for call in (client.get_variation, client.get_feature_variation_key):
        with pytest.raises(FeatureEnvironmentDisabled):
            call("alice", "gone")
    assert client.get_feature_variation_key("alice", "new") == "blue"
    assert client.get_feature_variable("alice", "new", "color") == visitor.text("new", "color") == "navy"
    keys = {key: variation.key for key, variation in client.get_variations("alice").items()}
    assert keys == {"flag": "on", "new": "blue"}
    assert visitor.variations() == client.get_variations("alice") == client.get_active_features("alice")
    assert client.get_active_feature_list_for_visitor("alice") == ["flag", "new"]
    assert visitor.details("new").reason == "overridden"
    assert visitor.details("gone").reason == "disabled"
    assert visitor.evaluate()["new"] == BLUE
    with pytest.raises(FeatureNotFound):
        client.get_variation("alice", "unknown")
    with pytest.raises(VisitorCodeInvalid):
        client.get_variation("", "new")


def test_what_is_tracked_is_told(make_client: Any, hook: Hook) -> None:
    client = make_client(data_file(flag("flag")))
    visitor = client.visitor("bob")
    client.is_feature_active("alice", "flag")
    client.get_variation("alice", "new")
    client.get_variation("alice", "flag", track=False)
    client.get_variations("alice")
    client.get_active_features("alice")
    visitor.text("flag", "color")
    visitor.details("flag")
    visitor.details("new", track=False)
    visitor.evaluate().is_active("flag")
    client.track_conversion("alice", 7, 5.0, None, True)
    visitor.convert(8, metadata=[CustomData(1, "x")])
    alice, bob = ("alice", "flag", "on"), ("bob", "flag", "on")
    new = ("alice", "new", "blue")
    assert hook.told[:7] == [alice, new, alice, new, bob, bob, bob]
    assert hook.told[7:] == [("alice", 7, 5.0, True, None), ("bob", 8, None, False, [CustomData(1, "x")])]


def test_what_a_hook_raises_reaches_the_caller(make_client: Any) -> None:
    class Broken(Hook):
        def override(self, *args: Any) -> Any:
            raise LookupError("no such variation")

    set_test_hook(Broken())
    try:
        with pytest.raises(LookupError, match="no such variation"):
            make_client(data_file(flag("flag"))).is_feature_active("alice", "flag")
    finally:
        set_test_hook(None)


def test_the_clock_is_shifted(make_client: Any) -> None:
    client = make_client(data_file(flag("flag")))
    client.get_variation("alice", "flag")
    assert "assignVariation" in client.get_engine_tracking_code("alice"), "what was assigned within 5 s"
    shift_clock(4_000)
    shift_clock(4_000)
    try:
        assert "assignVariation" not in client.get_engine_tracking_code("alice")
    finally:
        shift_clock(None)
    assert "assignVariation" in client.get_engine_tracking_code("alice")
