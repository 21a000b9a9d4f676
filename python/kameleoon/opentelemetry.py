"""OpenTelemetry: the figures of clients as metrics, and evaluated flags on spans (docs/figures.md#opentelemetry). Needs
``opentelemetry-api``.
"""

from __future__ import annotations

import time
import weakref
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Optional

from opentelemetry import metrics, trace
from opentelemetry.metrics import CallbackOptions, MeterProvider, Observation
from opentelemetry.trace import Span

from kameleoon._version import __version__
from kameleoon.events.event_type import EventType
from kameleoon.events.http_request_failure import HttpRequestFailure
from kameleoon.events.request_type import RequestType
from kameleoon.kameleoon_client import KameleoonClient
from kameleoon.types.variation import Variation
from kameleoon.visitor import Evaluations

if TYPE_CHECKING:
    from kameleoon.types.client_stats import ClientStats

__all__ = ["add_flags_to_span", "instrument"]

_EVENT = "feature_flag.evaluation"
_PROVIDER = "Kameleoon"
_READING_SECONDS = 0.5
"""For so long the instruments of one export share one reading."""

_Value = tuple[float, dict[str, str]]
_Read = Callable[["ClientStats"], Iterable[_Value]]


def instrument(
    client: KameleoonClient, *, meter_provider: Optional[MeterProvider] = None, with_flags: bool = True
) -> None:
    """Has the figures of a client exported as metrics, as long as the client lives; call it once for each client.

    ``meter_provider``: OpenTelemetry's global one by default. ``with_flags``: whether there are series for each flag
    and variation. The metrics are listed in docs/figures.md#opentelemetry. Between exports it costs nothing but a
    histogram's step for each request to the service.

    ::

        from kameleoon.opentelemetry import instrument

        instrument(client)
    """
    meter = metrics.get_meter("kameleoon", __version__, meter_provider)
    reading = _Reading(client)
    for name, unit, text, read in _GAUGES:
        meter.create_observable_gauge(name, [reading.callback(read)], unit, text)
    for name, unit, text, read in _COUNTERS:
        meter.create_observable_counter(name, [reading.callback(read)], unit, text)
    if with_flags:
        for name, unit, text, read in _FLAG_COUNTERS:
            meter.create_observable_counter(name, [reading.callback(read)], unit, text)
        for name, unit, text, read in _FLAG_GAUGES:
            meter.create_observable_gauge(name, [reading.callback(read)], unit, text)
    duration = meter.create_histogram("kameleoon.request.duration", "s", "How long attempts of requests take.")
    client.add_event_handler(EventType.HTTP_REQUEST, _Durations(duration.record, reading.labels))


def add_flags_to_span(
    flags: Mapping[str, Variation], *, visitor_code: Optional[str] = None, span: Optional[Span] = None
) -> None:
    """Adds an event ``feature_flag.evaluation`` to a span for each flag, as OpenTelemetry's semantic conventions have
    it: with the flag's key, the variant, the provider, and the visitor code as the context's id, if it is given.

    ``flags``: variations by flag key, as ``get_variations`` gives them; of a visitor's ``evaluate()`` those that were
    looked at, with the visitor's code. ``span``: the current one by default. Where it does not record, nothing happens.

    >>> flags = client.visitor("alice").evaluate()
    >>> flags.is_active("new-checkout")
    True
    >>> add_flags_to_span(flags)  # at the end of a request
    """
    span = trace.get_current_span() if span is None else span
    if not span.is_recording():
        return
    keys: Iterable[str] = flags
    if isinstance(flags, Evaluations):
        keys, visitor_code = sorted(flags.seen), flags.visitor.code if visitor_code is None else visitor_code
    for key in keys:
        attributes = {
            "feature_flag.key": key,
            "feature_flag.result.variant": flags[key].key,
            "feature_flag.provider.name": _PROVIDER,
        }
        if visitor_code is not None:
            attributes["feature_flag.context.id"] = visitor_code
        span.add_event(_EVENT, attributes)


class _Reading:
    """What a client says, read once for all instruments of an export. It does not keep the client alive."""

    def __init__(self, client: KameleoonClient) -> None:
        self._client = weakref.ref(client)
        self._stats: ClientStats | None = None
        self._read_at = 0.0
        environment = client.settings.environment
        self.labels = {
            "kameleoon.site": client.site_code,
            **({} if environment is None else {"kameleoon.environment": environment}),
        }

    def callback(self, read: _Read) -> Callable[[CallbackOptions], Iterable[Observation]]:
        """What an instrument calls for its values."""

        def observe(_: CallbackOptions) -> Iterator[Observation]:
            stats = self._now()
            if stats is not None:
                for value, attributes in read(stats):
                    yield Observation(value, {**self.labels, **attributes})

        return observe

    def _now(self) -> ClientStats | None:
        client = self._client()
        if client is None:
            return None
        now = time.monotonic()
        if self._stats is None or now > self._read_at + _READING_SECONDS:
            self._stats, self._read_at = client.stats(), now
        return self._stats


class _Durations:
    """A handler of requests that has their durations recorded."""

    def __init__(self, record: Callable[[float, dict[str, str]], None], labels: dict[str, str]) -> None:
        self._record = record
        self._labels = labels

    def on_request_succeeded(self, request_type: RequestType, http_status: int, duration_millis: int) -> None:
        """An attempt succeeded."""
        self._note(request_type, duration_millis, {"http.response.status_code": str(http_status)})

    def on_request_failed(self, request_type: RequestType, failure: HttpRequestFailure, duration_millis: int) -> None:
        """An attempt failed."""
        status = failure.http_status
        error = type(failure.cause).__name__ if status is None else str(status)
        self._note(request_type, duration_millis, {"error.type": error})

    def _note(self, request_type: RequestType, milliseconds: int, attributes: dict[str, str]) -> None:
        self._record(milliseconds / 1000, {**self._labels, "kameleoon.request.kind": request_type.value, **attributes})


def _one(value: float | None) -> list[_Value]:
    return [] if value is None else [(value, {})]


def _events(stats: ClientStats) -> Iterator[_Value]:
    yield stats.events_sent, {"kameleoon.outcome": "sent"}
    yield stats.events_failed, {"kameleoon.outcome": "failed"}
    yield stats.events_refused, {"kameleoon.outcome": "refused"}
    yield stats.events_dropped, {"kameleoon.outcome": "dropped"}


def _flag(key: str, variation: str | None = None) -> dict[str, str]:
    return {"feature_flag.key": key, **({} if variation is None else {"feature_flag.result.variant": variation})}


def _evaluations(stats: ClientStats) -> Iterator[_Value]:
    for key, figures in stats.flags.items():
        for variation, count in figures.variations.items():
            yield count, _flag(key, variation)
        if without_variation := figures.evaluated - sum(figures.variations.values()):
            yield without_variation, _flag(key)


def _exposures(stats: ClientStats) -> Iterator[_Value]:
    for key, figures in stats.flags.items():
        for variation, count in figures.exposed.items():
            yield count, _flag(key, variation)


def _last_asked(stats: ClientStats) -> Iterator[_Value]:
    for key, figures in stats.flags.items():
        if figures.is_in_data_file:
            yield figures.last_asked or 0, _flag(key)


def _p_values(stats: ClientStats) -> Iterator[_Value]:
    for ratio in stats.sample_ratios():
        if ratio.p_value is not None:
            yield ratio.p_value, {**_flag(ratio.feature_key), "kameleoon.experiment.id": str(ratio.experiment_id)}


_Instruments = list[tuple[str, str, str, _Read]]
_GAUGES: _Instruments = [
    ("kameleoon.ready", "1", "Whether a data file is in.", lambda stats: _one(int(stats.is_ready))),
    ("kameleoon.data_file.age", "s", "Since it was fetched.", lambda stats: _one(stats.data_file_age_second)),
    ("kameleoon.data_file.staleness", "s", "0 if it is not.", lambda stats: _one(stats.data_file_stale_second)),
    ("kameleoon.data_file.size", "By", "Bytes of its text.", lambda stats: _one(stats.data_file_bytes)),
    ("kameleoon.visitors", "{visitor}", "Visitor codes held.", lambda stats: _one(stats.visitors)),
    ("kameleoon.visitors.queued", "{visitor}", "Those to be tracked.", lambda stats: _one(stats.queued_visitors)),
    ("kameleoon.spool.events", "{event}", "Of any process.", lambda stats: _one(stats.spool_events)),
    ("kameleoon.spool.size", "By", "On the disk, about.", lambda stats: _one(stats.spool_bytes)),
    ("kameleoon.threads", "{thread}", "Threads of this package.", lambda stats: _one(len(stats.threads))),
]
_COUNTERS: _Instruments = [
    ("kameleoon.events", "{event}", "What became of events.", _events),
    ("kameleoon.events.spooled", "{event}", "By this process.", lambda stats: _one(stats.events_spooled)),
    ("kameleoon.visitors.dropped", "{visitor}", "By the full queue.", lambda stats: _one(stats.dropped_visitors)),
    ("kameleoon.visitors.evicted", "{visitor}", "To make room.", lambda stats: _one(stats.evicted_visitors)),
]
_FLAG_COUNTERS: _Instruments = [
    ("kameleoon.flag.evaluations", "{evaluation}", "Evaluations by answer.", _evaluations),
    ("kameleoon.flag.exposures", "{visitor}", "Visitors exposed, each once a session.", _exposures),
]
_FLAG_GAUGES: _Instruments = [
    ("kameleoon.flag.last_asked", "s", "When it was asked for by its key, since the epoch; 0: never.", _last_asked),
    ("kameleoon.experiment.p_value", "1", "Of the test for a sample ratio mismatch.", _p_values),
]
