"""Prometheus: the figures of clients as metrics (docs/figures.md#prometheus). Needs ``prometheus_client``."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily, Metric

from kameleoon.kameleoon_client import KameleoonClient

if TYPE_CHECKING:
    from kameleoon.types.client_stats import ClientStats

__all__ = ["KameleoonCollector"]


class KameleoonCollector:
    """The figures of clients, read when Prometheus scrapes; between scrapes it costs nothing.

    ``clients``: the clients of the process, one or several; each has the labels ``site`` and ``environment``.
    ``with_flags``: whether there are series for each flag and variation. The metrics are listed in
    docs/figures.md#prometheus.

    ::

        from prometheus_client import REGISTRY, start_http_server
        from kameleoon.prometheus import KameleoonCollector

        REGISTRY.register(KameleoonCollector(client))
        start_http_server(9100)
    """

    def __init__(self, *clients: KameleoonClient, with_flags: bool = True) -> None:
        """Raises ``TypeError`` where there is no client, or something else is given."""
        for client in clients:
            if not isinstance(client, KameleoonClient):
                raise TypeError(f"expected clients, got a {type(client).__name__}; hint: KameleoonCollector(client)")
        if not clients:
            raise TypeError("expected a client at least; hint: KameleoonCollector(client)")
        self._clients = clients
        self._with_flags = with_flags

    def describe(self) -> Iterable[Metric]:
        """The names of the metrics, for the registry, which refuses a second collector of the same ones."""
        return _Metrics().families(with_flags=True)

    def collect(self) -> Iterator[Metric]:
        """The metrics now."""
        metrics = _Metrics()
        for client in self._clients:
            labels = [client.site_code, client.settings.environment or ""]
            metrics.add(labels, client.stats(), is_live=client.health().is_live, with_flags=self._with_flags)
        yield from metrics.families(with_flags=self._with_flags)


class _Metrics:
    """The metrics of one scrape, empty at first."""

    def __init__(self) -> None:
        self._of_client: list[Metric] = []
        self._of_flags: list[Metric] = []
        client = self._of_client
        self.ready = _gauge(client, "ready", "Whether a data file is in.")
        self.live = _gauge(client, "live", "Whether the background of the client runs, or is closed.")
        self.since = _gauge(client, "counted_since_timestamp_seconds", "Since when this process counts.")
        self.modified = _gauge(client, "data_file_modified_timestamp_seconds", "When the data file was made.")
        self.age = _gauge(client, "data_file_age_seconds", "Since the data file in use was fetched.")
        self.stale = _gauge(
            client, "data_file_stale_seconds", "For how long the data file has been stale; 0 if it is not."
        )
        self.source = _gauge(client, "data_file_source", "1 for where the data file in use is from.", "source")
        self.bytes = _gauge(client, "data_file_bytes", "Bytes of the data file's text.")
        self.visitors = _gauge(client, "visitors", "Visitor codes held.")
        self.visitor_bytes = _gauge(client, "visitor_bytes", "Bytes that visitors take, about, where they are bounded.")
        self.queued = _gauge(client, "queued_visitors", "Visitors that wait to be tracked.")
        self.evicted = _counter(client, "evicted_visitors", "Visitors that made room for others.")
        self.dropped = _counter(client, "dropped_visitors", "Visitors that fell out of the full queue.")
        self.events = _counter(client, "events", "What became of events.", "outcome")
        self.spooled = _counter(client, "events_spooled", "Events that this process has put into the spool.")
        self.spool_events = _gauge(client, "spool_events", "Events in the spool, of any process.")
        self.spool_bytes = _gauge(client, "spool_bytes", "Bytes of the spool on the disk, about.")
        self.requests = _counter(client, "requests", "Attempts of requests.", "kind", "outcome")
        self.traffic = _counter(
            client, "request_bytes", "Bytes of bodies of requests that succeeded.", "kind", "direction"
        )
        self.duration = HistogramMetricFamily(
            "kameleoon_request_duration_seconds", "How long attempts take.", labels=["site", "environment", "kind"]
        )
        client.append(self.duration)
        self.threads = _gauge(client, "threads", "Threads of this package in the process, of all clients.")
        flags = self._of_flags
        self.evaluations = _counter(
            flags,
            "flag_evaluations",
            "Evaluations by answer; without a variation where there was none.",
            "flag",
            "variation",
        )
        self.exposures = _counter(
            flags, "flag_exposures", "Visitors exposed, each once a session.", "flag", "variation"
        )
        self.asked = _gauge(
            flags,
            "flag_last_asked_timestamp_seconds",
            "When the flag was last asked for by its key; 0 for never.",
            "flag",
        )
        self.evaluated = _gauge(
            flags, "flag_last_evaluated_timestamp_seconds", "When the flag was last evaluated; 0 for never.", "flag"
        )
        split = ("flag", "experiment", "variation")
        self.exposed = _gauge(
            flags, "experiment_exposed_visitors", "Visitors exposed since the experiment has its shares.", *split
        )
        self.expected = _gauge(
            flags, "experiment_expected_visitors", "What these should be by the shares of the data file.", *split
        )
        self.p_value = _gauge(
            flags, "experiment_p_value", "Of the test for a sample ratio mismatch.", "flag", "experiment"
        )

    def families(self, *, with_flags: bool) -> list[Metric]:
        """The metrics."""
        return [*self._of_client, *self._of_flags] if with_flags else list(self._of_client)

    def add(self, labels: list[str], stats: ClientStats, *, is_live: bool, with_flags: bool) -> None:
        """Adds what a client says."""
        self.ready.add_metric(labels, float(stats.is_ready))
        self.live.add_metric(labels, float(is_live))
        self.since.add_metric(labels, stats.counted_since)
        self.modified.add_metric(labels, stats.data_file_date_modified / 1000)
        if stats.data_file_age_second is not None:
            self.age.add_metric(labels, stats.data_file_age_second)
        self.stale.add_metric(labels, stats.data_file_stale_second)
        self.source.add_metric([*labels, stats.data_file_source], 1)
        self.bytes.add_metric(labels, stats.data_file_bytes)
        self.visitors.add_metric(labels, stats.visitors)
        self.visitor_bytes.add_metric(labels, stats.visitor_bytes)
        self.queued.add_metric(labels, stats.queued_visitors)
        self.evicted.add_metric(labels, stats.evicted_visitors)
        self.dropped.add_metric(labels, stats.dropped_visitors)
        self.spooled.add_metric(labels, stats.events_spooled)
        self.spool_events.add_metric(labels, stats.spool_events)
        self.spool_bytes.add_metric(labels, stats.spool_bytes)
        self.threads.add_metric(labels, len(stats.threads))
        for outcome, events in (
            ("sent", stats.events_sent),
            ("failed", stats.events_failed),
            ("refused", stats.events_refused),
            ("dropped", stats.events_dropped),
        ):
            self.events.add_metric([*labels, outcome], events)
        for kind, counts in stats.requests.items():
            for outcome in ("succeeded", "failed"):
                self.requests.add_metric([*labels, kind, outcome], counts[outcome])
            for direction, name in (("sent", "bytes_sent"), ("received", "bytes_received")):
                self.traffic.add_metric([*labels, kind, direction], counts[name])
            latency = counts["latency"]
            ends = [("+Inf" if end == float("inf") else str(end), count) for end, count in latency["buckets"].items()]
            self.duration.add_metric([*labels, kind], ends, latency["sum"])
        if with_flags:
            self._add_flags(labels, stats)

    def _add_flags(self, labels: list[str], stats: ClientStats) -> None:
        for key, figures in stats.flags.items():
            for variation, count in figures.variations.items():
                self.evaluations.add_metric([*labels, key, variation], count)
            if without_variation := figures.evaluated - sum(figures.variations.values()):
                self.evaluations.add_metric([*labels, key, ""], without_variation)
            for variation, count in figures.exposed.items():
                self.exposures.add_metric([*labels, key, variation], count)
            if figures.is_in_data_file:
                self.asked.add_metric([*labels, key], figures.last_asked or 0)
                self.evaluated.add_metric([*labels, key], figures.last_evaluated or 0)
        for ratio in stats.sample_ratios():
            experiment = [*labels, ratio.feature_key, str(ratio.experiment_id)]
            for share in ratio.variations:
                self.exposed.add_metric([*experiment, share.variation_key], share.exposed)
                self.expected.add_metric([*experiment, share.variation_key], share.expected)
            if ratio.p_value is not None:
                self.p_value.add_metric(experiment, ratio.p_value)


def _gauge(metrics: list[Metric], name: str, text: str, *labels: str) -> GaugeMetricFamily:
    family = GaugeMetricFamily(f"kameleoon_{name}", text, labels=["site", "environment", *labels])
    metrics.append(family)
    return family


def _counter(metrics: list[Metric], name: str, text: str, *labels: str) -> CounterMetricFamily:
    family = CounterMetricFamily(f"kameleoon_{name}", text, labels=["site", "environment", *labels])
    metrics.append(family)
    return family
