"""When flags were last asked for, as running processes or their monitoring tell it."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from kameleoon._cli.data_file import listed
from kameleoon.exceptions import KameleoonError

__all__ = ["Usage", "read"]

_TIMEOUT_SECONDS = 10.0
_ASKED = "kameleoon_flag_last_asked_timestamp_seconds"
_EVALUATED = "kameleoon_flag_last_evaluated_timestamp_seconds"
_SINCE = "kameleoon_counted_since_timestamp_seconds"
_SHAPES = "the JSON of client.stats().to_dict(), a page of Prometheus metrics, or an answer of Prometheus' query API"


@dataclass
class Usage:
    """What is known of flags, over all sources. Moments are seconds since the epoch; 0 is never."""

    asked: dict[str, float] = field(default_factory=dict)
    """When each flag was last asked for by its key."""
    evaluated: dict[str, float] = field(default_factory=dict)
    """When it was last evaluated, be it with all others."""
    since: list[float] = field(default_factory=list)
    """Since when each process counts, where that is known."""

    def note(self, flag: str, *, asked: float | None = None, evaluated: float | None = None) -> None:
        """Notes what one source says of a flag; the latest moment counts."""
        for moments, moment in ((self.asked, asked), (self.evaluated, evaluated)):
            if moment is not None:
                moments[flag] = max(moments.get(flag, 0.0), moment)


def read(sources: list[str], site: str | None) -> Usage:
    """What the sources say: addresses or paths. Of figures with the label ``site`` those of one site are taken.

    Raises ``KameleoonError`` where one cannot be read, is something else, or has figures of several sites.
    """
    usage = Usage()
    for source in sources:
        text = _text(source)
        try:
            parsed = json.loads(text)
        except ValueError:
            samples = _samples_of_text(source, text)
        else:
            if isinstance(parsed, dict) and isinstance(parsed.get("flags"), dict):
                _note_stats(usage, parsed)
                continue
            samples = list(_samples_of_answer(parsed))
        _note_samples(usage, source, samples, site)
    return usage


def _text(source: str) -> str:
    if source.startswith(("http://", "https://")):
        import requests  # here: a file needs no network

        try:
            answer = requests.get(source, timeout=_TIMEOUT_SECONDS)
            answer.raise_for_status()
        except requests.RequestException as error:
            hint = "does the program run, and is this the address of its figures?"
            raise KameleoonError(f"{source} cannot be read: {error}", hint=hint) from error
        return answer.text
    try:
        return Path(source).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise KameleoonError(f"{source} cannot be read: {error}", hint=f"a path or an address of {_SHAPES}") from error


def _note_stats(usage: Usage, stats: dict[str, Any]) -> None:
    """Of ``stats().to_dict()``."""
    since = stats.get("counted_since")
    if isinstance(since, (int, float)):
        usage.since.append(float(since))
    for key, figures in stats["flags"].items():
        if isinstance(figures, dict) and figures.get("is_in_data_file"):
            usage.note(key, asked=figures.get("last_asked") or 0.0, evaluated=figures.get("last_evaluated") or 0.0)


Sample = tuple[str, dict[str, str], float]


def _samples_of_text(source: str, text: str) -> list[Sample]:
    """Of a page of metrics, as Prometheus scrapes it."""
    try:
        from prometheus_client.parser import text_string_to_metric_families  # an extra: other shapes need none
    except ImportError as error:
        hint = "pip install kameleoon-rs[prometheus]"
        raise KameleoonError(
            f"{source} is no JSON, and a page of metrics needs prometheus_client", hint=hint
        ) from error
    try:
        families = list(text_string_to_metric_families(text))
    except ValueError as error:
        raise KameleoonError(f"{source} has no figures: {error}", hint=f"expected {_SHAPES}") from error
    return [(sample.name, dict(sample.labels), sample.value) for family in families for sample in family.samples]


def _samples_of_answer(parsed: Any) -> Iterator[Sample]:
    """Of an answer of Prometheus' query API. A query that computes something gives no name: it is the last question."""
    data = parsed.get("data") if isinstance(parsed, dict) else None
    for found in listed(data, "result") if isinstance(data, dict) else []:
        labels, value = found.get("metric"), found.get("value")
        if isinstance(labels, dict) and isinstance(value, list) and len(value) == 2:
            yield (
                str(labels.get("__name__", _ASKED)),
                {str(name): str(text) for name, text in labels.items()},
                float(value[1]),
            )


def _note_samples(usage: Usage, source: str, samples: list[Sample], site: str | None) -> None:
    known = [sample for sample in samples if sample[0] in (_ASKED, _EVALUATED, _SINCE)]
    sites = {labels["site"] for _, labels, _ in known if "site" in labels}
    if site is None and len(sites) > 1:
        shown = ", ".join(map(repr, sorted(sites)))
        raise KameleoonError(f"{source} has figures of several sites: {shown}", hint="--site names one")
    count = 0
    for name, labels, value in known:
        if (site is not None and labels.get("site", site) != site) or math.isnan(value):
            continue
        if name == _SINCE:
            usage.since.append(value)
        elif "flag" in labels:
            count += 1
            usage.note(labels["flag"], **{"asked" if name == _ASKED else "evaluated": value})
    if count == 0:
        raise KameleoonError(f"{source} has no figures of feature flags", hint=f"expected {_SHAPES}")
