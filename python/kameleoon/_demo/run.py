"""Runs the demo: allocates visitors to variations and shows what came out beside what was configured."""

from __future__ import annotations

import collections
import sys
import time
from typing import TYPE_CHECKING, Any, TextIO

from kameleoon._demo.shop import data_file
from kameleoon._demo.visitors import visitors
from kameleoon.data import Conversion
from kameleoon.kameleoon_client import KameleoonClient
from kameleoon.kameleoon_client_config import KameleoonClientConfig

if TYPE_CHECKING:
    from kameleoon.testing import Platform

Counts = dict[str, collections.Counter[str]]


CONVERSION_GOAL = 2
TRACKING_SECONDS = 60.0


def run(count: int, *, offline: bool = False) -> None:
    """Evaluates every flag for ``count`` visitors and prints a table; unless ``offline``, against a local platform over
    HTTP, to which exposures and conversions are tracked.
    """
    out = sys.stdout
    shop = data_file()
    print(f"{len(shop['featureFlags'])} feature flags, {count:,} visitors with varied data", file=out)
    if offline:
        with KameleoonClient("demo", KameleoonClientConfig.offline(shop)) as client:
            chosen, assigned, _, seconds = _allocate(client, count, out)
            _print_results(client, shop, (chosen, assigned), count, seconds, out)
        return
    from kameleoon.testing import Platform  # here: offline it is not needed

    with Platform(shop) as platform:
        config = KameleoonClientConfig("demo", "demo", endpoint=platform.origin, top_level_domain="localhost")
        with KameleoonClient("demo", config) as client:
            client.wait_init()
            print(f"local platform at {platform.origin}/", file=out)
            chosen, assigned, expected, seconds = _allocate(client, count, out)
            client.flush()
            _wait_until_sent(client)
            _print_results(client, shop, (chosen, assigned), count, seconds, out)
        _print_tracking(platform, expected, out)


def _wait_until_sent(client: KameleoonClient) -> None:
    deadline = time.monotonic() + TRACKING_SECONDS
    while client.stats().queued_visitors and time.monotonic() < deadline:
        time.sleep(0.05)


def _print_results(
    client: KameleoonClient,
    shop: dict[str, Any],
    counts: tuple[Counts, Counts],
    count: int,
    seconds: float,
    out: TextIO,
) -> None:
    _print_table(shop, *counts, count, out)
    evaluations = count * len(counts[0])
    print(
        f"\n{evaluations:,} evaluations in {seconds:.2f} s of evaluating: {evaluations / seconds:,.0f} per second, "
        f"{seconds / evaluations * 1e9:,.0f} ns each, on one thread.\n{client.stats().visitors:,} visitors held.",
        file=out,
    )


def _print_tracking(platform: Platform, expected: collections.Counter[str], out: TextIO) -> None:
    """What the platform received beside what was tracked."""
    summary = platform.received.summary()
    print(f"\n{'events':12} {'expected':>10} {'received':>10} {'lost':>6}", file=out)
    for kind, wanted in expected.items():
        received = summary["kinds"].get(kind, 0)
        print(f"{kind:12} {wanted:10,} {received:10,} {wanted - received:6,}", file=out)
    print(f"duplicated: {summary['duplicated']}", file=out)


def _allocate(
    client: KameleoonClient, count: int, out: TextIO
) -> tuple[Counts, Counts, collections.Counter[str], float]:
    """For each flag the visitors per variation, all and those by a rule; the events to expect; the seconds spent
    evaluating.
    """
    chosen: Counts = collections.defaultdict(collections.Counter)
    assigned: Counts = collections.defaultdict(collections.Counter)
    expected: collections.Counter[str] = collections.Counter()
    evaluating = 0.0
    step = max(count // 50, 1)
    for number, (code, data) in enumerate(visitors(count), 1):
        client.add_data(code, *data)
        start = time.perf_counter()
        variations = client.get_variations(code)
        evaluating += time.perf_counter() - start
        for key, variation in variations.items():
            chosen[key][variation.key] += 1
            if variation.experiment_id is not None:
                assigned[key][variation.key] += 1
                expected["experiment"] += 1
        expected["experiment"] += 1  # of the holdout, which every visitor is in or out of
        expected["conversion"] += sum(isinstance(datum, Conversion) for datum in data)
        if number % 10 == 0:
            client.track_conversion(code, CONVERSION_GOAL, 19.9)
            expected["conversion"] += 1
        if out.isatty() and (number % step == 0 or number == count):
            done = number * 50 // count
            print(f"\r[{'#' * done}{'.' * (50 - done)}] {number:,}", end="", file=out, flush=True)
    if out.isatty():
        print(file=out)
    return chosen, assigned, expected, evaluating


def _print_table(shop: dict[str, Any], chosen: Counts, assigned: Counts, count: int, out: TextIO) -> None:
    held_out = shop["holdout"]["variationByExposition"][0]["exposition"]
    print(
        f"\n{'feature flag':20} {'variation':12} {'visitors':>9} {'share':>7} {'by rules':>9} {'configured':>11}  note",
        file=out,
    )
    for flag in shop["featureFlags"]:
        key = flag["featureKey"]
        if key not in chosen:
            print(f"{key:20} {'-':12} {'-':>9} {'-':>7} {'-':>9} {'-':>11}  disabled in this environment", file=out)
            continue
        note = _note(flag, sum(assigned[key].values()), count, held_out)
        for place, variation in enumerate(flag["variations"]):
            name = variation["key"]
            visitors_of, by_rules = chosen[key][name], assigned[key][name]
            of_assigned = by_rules / max(sum(assigned[key].values()), 1)
            figures = f"{visitors_of:9,} {visitors_of / count:7.1%} {of_assigned:9.1%} {_configured(flag, name):>11}"
            print(f"{key if place == 0 else '':20} {name:12} {figures}  {note if place == 0 else ''}", file=out)


def _configured(flag: dict[str, Any], variation: str) -> str:
    """The configured shares of a variation, one per rule that has it."""
    shares = []
    for rule in flag["rules"]:
        share = sum(item["exposition"] for item in rule["variationByExposition"] if item["variationKey"] == variation)
        if share and rule["type"] == "TARGETED_DELIVERY":
            shares.append("delivered")
        elif share:
            shares.append(f"{share:.0%}")
    return ", ".join(shares) or "-"


def _note(flag: dict[str, Any], assigned: int, count: int, held_out: float) -> str:
    """Why visitors were kept out of the flag's rules."""
    out = 1 - assigned / count
    reasons = [f"holdout {held_out:.0%}"]
    if flag.get("mutuallyExclusiveGroup"):
        reasons.append("mutually exclusive group")
    if any("segmentId" in rule for rule in flag["rules"]):
        reasons.append("targeting")
    if any(rule["exposition"] < 1 for rule in flag["rules"]):
        reasons.append("exposition below 100%")
    return f"{out:.1%} kept out: {', '.join(reasons)}"
