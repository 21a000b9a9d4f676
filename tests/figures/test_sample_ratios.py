"""``stats().sample_ratios()``: a split as configured, one that is not, and where nothing can be told."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from kameleoon import CustomData, KameleoonClient
from kameleoon.testing import Platform
from tests.data_files import data_file, flag, rule
from tests.figures.conftest import experiment
from tests.figures.test_flags import ready

MakeOnline = Callable[..., KameleoonClient]


def client_of(platform: Platform, make_online: MakeOnline, *flags: dict[str, Any], **more: Any) -> KameleoonClient:
    platform.set_data_file(data_file(*flags, **more))
    return ready(make_online)


@pytest.mark.parametrize("share", [0.5, 0.1])
def test_visitors_as_they_come_are_no_mismatch(platform: Platform, make_online: MakeOnline, share: float) -> None:
    client = client_of(platform, make_online, experiment(share=share))
    for number in range(4_000):
        client.get_variation(f"visitor {number}", "flag")
        client.get_variation(f"visitor {number % 7}", "flag")  # some come again and again
    (ratio,) = client.stats().sample_ratios()
    assert (ratio.feature_key, ratio.experiment_id, ratio.rule_id) == ("flag", 11, 10)
    assert [variation.expected for variation in ratio.variations] == pytest.approx([4000 * (1 - share), 4000 * share])
    assert sum(variation.exposed for variation in ratio.variations) == 4_000
    assert ratio.p_value is not None
    assert ratio.p_value > 0.001
    assert not ratio.is_mismatch


def test_visitors_that_go_missing_are_one(platform: Platform, make_online: MakeOnline) -> None:
    """As where a page redirects some visitors before they are tracked."""
    client = client_of(platform, make_online, experiment())
    for number in range(4_000):
        visitor = f"visitor {number}"
        is_on = client.get_variation(visitor, "flag", track=False).key == "on"
        if not (is_on and number % 5 == 0):
            client.get_variation(visitor, "flag")
    (ratio,) = client.stats().sample_ratios()
    assert ratio.p_value is not None
    assert ratio.p_value < 1e-6
    assert ratio.is_mismatch


def test_where_nothing_can_be_told_it_says_why(platform: Platform, make_online: MakeOnline) -> None:
    client = client_of(
        platform,
        make_online,
        experiment("few", 1),
        experiment("together", 2, bucketingCustomDataId=5),
        flag("delivered", 3, [rule(30)]),
        customData=[{"index": 3, "id": 5, "name": "company"}],
    )
    for number in range(300):
        client.add_data(f"{number}", CustomData(3, f"company {number % 3}"))
        for key in ("together", "delivered"):
            client.get_variation(f"{number}", key)
    client.get_variation("alice", "few")
    found = {ratio.feature_key: ratio for ratio in client.stats().sample_ratios()}
    assert set(found) == {"few", "together"}
    assert (found["few"].p_value, found["few"].why_no_test) == (None, "too few visitors")
    assert found["together"].p_value is None
    assert "custom datum" in found["together"].why_no_test
    assert client.stats().flags["delivered"].exposed == {"on": 300}


def test_shares_that_do_not_add_up_are_taken_as_they_are_dealt(platform: Platform, make_online: MakeOnline) -> None:
    part = experiment()
    for share, exposition in zip(part["rules"][0]["variationByExposition"], (0.2, 0.3)):
        share["exposition"] = exposition
    client = client_of(platform, make_online, part)
    for number in range(2_000):
        client.get_variation(f"visitor {number}", "flag")
    (ratio,) = client.stats().sample_ratios()
    exposed = sum(variation.exposed for variation in ratio.variations)
    assert 900 < exposed < 1_100
    assert [variation.expected for variation in ratio.variations] == pytest.approx([exposed * 0.4, exposed * 0.6])
    assert ratio.p_value is not None
    assert ratio.p_value > 0.001
