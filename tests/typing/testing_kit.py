"""User code of the testing kit, as the type checkers see it. Checked, not run."""

from __future__ import annotations

import unittest
from collections.abc import Callable

from kameleoon import KameleoonClient
from kameleoon.testing import (
    Clock,
    Conversions,
    Exposure,
    Exposures,
    FlagOverrides,
    FlagValue,
    Override,
    TrackedConversion,
    clock,
    conversions,
    disabled,
    exposures,
    flags,
    off,
    on,
    variables,
    variation,
)


def overrides(client: KameleoonClient) -> FlagOverrides:
    one: Override = variation("on", {"max-amount": 9}, color="red")
    wanted: dict[str, FlagValue] = {"new-checkout": one, "banner": "red", "search": True, "old": disabled}
    with flags(client, wanted, price=variables(amount=9)), flags(wanted), flags(client), flags(a=on, b=off):
        pass
    with flags(client, a="on").in_every_thread as entered:
        return entered


@flags(new_checkout="on")
def decorated(number: int) -> str:
    return str(number)


@flags(new_checkout="on")
async def decorated_async(number: int) -> str:
    return str(number)


@flags(new_checkout="on")
class Case(unittest.TestCase):
    def test_it(self) -> None:
        text: str = decorated(1)
        self.assertEqual(text, "1")


async def use(client: KameleoonClient) -> None:
    text: str = await decorated_async(1)
    with exposures(client) as seen, conversions() as converted, clock() as now:
        now.advance(minutes=31, seconds=len(text))
    first: Exposure = seen.of("flag").by("alice")[0]
    keys: list[str] = [first.variation_key, *seen.variation_keys]
    revenue: float = sum(converted.of(7).by("alice").revenues)
    last: TrackedConversion = converted[-1]
    assert keys
    assert revenue > last.goal_id


def fixtures(
    kameleoon_flags: Callable[..., None],
    kameleoon_exposures: Exposures,
    kameleoon_conversions: Conversions,
    kameleoon_clock: Clock,
) -> None:
    kameleoon_flags(new_checkout="on")
    kameleoon_clock.advance(days=1)
    assert kameleoon_exposures == kameleoon_conversions == []
