"""The Prometheus collector: what a scrape over HTTP reads."""

from __future__ import annotations

import threading
import urllib.request
from collections.abc import Callable
from pathlib import Path

import pytest

from kameleoon import KameleoonClient, KameleoonClientConfig
from kameleoon.testing import FaultKind, Platform
from tests.figures.conftest import shop
from tests.figures.test_flags import ready

pytest.importorskip("prometheus_client")

from prometheus_client import CollectorRegistry, start_http_server
from prometheus_client.parser import text_string_to_metric_families

from kameleoon.prometheus import KameleoonCollector

MakeOnline = Callable[..., KameleoonClient]
Samples = dict[tuple[str, frozenset[tuple[str, str]]], float]


def samples(registry: CollectorRegistry) -> Samples:
    """What a scrape reads, by name and labels."""
    server, thread = start_http_server(0, addr="127.0.0.1", registry=registry)
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{server.server_port}/metrics") as answer:
            text = answer.read().decode()
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
    families = text_string_to_metric_families(text)
    return {
        (sample.name, frozenset(sample.labels.items())): sample.value
        for family in families
        for sample in family.samples
    }


def scrape(*clients: KameleoonClient, with_flags: bool = True) -> Samples:
    registry = CollectorRegistry()
    registry.register(KameleoonCollector(*clients, with_flags=with_flags))
    return samples(registry)


def test_a_scrape_reads_what_stats_says(platform: Platform, make_online: MakeOnline) -> None:
    platform.set_data_file(shop())
    client = ready(make_online)
    for number in range(200):
        client.get_variation(f"{number}", "checkout")
    client.is_feature_active("0", "old")
    assert client.flush(timeout=5)
    found, stats = scrape(client), client.stats()

    def value(name: str, **labels: str) -> float:
        return found[f"kameleoon_{name}", frozenset({"site": client.site_code, "environment": "", **labels}.items())]

    assert (value("ready"), value("live"), value("visitors"), value("queued_visitors")) == (1, 1, stats.visitors, 0)
    assert value("events_total", outcome="sent") == stats.events_sent == 200
    assert value("requests_total", kind="TRACKING", outcome="succeeded") == 1
    assert value("request_duration_seconds_count", kind="TRACKING") == 1
    assert value("request_duration_seconds_bucket", kind="TRACKING", le="10.0") == 1
    for key in ("off", "on"):
        count = stats.flags["checkout"].variations[key]
        assert value("flag_evaluations_total", flag="checkout", variation=key) == count
        assert value("flag_exposures_total", flag="checkout", variation=key) == count
        assert value("experiment_exposed_visitors", flag="checkout", experiment="11", variation=key) == count
        assert value("experiment_expected_visitors", flag="checkout", experiment="11", variation=key) == 100
    assert value("flag_evaluations_total", flag="old", variation="") == 1
    assert value("experiment_p_value", flag="checkout", experiment="11") == stats.sample_ratios()[0].p_value
    assert value("flag_last_asked_timestamp_seconds", flag="checkout") == stats.flags["checkout"].last_asked
    assert value("flag_last_asked_timestamp_seconds", flag="search") == 0
    assert value("data_file_stale_seconds") == 0
    assert value("data_file_source", source="service") == 1
    assert (value("events_spooled_total"), value("spool_events"), value("spool_bytes")) == (0, 0, 0)


def test_what_waits_in_the_spool_is_seen(platform: Platform, make_online: MakeOnline, tmp_path: Path) -> None:
    platform.set_data_file(shop())
    client = make_online(spool=str(tmp_path / "spool"))
    assert client.wait_init(5000)
    platform.misbehave("tracking", FaultKind.STATUS, status=500)
    client.get_variation("alice", "checkout")
    assert client.flush(timeout=1), "it is on the disk"
    found = {name: value for (name, _), value in scrape(client).items()}
    assert (found["kameleoon_spool_events"], found["kameleoon_events_spooled_total"]) == (1, 1)
    assert found["kameleoon_spool_bytes"] > 50


def test_several_clients_have_labels_of_their_own(make_online: MakeOnline) -> None:
    offline = KameleoonClientConfig.offline(shop(), environment="staging")
    with KameleoonClient("one", offline) as one, KameleoonClient("two", offline) as two:
        one.get_variation("alice", "checkout")
        found = scrape(one, two)
    visitors = {labels: value for (name, labels), value in found.items() if name == "kameleoon_visitors"}
    assert visitors == {
        frozenset({("site", "one"), ("environment", "staging")}): 1,
        frozenset({("site", "two"), ("environment", "staging")}): 0,
    }


def test_flags_can_be_left_out() -> None:
    with KameleoonClient("site", KameleoonClientConfig.offline(shop())) as client:
        client.get_variation("alice", "checkout")
        names = {name for name, _ in scrape(client, with_flags=False)}
    assert "kameleoon_visitors" in names
    assert not [name for name in names if "flag" in name or "experiment" in name]


def test_every_name_follows_prometheus_conventions() -> None:
    with KameleoonClient("site", KameleoonClientConfig.offline(shop())) as client:
        families = list(KameleoonCollector(client).describe())
    assert len(families) == len({family.name for family in families}) > 20
    for family in families:
        assert family.name.startswith("kameleoon_")
        assert family.documentation.endswith(".")


def test_a_second_collector_of_the_same_names_is_refused() -> None:
    with KameleoonClient("site", KameleoonClientConfig.offline(shop())) as client:
        registry = CollectorRegistry()
        registry.register(KameleoonCollector(client))
        with pytest.raises(ValueError, match="Duplicated timeseries"):
            registry.register(KameleoonCollector(client))


def test_what_is_no_client_is_refused() -> None:
    with pytest.raises(TypeError, match="hint: KameleoonCollector"):
        KameleoonCollector()
    with pytest.raises(TypeError, match="got a str"):
        KameleoonCollector("client")  # type: ignore[arg-type]


def test_scrapes_and_evaluations_go_on_side_by_side() -> None:
    with KameleoonClient("site", KameleoonClientConfig.offline(shop())) as client:
        registry = CollectorRegistry()
        registry.register(KameleoonCollector(client))
        labels = {"site": "site", "environment": "", "flag": "checkout"}

        def work() -> None:
            for number in range(2_000):
                client.is_feature_active(f"{number}", "checkout")

        threads = [threading.Thread(target=work) for _ in range(4)]
        for thread in threads:
            thread.start()

        def evaluations() -> float:
            values = (
                registry.get_sample_value("kameleoon_flag_evaluations_total", {**labels, "variation": key})
                for key in ("off", "on")
            )
            return sum(value or 0 for value in values)

        seen = [evaluations()]
        while any(thread.is_alive() for thread in threads):
            seen.append(evaluations())
        for thread in threads:
            thread.join()
        assert evaluations() == 8_000
        assert seen == sorted(seen)
