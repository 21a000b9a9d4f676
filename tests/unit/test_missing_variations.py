"""A flag that names a variation which it does not have. The answers are those of the reference client 3.22.2: the
variation has an empty key, which is not ``"off"``; whether the flag is active is told by the key that was named.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from kameleoon.kameleoon_client import KameleoonClient
from tests.data_files import data_file, flag, rule, variation


def exposing(key: str, share: float = 1.0) -> dict[str, Any]:
    exposure = {"variationKey": key, "variationId": 12, "exposition": 1.0}
    return rule(variationByExposition=[exposure], exposition=share)


@pytest.mark.parametrize(
    ("default", "has", "rules", "named"),
    [
        ("off", ["on"], [], "off"),
        ("off", ["on"], [exposing("on", 0.0)], "off"),
        ("on", ["off"], [], "on"),
        ("off", ["off", "on"], [exposing("x")], "x"),
        ("on", ["on"], [exposing("off")], "off"),
    ],
)
def test_a_variation_that_the_flag_lacks(
    default: str, has: list[str], rules: list[Any], named: str, make_client: Callable[..., KameleoonClient]
) -> None:
    variations = [variation(key) for key in has]
    client = make_client(data_file(flag("flag", 1, rules, defaultVariationKey=default, variations=variations)))
    found = client.get_variation("v", "flag")
    is_assigned = bool(rules) and rules[0]["exposition"] > 0
    assert (found.key, found.name, found.is_active, dict(found.variables)) == ("", "", True, {})
    assert (found.id_, found.experiment_id) == ((12, 11) if is_assigned else (None, None))
    assert client.get_variations("v") == {"flag": found}
    assert client.get_feature_variation_key("v", "flag") == named
    is_active = named != "off"
    assert client.is_feature_active("v", "flag") is is_active
    active = {"flag": found} if is_active else {}
    assert client.get_variations("v", only_active=True) == active
    assert client.get_active_features("v") == active
    assert client.get_active_feature_list_for_visitor("v") == list(active)
