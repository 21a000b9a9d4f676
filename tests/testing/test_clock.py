"""``clock``: sessions end, conditions on time change, and everything is as before at the end of the block."""

from __future__ import annotations

import time
from collections.abc import Callable

import pytest

from kameleoon import CustomData, KameleoonClient, KameleoonClientConfig
from kameleoon.testing import Platform, clock
from kameleoon.types.remote_visitor_data_filter import RemoteVisitorDataFilter
from tests.data_files import targeted_by
from tests.testing.conftest import shop


def visitors(client: KameleoonClient) -> int:
    return client.stats().visitors


def test_visitors_are_gone_after_their_session(client: KameleoonClient) -> None:
    with clock() as now:
        client.set_forced_variation("alice", 11, "off")
        client.set_forced_variation("bob", 11, "off")
        now.advance(minutes=20)
        assert client.is_feature_active("alice", "new-checkout") is False
        now.advance(minutes=20)
        assert client.is_feature_active("alice", "new-checkout") is False, "it was active in between"
        assert client.is_feature_active("bob", "new-checkout") is True
        now.advance(days=400)
        assert visitors(client) == 0


def test_the_length_of_the_session_is_the_configurations(make_client: Callable[..., KameleoonClient]) -> None:
    short, long = make_client(shop(), session_duration_minute=5), make_client(shop(), session_duration_minute=120)
    with clock() as now:
        for client in (short, long):
            client.add_data("alice", CustomData(1, "a"))
        now.advance(minutes=6)
        assert (visitors(short), visitors(long)) == (0, 1)
        now.advance(minutes=113)
        assert visitors(long) == 1
        now.advance(minutes=2)
        assert visitors(long) == 0


def test_a_block_leaves_nothing_behind(client: KameleoonClient) -> None:
    before = time.time()
    with clock() as now:
        now.advance(hours=10)
        assert abs(time.time() - before) < 600, "Python's own clock is left alone"
    client.set_forced_variation("alice", 11, "off")
    assert client.is_feature_active("alice", "new-checkout") is False
    with clock() as now:
        now.advance(minutes=29)
        assert client.is_feature_active("alice", "new-checkout") is False
    assert client.is_feature_active("alice", "new-checkout") is False


def test_conditions_on_elapsed_time() -> None:
    more_than_ten_minutes_ago = {"targetingType": "LAST_VISIT", "countInMillis": 600_000, "matchType": "GREATER"}
    with Platform(targeted_by(more_than_ten_minutes_ago)) as platform:
        begun = {"timeStarted": round(time.time() * 1000)}
        platform.visitor_data["alice"] = {"previousVisits": [begun]}
        config = KameleoonClientConfig("id", "secret", endpoint=platform.origin, top_level_domain="example.com")
        with KameleoonClient("site", config) as client:
            assert client.wait_init(10_000)
            wanted = RemoteVisitorDataFilter(previous_visit_amount=1)
            client.get_remote_visitor_data("alice", data_filter=wanted, timeout=10)
            with clock() as now:
                assert client.is_feature_active("alice", "flag") is False
                now.advance(minutes=9)
                assert client.is_feature_active("alice", "flag") is False
                now.advance(minutes=2)
                assert client.is_feature_active("alice", "flag") is True
            assert client.is_feature_active("alice", "flag") is False, "the clock is set back"


def test_blocks_nest(client: KameleoonClient) -> None:
    with clock() as outer:
        client.set_forced_variation("alice", 11, "off")
        outer.advance(minutes=20)
        with clock() as inner:
            inner.advance(minutes=5)
        assert client.is_feature_active("alice", "new-checkout") is False
        outer.advance(minutes=31)
        assert client.is_feature_active("alice", "new-checkout") is True


def test_mistakes() -> None:
    now = clock()
    with pytest.raises(RuntimeError, match="runs in its with block alone. hint: with clock"):
        now.advance(minutes=1)
    with now:
        with pytest.raises(ValueError, match="time cannot pass by -1 day, 23:59:00. hint: "):
            now.advance(minutes=-1)
        with pytest.raises(RuntimeError, match="runs already"), now:
            pass
        now.advance(hours=1, minutes=-5)
    with pytest.raises(RuntimeError):
        now.advance(minutes=1)


def test_a_client_that_is_closed_is_left_alone(client: KameleoonClient) -> None:
    client.set_forced_variation("alice", 11, "off")
    client.close()
    with clock() as now:
        now.advance(hours=2)
        assert client.is_feature_active("alice", "new-checkout") is False
