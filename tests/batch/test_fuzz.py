"""Random Arrow arrays of every type and layout: an error that names the column, or answers; never a crash."""

from __future__ import annotations

import datetime
import decimal
import random
from typing import Any

import pyarrow as pa
import pytest

from kameleoon.batch import Columns, Snapshot
from tests.data_files import data_file, flag, rule, segment

STRING_VIEW = getattr(pa, "string_view", pa.large_string)()  # older versions have none

TEXT = {"valueMatchType": "EXACT", "value": "a"}
CONDITIONS = [
    {"targetingType": "CUSTOM_DATUM", "customDataIndex": 1, **TEXT},
    {"targetingType": "DEVICE_TYPE", "device": "PHONE", "isInclude": False},
    {
        "targetingType": "BROWSER",
        "browser": "CHROME",
        "version": "3",
        "versionMatchType": "GREATER",
        "isInclude": False,
    },
    {"targetingType": "OPERATING_SYSTEM", "os": "LINUX", "isInclude": False},
    {"targetingType": "GEOLOCATION", "country": "a", "isInclude": False},
    {"targetingType": "APPLICATION_VERSION", "version": "1", "versionMatchType": "GREATER", "isInclude": False},
    {"targetingType": "PAGE_URL", "url": "a", "matchType": "CONTAINS", "isInclude": False},
    {"targetingType": "COOKIE", "name": "a", "nameMatchType": "EXACT", **TEXT, "isInclude": False},
    {"targetingType": "CONVERSIONS", "goalId": 1, "isInclude": False},
]
SNAPSHOT = Snapshot(
    data_file(
        *(flag(f"f{n}", n + 1, [rule(10 * n + 10, segmentId=n + 1, type="EXPERIMENTATION")]) for n in range(9)),
        segments=[segment(n + 1, condition) for n, condition in enumerate(CONDITIONS)],
    )
)
ROLES = ["custom", "code", "device", "browser", "browser_version", "operating_system", "country", "latitude",
         "application_version", "page_url", "page_title", "user_agent", "cookies", "conversions"]  # fmt: skip
SCALARS: list[tuple[pa.DataType, Any]] = [
    (pa.null(), lambda r: None),
    (pa.bool_(), lambda r: r.random() < 0.5),
    *[(kind, lambda r: r.randint(0, 100)) for kind in (pa.int8(), pa.uint8(), pa.int16(), pa.uint16(), pa.int32())],
    *[(kind, lambda r: r.choice([0, 1, 2**32 - 1])) for kind in (pa.uint32(), pa.int64())],
    (pa.uint64(), lambda r: r.choice([0, 1, 2**64 - 1])),
    *[
        (kind, lambda r: r.choice([0.0, -0.0, 1.5, float("nan"), float("inf")]))
        for kind in (pa.float32(), pa.float64())
    ],
    *[(kind, lambda r: r.choice(["", "a", "PHONE", "été" * 40, "3.1"])) for kind in (pa.string(), pa.large_string())],
    (STRING_VIEW, lambda r: r.choice(["", "a", "a text that is longer than a view holds itself"])),
    *[
        (kind, lambda r: r.choice([b"", b"a", b"\xff"]))
        for kind in (pa.binary(), pa.large_binary(), getattr(pa, "binary_view", pa.large_binary)())
    ],
    (pa.binary(3), lambda r: b"abc"),
    (pa.decimal128(10, 2), lambda r: decimal.Decimal("1.25")),
    (pa.date32(), lambda r: datetime.date(2026, 1, 1)),
    (pa.timestamp("us", "UTC"), lambda r: datetime.datetime(2026, 1, 1, tzinfo=datetime.timezone.utc)),
    (pa.duration("s"), lambda r: datetime.timedelta(1)),
]


def array(chance: random.Random, length: int, depth: int = 0) -> pa.Array:
    """An array of any type, with nulls."""
    shape = chance.randrange(10) if depth < 3 else 0
    if shape < 5:
        kind, make = chance.choice(SCALARS)
        made = pa.array([None if chance.random() < 0.3 else make(chance) for _ in range(length)], kind)
    elif shape == 5:
        values = array(chance, chance.choice([0, 1, 5]), depth + 1)
        keys = [
            None if not len(values) or chance.random() < 0.3 else chance.randrange(len(values)) for _ in range(length)
        ]
        made = pa.DictionaryArray.from_arrays(
            pa.array(keys, chance.choice([pa.int8(), pa.uint32(), pa.int64()])), values
        )
    elif shape in (6, 7):
        sizes = [chance.choice([None, 0, 1, 3]) for _ in range(length)]
        offsets, total = [], 0
        for size in sizes:
            offsets.append(None if size is None else total)
            total += size or 0
        items = array(chance, total, depth + 1)
        large = shape == 7
        kind, of = (pa.int64(), pa.LargeListArray) if large else (pa.int32(), pa.ListArray)
        made = of.from_arrays(pa.array([*offsets, total], kind), items)
    elif shape == 8:
        made = pa.StructArray.from_arrays([array(chance, length, depth + 1) for _ in range(2)], ["x", "y"])
    else:
        pairs = [None if chance.random() < 0.3 else [("a", chance.choice(["a", None]))] for _ in range(length)]
        made = pa.array(pairs, pa.map_(pa.string(), pa.string()))
    start = chance.choice([0, 0, 1]) if len(made) > length else 0
    return made.slice(start, length)


def sliced(chance: random.Random, make: Any, length: int) -> pa.Array:
    """Rows out of the middle of a longer array."""
    before, after = chance.choice([0, 3]), chance.choice([0, 2])
    return make(chance, length + before + after).slice(before, length)


@pytest.mark.parametrize("part", range(8))
def test_no_array_crashes(part: int) -> None:
    answered = 0
    for seed in range(400 * part, 400 * (part + 1)):
        chance = random.Random(seed)
        length = chance.choice([0, 1, 7, 40])
        role = chance.choice(ROLES)
        column = sliced(chance, array, length)
        columns = {"visitor_code": pa.array([f"v{n}" for n in range(length)], pa.string()), "c": column}
        if role == "page_title":
            columns["url"] = pa.array(["a"] * length, pa.string())
        data = {
            "custom": Columns(custom_data={1: "c"}),
            "code": Columns(),
            "browser_version": Columns(browser="visitor_code", browser_version="c"),
            "page_title": Columns(page_url="url", page_title="c"),
        }.get(role) or Columns(**{role: "c"})
        try:
            answers = SNAPSHOT.assign(
                pa.table(columns),
                visitor_code="c" if role == "code" else "visitor_code",
                data=data,
                keep=chance.choice([True, False]),
                layout=chance.choice(["wide", "long"]),
            )
        except (TypeError, ValueError) as error:
            assert '"c"' in str(error) or "type" in str(error).lower() or "C Data" in str(error), error
            continue
        found = sum(len(batch) for batch in answers)
        assert found in (length, 9 * length)
        answered += 1
    assert answered > 50
