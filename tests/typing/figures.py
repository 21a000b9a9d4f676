"""User code of figures, health and their adapters, as the type checkers see it. Checked, not run."""

from __future__ import annotations

from typing import Any

from opentelemetry.sdk.metrics import MeterProvider
from prometheus_client import REGISTRY

from kameleoon import KameleoonClient
from kameleoon.opentelemetry import add_flags_to_span, instrument
from kameleoon.prometheus import KameleoonCollector
from kameleoon.types.client_stats import ClientStats
from kameleoon.types.flag_figures import FlagFigures
from kameleoon.types.health import Health
from kameleoon.types.sample_ratio import SampleRatio, VariationRatio


def figures(client: KameleoonClient) -> dict[str, Any]:
    stats: ClientStats = client.stats()
    for key, found in stats.flags.items():
        one: FlagFigures = found
        exposed: int = one.exposed.get("on", 0) + one.variations["on"]
        asked: float | None = one.last_asked
        print(key, exposed, asked, one.to_dict())
    ratios: list[SampleRatio] = stats.sample_ratios()
    shares: list[VariationRatio] = ratios[0].variations
    p_value: float | None = ratios[0].p_value
    print(shares[0].expected - shares[0].exposed, p_value, stats.counted_since, stats.threads)
    return stats.to_dict()


def probe(client: KameleoonClient) -> tuple[int, list[str]]:
    health: Health = client.health()
    return 200 if health.is_live and health.is_ready else 503, health.reasons


def export(client: KameleoonClient, another: KameleoonClient) -> None:
    REGISTRY.register(KameleoonCollector(client, another, with_flags=False))
    instrument(client, meter_provider=MeterProvider(), with_flags=False)
    add_flags_to_span(client.visitor("alice").evaluate())
    add_flags_to_span(client.get_variations("alice"), visitor_code="alice")
