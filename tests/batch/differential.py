"""Compares ``Snapshot.assign`` with a client that is given the same data by ``add_data``, over random data files and tables.

usage: python -m tests.batch.differential [--count N] [--seed S] [--rows R]
"""

from __future__ import annotations

import argparse
import json
import logging
import random
import sys
from typing import Any

import pyarrow as pa

from kameleoon import KameleoonClient, KameleoonClientConfig
from kameleoon.batch import Columns, Snapshot
from kameleoon.data import (
    ApplicationVersion,
    Browser,
    BrowserType,
    Conversion,
    Cookie,
    CustomData,
    Data,
    Device,
    DeviceType,
    Geolocation,
    OperatingSystem,
    OperatingSystemType,
    PageView,
    UserAgent,
)
from kameleoon.exceptions import FeatureEnvironmentDisabled
from tests.differential import generate
from tests.differential.generate import Generator

STRING_VIEW = getattr(pa, "string_view", pa.large_string)()  # older versions have none

Row = dict[str, Any]
KINDS = ["device", "browser", "operating_system", "geolocation", "version", "pages", "user_agent", "cookies", "goals"]


def row(random: random.Random, number: int, custom: list[int | str], kinds: list[str]) -> Row:
    """What a visitor has: cells by the names of columns."""

    def some(make: Any) -> Any:
        return None if random.random() < 0.35 else make()

    def text() -> str:
        return random.choice(generate.POPULAR if random.random() < 0.4 else generate.TEXTS)

    count = random.randint(0, 3)
    names = random.sample([*generate.COOKIE_NAMES, "b"], random.randint(0, 2))
    cells: Row = {"code": f"{random.choice(generate.CODES)}{number}"}
    for key in custom:
        cells[f"custom {key}"] = some(
            lambda: [
                random.choice([text(), random.choice(generate.NUMBERS)]) for _ in range(random.choice([0, 1, 1, 2]))
            ]
        )
    for kind in kinds:
        if kind == "device":
            cells["device"] = some(lambda: random.choice(generate.DEVICES))
        elif kind == "browser":
            cells["browser"] = some(lambda: random.choice(generate.BROWSERS))
            cells["browser_version"] = some(lambda: random.choice([1.0, 10.5, 10.05, 100.0, 0.0, 3.22]))
        elif kind == "operating_system":
            cells["operating_system"] = some(lambda: random.choice(generate.SYSTEMS))
        elif kind == "geolocation":
            cells["country"] = some(lambda: random.choice(["France", "france", "USA", "İstanbul"]))
            cells["region"] = some(lambda: random.choice(["IDF", "idf"]))
            cells["city"] = some(lambda: random.choice(["Paris", "paris", "Lyon"]))
        elif kind == "version":
            cells["application_version"] = some(lambda: random.choice(generate.VERSIONS))
        elif kind == "pages":
            cells["page_url"] = some(lambda: [text() for _ in range(count)])
            cells["page_title"] = some(lambda: [some(text) for _ in range(count)])
        elif kind == "user_agent":
            cells["user_agent"] = some(text)
        elif kind == "cookies":
            cells["cookies"] = some(lambda: [(name, text()) for name in names])
        elif kind == "goals":
            cells["conversions"] = some(lambda: [random.choice(generate.GOALS) for _ in range(random.randint(0, 2))])
    return cells


def data(cells: Row, custom: list[int | str]) -> list[Data]:
    """The same for ``add_data``."""
    found: list[Data] = []
    for key in custom:
        values = cells[f"custom {key}"]
        if values is not None:
            found.append(CustomData(key, *values))
    if cells.get("device"):
        found.append(Device(DeviceType[cells["device"]]))
    if cells.get("browser"):
        found.append(Browser(BrowserType[cells["browser"]], cells["browser_version"]))
    if cells.get("operating_system"):
        found.append(OperatingSystem(OperatingSystemType[cells["operating_system"]]))
    place = {name: cells.get(name) for name in ("country", "region", "city")}
    if any(value is not None for value in place.values()):
        found.append(Geolocation(**place))
    if cells.get("application_version") is not None:
        found.append(ApplicationVersion(cells["application_version"]))
    urls, titles = cells.get("page_url") or [], cells.get("page_title") or []
    for position, url in enumerate(urls):
        found.append(PageView(url, titles[position] if position < len(titles) else None))
    if cells.get("user_agent") is not None:
        found.append(UserAgent(cells["user_agent"]))
    if cells.get("cookies") is not None:
        found.append(Cookie(dict(cells["cookies"])))
    found.extend(Conversion(goal) for goal in cells.get("conversions") or [])
    return found


def table(random: random.Random, rows: list[Row]) -> pa.Table:
    """The rows as Arrow columns, of one layout or another."""
    columns: dict[str, Any] = {}
    for name in rows[0]:
        values = [cells[name] for cells in rows]
        if name == "cookies":
            array = pa.array(values, pa.map_(pa.string(), pa.string()))
        elif name == "conversions":
            array = pa.array(values, random.choice([pa.list_(pa.int64()), pa.large_list(pa.int32())]))
        elif name.startswith("custom") and all(value is None or len(value) == 1 for value in values):
            array = texts(random, [value and value[0] for value in values])
        elif name.startswith("custom") or name in ("page_url", "page_title"):
            array = pa.array(values, random.choice([pa.list_(pa.string()), pa.large_list(pa.large_string())]))
        elif name == "browser_version":
            array = pa.array(values, random.choice([pa.float64(), pa.float32()][:1]))
        else:
            array = texts(random, values)
        columns[name] = array
    made = pa.table(columns)
    if random.random() < 0.3:  # a slice, of several chunks
        made = pa.concat_tables([made.slice(0, 3), made, made.slice(0, 1)]).slice(3, len(rows))
    return made


def texts(random: random.Random, values: list[str | None]) -> pa.Array:
    layout = random.randrange(5)
    if layout == 0:
        return pa.array(values, pa.large_string())
    if layout == 1:
        return pa.array(values, STRING_VIEW)
    if layout >= 3:
        encoded = pa.array(values, pa.string()).dictionary_encode()
        return encoded.cast(pa.dictionary(random.choice([pa.int8(), pa.int32(), pa.uint16()]), pa.string()))
    return pa.array(values, pa.string())


def asked(client: KameleoonClient, code: str, key: str) -> tuple[str, int | None, int | None] | None:
    try:
        variation = client.get_variation(code, key, track=False)
    except FeatureEnvironmentDisabled:
        return None
    return variation.key, variation.id_, variation.experiment_id


def compare(seed: int, row_count: int) -> tuple[int, list[str]]:
    """Compares one random table; returns how many answers were compared, and what differs."""
    chance = random.Random(seed)
    generator = Generator(seed)
    file = generator.data_file(chance.random() < 0.35)
    custom: list[int | str] = list(chance.sample(range(6), chance.randint(0, 4)))
    custom = [f"cd{index}" if chance.random() < 0.2 else index for index in custom]
    kinds = [kind for kind in KINDS if chance.random() < 0.6]
    rows = [row(chance, number, custom, kinds) for number in range(row_count)]
    named = {name: name for name in rows[0] if name != "code" and not name.startswith("custom")}
    columns = Columns(custom_data={key: f"custom {key}" for key in custom}, **named)
    snapshot = Snapshot(file)
    keys = snapshot.flag_keys
    if chance.random() < 0.3:
        keys = chance.sample(keys, chance.randint(1, len(keys)))
    given = table(chance, rows)
    settings: Any = {"visitor_code": "code", "data": columns, "flags": keys, "threads": chance.choice([1, 2])}
    wide = pa.table(snapshot.assign(given, **settings)).to_pydict()
    long = pa.table(snapshot.assign(given, layout="long", **settings)).to_pylist()
    # Visitors of one client are linked by mapping identifiers; rows are not.
    alone = any("isMappingIdentifier" in entry for entry in file["customData"])
    client = KameleoonClient("site", KameleoonClientConfig.offline(file))
    differences = []
    for number, cells in enumerate(rows):
        if alone:
            client = KameleoonClient("site", KameleoonClientConfig.offline(file))
        known = data(cells, custom)
        if known:
            client.add_data(cells["code"], *known)
        for position, key in enumerate(keys):
            expected = asked(client, cells["code"], key)
            found = long[number * len(keys) + position]
            as_long = (found["variation"], found["variation_id"], found["experiment_id"])
            if found["reason"] == "disabled":
                as_long = None if as_long == (None, None, None) else as_long
            if expected != as_long or (expected[0] if expected else None) != wide[key][number] or found["flag"] != key:
                differences.append(
                    f"seed {seed} row {number} flag {key}: expected {expected}, wide {wide[key][number]!r}, long {found}, "
                    f"of {json.dumps(cells)}"
                )
    return len(rows) * len(keys), differences


def main() -> int:
    parser = argparse.ArgumentParser(
        prog="python -m tests.batch.differential", description=(__doc__ or "").splitlines()[0]
    )
    parser.add_argument("--count", type=int, default=2000, help="how many data files")
    parser.add_argument("--seed", type=int, default=1, help="the first one's")
    parser.add_argument("--rows", type=int, default=16, help="rows of each table")
    options = parser.parse_args()
    logging.disable(logging.CRITICAL)
    compared, differences = 0, []
    for seed in range(options.seed, options.seed + options.count):
        count, found = compare(seed, options.rows)
        compared += count
        differences += found
    for difference in differences[:20]:
        print(difference)
    print(f"{options.count} data files, {compared} answers, {len(differences)} mismatches")
    return 1 if differences else 0


if __name__ == "__main__":
    sys.exit(main())
