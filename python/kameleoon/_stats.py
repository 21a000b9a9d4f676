"""What ``client.stats()`` is made of, put together when it is asked for."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Mapping
from typing import TYPE_CHECKING

from kameleoon._data_file import DataFileSlot
from kameleoon._life import Life
from kameleoon._native import FigureReader
from kameleoon._sample_ratio import MISMATCH, tested
from kameleoon.types.client_stats import ClientStats
from kameleoon.types.flag_figures import FlagFigures
from kameleoon.types.sample_ratio import SampleRatio, VariationRatio

if TYPE_CHECKING:
    from kameleoon._service import Service

__all__ = ["client_stats"]

_THREADS = "kameleoon-"
"""What the names of this package's threads begin with."""


def client_stats(life: Life, data_file: DataFileSlot, counters: Mapping[str, int], reader: FigureReader) -> ClientStats:
    """The figures of a client now. What is counted of flags is read when it is looked at."""
    service: Service | None = life.service
    now, updated_at = time.time(), data_file.updated_at
    source = None if service is None else service.data_source.status
    stale_since = None if source is None else source.stale_since
    counted = dict(counters)
    if service is not None:
        service.tracking.add_to(counted)

    def read() -> tuple[dict[str, FlagFigures], list[SampleRatio]]:
        flags, experiments = reader.read()
        return {flag[0]: _flag(*flag) for flag in flags}, [_ratio(*experiment) for experiment in experiments]

    return ClientStats(
        is_ready=data_file.source != "none",
        process_id=os.getpid(),
        counted_since=life.started_at,
        data_file_date_modified=data_file.settings.date_modified,
        data_file_source=data_file.source,
        data_file_age_second=None if updated_at is None else now - updated_at,
        data_file_stale_second=0.0 if stale_since is None else max(0.0, now - stale_since),
        data_file_bytes=0 if data_file.source == "none" else len(data_file.text),
        threads=sorted(thread.name for thread in threading.enumerate() if thread.name.startswith(_THREADS)),
        requests={} if service is None else service.request_counts(),
        data_source=source,
        read_figures=read,
        **counted,
    )


def _flag(
    key: str,
    is_in_data_file: bool,
    variations: list[tuple[str, int, int]],
    without_variation: int,
    asked: int | None,
    evaluated: int | None,
) -> FlagFigures:
    return FlagFigures(
        feature_key=key,
        is_in_data_file=is_in_data_file,
        evaluated=without_variation + sum(count for _, count, _ in variations),
        variations={variation: count for variation, count, _ in variations if count},
        exposed={variation: exposed for variation, _, exposed in variations if exposed},
        last_evaluated=None if evaluated is None else evaluated / 1000,
        last_asked=None if asked is None else asked / 1000,
    )


def _ratio(
    key: str, experiment_id: int, rule_id: int, is_by_visitor: bool, shares: list[tuple[str, float, int]]
) -> SampleRatio:
    counts, wanted = [exposed for _, _, exposed in shares], [share for _, share, _ in shares]
    p_value, why_not = tested(counts, wanted, is_by_visitor=is_by_visitor)
    each = sum(counts) / (sum(wanted) or 1.0)
    return SampleRatio(
        feature_key=key,
        experiment_id=experiment_id,
        rule_id=rule_id,
        variations=[
            VariationRatio(variation_key=variation, exposed=exposed, expected=each * share)
            for variation, share, exposed in shares
        ],
        p_value=p_value,
        why_no_test=why_not,
        is_mismatch=p_value is not None and p_value < MISMATCH,
    )
