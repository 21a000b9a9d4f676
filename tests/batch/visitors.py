"""A snapshot and a table of visitors that every engine is asked about."""

from __future__ import annotations

from typing import Any

import pyarrow as pa

from kameleoon.batch import Columns, Snapshot
from tests.data_files import data_file, flag, rule, segment

HALVES = [
    {"variationKey": "off", "variationId": 12, "exposition": 0.5},
    {"variationKey": "on", "variationId": 13, "exposition": 0.5},
]
PLAN_IS_PRO = {"targetingType": "CUSTOM_DATUM", "customDataIndex": 1, "valueMatchType": "EXACT", "value": "pro"}
UNKNOWN = {"targetingType": "?"}
FLAGS = [
    flag("half", 1, [rule(10, type="EXPERIMENTATION", variationByExposition=HALVES)]),
    flag("for.pros", 2, [rule(20, segmentId=5)]),
    flag("disabled", 3, [rule(30)], environmentEnabled=False),
]
SNAPSHOT = Snapshot(data_file(*FLAGS, segments=[segment(5, PLAN_IS_PRO)]))
REPORTING = data_file(*FLAGS, segments=[segment(5, PLAN_IS_PRO), segment(6, UNKNOWN)])
"""Of this data file something is left out, which is logged by each process that compiles it."""
DATA = Columns(custom_data={1: "plan"}, device="device", page_url="pages")
COUNT = 1000
VISITORS = pa.table(
    {
        "n": pa.array(range(COUNT), pa.int64()),
        "a.b": pa.array([number / 4 for number in range(COUNT)]),
        "visitor_code": [
            None if number % 7 == 3 else "" if number % 50 == 0 else f"visitor {number}" for number in range(COUNT)
        ],
        "plan": [["pro", "free", None][number % 3] for number in range(COUNT)],
        "device": [["PHONE", None][number % 2] for number in range(COUNT)],
        "pages": pa.array([[["/a", "/b"], [], None][number % 3] for number in range(COUNT)], pa.list_(pa.string())),
    }
)
QUESTIONS: dict[str, dict[str, Any]] = {
    "wide": {},
    "data": {"data": DATA},
    "some flags": {"flags": ["for.pros", "half"], "data": DATA},
    "some columns": {"keep": ["n", "a.b", "pages"]},
    "all columns": {"keep": True, "data": DATA},
    "long": {"layout": "long", "data": DATA, "keep": ["visitor_code", "n"]},
}


def local(**question: Any) -> list[dict[str, Any]]:
    """What the snapshot itself answers, row by row."""
    return pa.table(SNAPSHOT.assign(VISITORS, **question)).to_pylist()
