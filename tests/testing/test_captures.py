"""``exposures`` and ``conversions``: what is captured, and what it can be asked."""

from __future__ import annotations

import threading
from collections.abc import Callable

import pytest

from kameleoon import Conversion, CustomData, KameleoonClient, KameleoonClientConfig
from kameleoon.testing import (
    Exposure,
    Platform,
    TrackedConversion,
    conversions,
    disabled,
    exposures,
    flags,
    variation,
)
from tests.testing.conftest import shop


def test_what_is_tracked_is_captured(client: KameleoonClient) -> None:
    with exposures() as seen:
        client.is_feature_active("alice", "new-checkout")
        client.get_variation("bob", "new-checkout")
        client.get_variation("bob", "new-checkout", track=False)
        client.is_feature_active("alice", "old-search")
        client.explain("carol", "new-checkout")
        client.get_active_features("dave")
        client.get_feature_variable("erin", "new-checkout", "amount")
    client.is_feature_active("after", "new-checkout")
    assert seen == [
        Exposure("alice", "new-checkout", "on"),
        ("bob", "new-checkout", "on"),
        ("erin", "new-checkout", "on"),
    ]


def test_a_call_for_all_flags_is_an_exposure_to_each(client: KameleoonClient) -> None:
    with exposures() as seen:
        found = client.get_variations("alice")
    assert sorted(seen) == [("alice", "banner", found["banner"].key), ("alice", "new-checkout", "on")]


def test_what_is_overridden_is_captured_too(client: KameleoonClient, bare: KameleoonClient) -> None:
    with exposures() as seen, flags(new_checkout=variation("off"), old_search=disabled):
        client.is_feature_active("alice", "new-checkout")
        client.is_feature_active("alice", "old-search")
        bare.get_variation("bob", "new-checkout")
    assert seen == [("alice", "new-checkout", "off"), ("bob", "new-checkout", "off")]


def test_filters(client: KameleoonClient) -> None:
    with exposures() as seen, flags(banner="red"):
        for code in ("alice", "bob", "alice"):
            client.get_variation(code, "banner")
        client.get_variation("alice", "new-checkout")
    assert seen.of("banner") == [Exposure(code, "banner", "red") for code in ("alice", "bob", "alice")]
    assert seen.by("alice").variation_keys == ["red", "red", "on"]
    assert seen.of("banner").by("bob") == (("bob", "banner", "red"),)
    assert seen.of("banner").visitor_codes == ["alice", "bob", "alice"]
    assert seen.of("other") == [] == seen.by("nobody")
    assert not seen.of("other")
    assert seen.by("alice").of("banner") == seen.of("banner").by("alice")


def test_it_is_a_sequence(client: KameleoonClient) -> None:
    with exposures() as seen:
        client.get_variation("alice", "new-checkout")
        before = seen.of("new-checkout")
        client.get_variation("bob", "new-checkout")
        assert (len(before), len(seen)) == (1, 2), "what was filtered does not grow"
        assert seen[0].visitor_code == "alice"
        assert seen[-1:] == [("bob", "new-checkout", "on")]
        assert ("bob", "new-checkout", "on") in seen
        assert seen != ["other"]
        assert seen != "other"
        seen.clear()
        assert seen == []
        client.get_variation("carol", "new-checkout")
    assert seen.visitor_codes == ["carol"]
    assert repr(seen) == (
        "Exposures([\n    Exposure(visitor_code='carol', feature_key='new-checkout', variation_key='on'),\n])"
    )
    with pytest.raises(TypeError):
        hash(seen)


def test_one_client_or_all(client: KameleoonClient, make_client: Callable[..., KameleoonClient]) -> None:
    other = make_client(shop())
    with exposures() as all_of_them, exposures(other) as others, conversions(other) as converted:
        client.get_variation("alice", "new-checkout")
        other.get_variation("bob", "new-checkout")
        client.track_conversion("alice", 1)
        other.track_conversion("bob", 1)
    assert all_of_them.visitor_codes == ["alice", "bob"]
    assert others.visitor_codes == ["bob"]
    assert converted.visitor_codes == ["bob"]


def test_blocks_nest(client: KameleoonClient) -> None:
    seen = exposures()
    with seen, exposures() as inner:
        with seen:
            client.get_variation("alice", "new-checkout")
        client.get_variation("bob", "new-checkout")
    assert seen.visitor_codes == inner.visitor_codes == ["alice", "bob"]


def test_what_other_threads_do_is_captured(client: KameleoonClient) -> None:
    with exposures() as seen, conversions() as converted:

        def work(code: str) -> None:
            for _ in range(200):
                client.get_variation(code, "new-checkout")
                client.track_conversion(code, 7)

        threads = [threading.Thread(target=work, args=(f"visitor {number}",)) for number in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(60)
    assert len(seen) == len(converted) == 800
    assert all(len(seen.by(f"visitor {number}")) == 200 for number in range(4))


def test_conversions(client: KameleoonClient) -> None:
    with conversions() as seen:
        client.track_conversion("alice", 7)
        client.track_conversion("alice", 7, 49.9, negative=True, metadata=[CustomData(1, "gold")])
        client.track_conversion("bob", 8, revenue=10)
        client.add_data("bob", Conversion(9))
    client.track_conversion("after", 7)
    assert seen == [
        TrackedConversion("alice", 7),
        TrackedConversion("alice", 7, 49.9, negative=True, metadata=(CustomData(1, "gold"),)),
        TrackedConversion("bob", 8, 10),
    ]
    assert seen.of(7).revenues == [0.0, 49.9]
    assert seen.by("bob").of(8) == [("bob", 8, 10, False, ())]


def test_a_handles_exposures_and_conversions(client: KameleoonClient) -> None:
    visitor = client.visitor("alice")
    with exposures(client) as seen, conversions(client) as converted:
        visitor.is_active("new-checkout")
        visitor.variation("new-checkout", track=False)
        visitor.number("new-checkout", "amount")
        visitor.convert(7, revenue=5)
        evaluations = visitor.evaluate()
        assert len(seen) == 2
        evaluations.variation("new-checkout")
        evaluations.variation("new-checkout")
    assert seen == [("alice", "new-checkout", "on")] * 3
    assert converted == [("alice", 7, 5, False, ())]


def test_the_service_gets_it_all_the_same() -> None:
    with Platform(shop()) as platform:
        config = KameleoonClientConfig("id", "secret", endpoint=platform.origin)
        with KameleoonClient("site", config) as client:
            assert client.wait_init(10_000)
            with conversions() as seen:
                client.track_conversion("alice", 7)
            assert client.flush(timeout=10)
    assert seen.of(7).visitor_codes == ["alice"]
    assert [event["goalId"] for event in platform.received.events if event["eventType"] == "conversion"] == ["7"]


def sent_with(call: Callable[[KameleoonClient], object]) -> set[str]:
    """The types of the events that arrive of a call with overrides, and of a conversion."""
    with Platform(shop()) as platform:
        config = KameleoonClientConfig("id", "secret", endpoint=platform.origin, top_level_domain="example.com")
        with KameleoonClient("site", config) as client:
            assert client.wait_init(10_000)
            with flags(banner="blue", new_checkout="on"):
                call(client)
            client.track_conversion("alice", 7)
            assert client.flush(timeout=10)
    return {event["eventType"] for event in platform.received.events}


def test_nothing_is_sent_of_what_is_overridden() -> None:
    assert sent_with(lambda client: client.get_variation("alice", "banner")) == {"conversion"}
    assert sent_with(lambda client: client.is_feature_active("alice", "banner")) == {"conversion"}


def test_nothing_is_sent_of_what_is_overridden_for_a_visitor() -> None:
    assert sent_with(lambda client: client.visitor("alice").variation("banner")) == {"conversion"}
    assert sent_with(lambda client: client.visitor("alice").details("banner")) == {"conversion"}
    assert sent_with(lambda client: client.visitor("alice").number("banner", "size")) == {"conversion"}


def test_nothing_is_sent_of_what_is_overridden_in_an_evaluation_for_a_request() -> None:
    assert sent_with(lambda client: client.visitor("alice").evaluate().variation("banner")) == {"conversion"}


def test_nothing_is_sent_of_what_is_overridden_in_a_call_for_all_flags() -> None:
    assert sent_with(lambda client: client.get_variations("alice")) == {"conversion"}
