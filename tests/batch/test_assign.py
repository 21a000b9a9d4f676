"""``Snapshot.assign``: layouts, columns, bad input, interrupts."""

from __future__ import annotations

import copy
import pickle
import subprocess
import sys
import textwrap
import threading
import time
from typing import Any

import duckdb
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

from kameleoon import KameleoonClient, KameleoonClientConfig
from kameleoon._native import bucket
from kameleoon.batch import Columns, Snapshot
from kameleoon.exceptions import ConfigException
from tests.data_files import data_file, flag, rule, segment

STRING_VIEW = getattr(pa, "string_view", pa.large_string)()  # older versions have none

HALVES = [
    {"variationKey": "off", "variationId": 12, "exposition": 0.5},
    {"variationKey": "on", "variationId": 13, "exposition": 0.5},
]


def halves(key: str = "flag", identifier: int = 1, **more: Any) -> dict[str, Any]:
    return flag(key, identifier, [rule(10 * identifier, type="EXPERIMENTATION", variationByExposition=HALVES, **more)])


def custom(index: int, value: str) -> dict[str, Any]:
    return {"targetingType": "CUSTOM_DATUM", "customDataIndex": index, "valueMatchType": "EXACT", "value": value}


CODES = [f"visitor {number}" for number in range(1000)]
SNAPSHOT = Snapshot(data_file(halves()))


def expected(snapshot: Snapshot = SNAPSHOT, codes: list[str] = CODES, key: str = "flag") -> list[str]:
    client = KameleoonClient("site", KameleoonClientConfig.offline(snapshot.data_file))
    return [client.get_variation(code, key, track=False).key for code in codes]


@pytest.mark.parametrize(
    "codes",
    [
        pa.array(CODES, pa.string()),
        pa.array(CODES, pa.large_string()),
        pa.array(CODES, STRING_VIEW),
        pa.array(CODES).dictionary_encode(),
        pa.array(["", *CODES, ""]).slice(1, 1000),
        pa.chunked_array([CODES[:1], [], CODES[1:600], CODES[600:]]),
    ],
    ids=["utf8", "large utf8", "utf8 view", "dictionary", "slice", "chunks"],
)
@pytest.mark.parametrize("threads", [1, 3])
def test_codes_of_every_layout(codes: Any, threads: int) -> None:
    answers = SNAPSHOT.assign(pa.table({"visitor_code": codes}), threads=threads)
    assert pa.table(answers).column("flag").to_pylist() == expected()
    assert answers.counts == (1000, 0, 0, 0)


def test_every_engine_gives_and_takes_tables() -> None:
    frame = pl.DataFrame({"visitor_code": CODES})
    assert pl.DataFrame(SNAPSHOT.assign(frame))["flag"].to_list() == expected()
    batch = pa.RecordBatch.from_pydict({"visitor_code": CODES})
    assert pa.table(SNAPSHOT.assign(batch)).column("flag").to_pylist() == expected()
    reader = pa.table({"visitor_code": CODES}).to_reader(max_chunksize=7)
    assert pa.table(SNAPSHOT.assign(reader)).column("flag").to_pylist() == expected()
    relation = duckdb.sql("select 'visitor ' || range as visitor_code from range(1000)")
    assert pa.table(SNAPSHOT.assign(relation)).column("flag").to_pylist() == expected()
    pandas = pa.Table.from_pandas(pd.DataFrame({"visitor_code": CODES}))
    assert pa.table(SNAPSHOT.assign(pandas)).to_pandas()["flag"].tolist() == expected()


def test_batches_one_by_one() -> None:
    table = pa.table({"visitor_code": CODES})
    batches = [pa.record_batch(batch) for batch in SNAPSHOT.assign(table)]
    assert pa.Table.from_batches(batches).column("flag").to_pylist() == expected()
    assert [len(batch) for batch in SNAPSHOT.assign(table)] == [1000]


def test_answers_are_read_once() -> None:
    answers = SNAPSHOT.assign(pa.table({"visitor_code": ["a"]}))
    assert pa.schema(answers).names == ["visitor_code", "flag"]
    pa.table(answers)
    with pytest.raises(ValueError, match="read already"):
        pa.table(answers)
    assert list(answers) == []


def test_codes_that_cannot_be_used_are_null_and_counted() -> None:
    table = pa.table({"visitor_code": ["a", None, "", "x" * 256, "é" * 255]})
    answers = SNAPSHOT.assign(table)
    found = pa.table(answers).column("flag").to_pylist()
    assert found == [expected(codes=["a"])[0], None, None, None, expected(codes=["é" * 255])[0]]
    assert answers.counts == (5, 1, 1, 1)


def test_columns_that_go_along() -> None:
    table = pa.table({"visitor_code": ["a", "b"], "n": [1, 2], "m": [[1], None]})
    for keep, names in [(None, ["visitor_code"]), (True, ["visitor_code", "n", "m"]), (False, []), (["m"], ["m"])]:
        found = pa.table(SNAPSHOT.assign(table, keep=keep))
        assert found.column_names == [*names, "flag"]
        assert found.drop_columns("flag") == table.select(names) or not names
    long = pa.table(SNAPSHOT.assign(table, keep=True, layout="long"))
    assert long.column("m").to_pylist() == [[1], None]


def test_answers_without_columns_have_rows() -> None:
    table = pa.table({"visitor_code": ["a", "b"]})
    assert [len(batch) for batch in Snapshot(data_file()).assign(table, keep=False)] == [2]
    assert [len(batch) for batch in SNAPSHOT.assign(table, flags=[], keep=False)] == [2]


def test_answers_are_counted() -> None:
    answers = SNAPSHOT.assign(pa.table({"visitor_code": [*CODES, None]}))
    assert answers.outcomes == []
    pa.table(answers)
    off = expected().count("off")
    assert [(outcome.variation, outcome.rows) for outcome in answers.outcomes] == [("off", off), ("on", 1000 - off)]
    assert {outcome[3:6] for outcome in answers.outcomes} == {(11, 10, "targeted")}


def test_long_answers_have_ids_and_reasons() -> None:
    file = data_file(
        halves("half", 1),
        flag("delivered", 2, [rule(20)]),
        flag("targeted", 3, [rule(30, segmentId=5)]),
        flag("unexposed", 4, [rule(40, exposition=0.0)]),
        flag("off", 5, [rule(50)], environmentEnabled=False),
        segments=[segment(5, custom(1, "x"))],
    )
    table = pa.table({"visitor_code": ["a", None], "plan": ["y", "x"]})
    found = pa.table(Snapshot(file).assign(table, data=Columns(custom_data={1: "plan"}), layout="long")).to_pylist()
    key = expected(Snapshot(file), ["a"], "half")[0]
    identifier = {"off": 12, "on": 13}[key]
    assert [tuple(row.values()) for row in found] == [
        ("a", "half", key, identifier, 11, 10, "targeted"),
        ("a", "delivered", "on", 22, 21, 20, "targeted"),
        ("a", "targeted", "off", None, None, None, "not targeted"),
        ("a", "unexposed", "off", None, None, 40, "not exposed"),
        ("a", "off", None, None, None, None, "disabled"),
        *[(None, name, None, None, None, None, "invalid visitor code") for name in Snapshot(file).flag_keys],
    ]


def test_holdouts_and_groups_are_reasons() -> None:
    groups = [halves(f"f{number}", number, mutuallyExclusiveGroup="g") for number in (1, 2)]
    for one in groups:
        one["mutuallyExclusiveGroup"] = "g"
    holdout = {
        "experimentId": 99,
        "variationByExposition": [
            {"variationKey": "in-holdout", "variationId": 98, "exposition": 0.3},
            {"variationKey": "not-in-holdout", "variationId": 97, "exposition": 0.7},
        ],
    }
    snapshot = Snapshot(data_file(*groups, holdout=holdout))
    found = pa.table(snapshot.assign(pa.table({"visitor_code": CODES}), layout="long")).to_pylist()
    reasons = [{row["reason"] for row in found if row["visitor_code"] == code} for code in CODES]
    held = [bucket(code, 99) <= 0.3 for code in CODES]
    assert reasons == [{"holdout"} if out else {"targeted", "other flag of the group"} for out in held]


def test_the_hash_vectors() -> None:
    """A variation for each thousandth: the variation tells the bucket."""
    shares = [{"variationKey": f"v{n}", "variationId": n + 1, "exposition": 0.001} for n in range(1000)]
    one = flag("flag", 1, [rule(10, type="EXPERIMENTATION", variationByExposition=shares)])
    one["variations"] = [{"key": f"v{n}"} for n in range(1000)]
    codes = [*CODES, *("é" * n for n in range(1, 80)), *("x" * n for n in range(1, 255))]
    found = pa.table(Snapshot(data_file(one)).assign(pa.table({"visitor_code": codes}))).column("flag").to_pylist()
    ends, total = [], 0.0
    for _ in shares:
        total += 0.001
        ends.append(total)
    for code, key in zip(codes, found):
        value = bucket(code, 11)
        assert key == next(f"v{n}" for n, end in enumerate(ends) if value <= end)


@pytest.mark.parametrize(
    ("arguments", "error", "text"),
    [
        ({"visitor_code": "code"}, ValueError, r'no column "code"; it has: "visitor_code", "n"'),
        ({"visitor_code": "n"}, TypeError, r'column "n" cannot be visitor codes: expected text, found Int64'),
        ({"data": Columns(device="phone")}, ValueError, r'no column "phone"'),
        ({"data": Columns(device="n")}, TypeError, r'column "n" cannot be device: expected text, found Int64'),
        ({"data": Columns(cookies="n")}, TypeError, r'column "n" cannot be cookies: expected a map'),
        ({"data": Columns(custom_data={"plan": "n"})}, ValueError, r'no custom data named "plan"'),
        ({"data": Columns(page_title="visitor_code")}, ValueError, "page_title needs page_url"),
        ({"flags": ["flog"]}, ValueError, r'no flag "flog"; did you mean "flag"\?'),
        ({"flags": "flag"}, TypeError, r"flags=\['flag'\]"),
        ({"keep": "n"}, TypeError, r"keep=\['n'\]"),
        ({"keep": ["m"]}, ValueError, 'no column "m"'),
        ({"layout": "tall"}, ValueError, "'wide' or 'long', not 'tall'"),
        ({"threads": 0}, ValueError, "at least 1"),
    ],
)
def test_bad_requests_are_named_before_any_work(arguments: Any, error: type[Exception], text: str) -> None:
    table = pa.table({"visitor_code": ["a"], "n": [1]})
    with pytest.raises(error, match=text):
        SNAPSHOT.assign(table, **arguments)


def test_bad_tables_are_named() -> None:
    with pytest.raises(TypeError, match="__arrow_c_stream__"):
        SNAPSHOT.assign([{"visitor_code": "a"}])
    with pytest.raises(ValueError, match='two columns of the answer would be named "flag"'):
        SNAPSHOT.assign(pa.table({"visitor_code": ["a"], "flag": [1]}), keep=True)
    with pytest.raises(TypeError, match="name of a column"):
        Columns(device=1)  # type: ignore[arg-type]


def test_an_input_that_fails_is_an_error_of_the_answer() -> None:
    def batches() -> Any:
        yield pa.RecordBatch.from_pydict({"visitor_code": ["a"]})
        raise RuntimeError("the disk is gone")

    reader = pa.RecordBatchReader.from_batches(pa.schema({"visitor_code": pa.string()}), batches())
    with pytest.raises(Exception, match="the disk is gone"):
        pa.table(SNAPSHOT.assign(reader))


def test_a_snapshot_travels_and_is_compiled_once(caplog: pytest.LogCaptureFixture) -> None:
    snapshot = Snapshot(
        data_file(flag("flag", 1, [rule(10, segmentId=5)]), segments=[segment(5, {"targetingType": "?"})])
    )
    assert "this kind is not known" in caplog.text
    caplog.clear()
    travelled = pickle.loads(pickle.dumps(snapshot))
    assert caplog.text == "", "compiled again, it would tell again"
    assert (travelled.data_file, repr(travelled)) == (snapshot.data_file, repr(snapshot))
    assert copy.copy(SNAPSHOT).flag_keys == ["flag"]


def test_a_client_gives_a_snapshot_of_its_data_file() -> None:
    client = KameleoonClient("site", KameleoonClientConfig.offline(SNAPSHOT.data_file))
    assert client.snapshot().data_file == SNAPSHOT.data_file
    online = KameleoonClient("site", KameleoonClientConfig("id", "secret", endpoint="http://127.0.0.1:9"))
    with online, pytest.raises(ConfigException, match="no data file"):
        online.snapshot()


def test_no_data_file_is_no_snapshot(tmp_path: Any) -> None:
    with pytest.raises(ConfigException, match="the data file cannot be read"):
        Snapshot(tmp_path / "missing.json")
    with pytest.raises(ConfigException, match="the data file cannot be used"):
        Snapshot(b"{")


LONG_WORK = """
import itertools, os, signal, sys, threading, time
import pyarrow as pa
from kameleoon.batch import Snapshot
from tests.data_files import data_file, flag, rule
snapshot = Snapshot(data_file(*(flag(f"f{n}", n + 1, [rule(10 * n + 10, type="EXPERIMENTATION")]) for n in range(50))))
batch = pa.RecordBatch.from_pydict({"visitor_code": [f"{n:016}" for n in range(1_000_000)]})
def interrupt():
    time.sleep(1)
    print(time.monotonic(), flush=True)
    os.kill(os.getpid(), signal.SIGINT)
threading.Thread(target=interrupt, daemon=True).start()
reader = pa.RecordBatchReader.from_batches(batch.schema, itertools.repeat(batch))
try:
    WAY
except (KeyboardInterrupt, pa.ArrowInvalid) as error:
    print(time.monotonic(), repr(error), flush=True)
"""


@pytest.mark.parametrize(
    ("way", "error"),
    [
        ("for answer in snapshot.assign(reader): pass", "KeyboardInterrupt()"),
        (
            "for answer in pa.RecordBatchReader.from_stream(snapshot.assign(reader)): pass",
            "interrupted by KeyboardInterrupt",
        ),
    ],
    ids=["one by one", "by the protocol"],
)
@pytest.mark.skipif(sys.platform == "win32", reason="signals are sent otherwise there")
def test_an_interrupt_ends_the_work(way: str, error: str) -> None:
    program = LONG_WORK.replace("WAY", way)
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=False)
    sent, ended, raised = done.stdout.split(maxsplit=2)
    assert error in raised
    assert float(ended) - float(sent) < 2, "200 ms are the goal; machines are shared"


@pytest.mark.long
def test_other_threads_run_meanwhile() -> None:
    """The interpreter's lock is not held."""
    table = pa.table({"visitor_code": CODES * 500})
    longest, stop = 0.0, False

    def tick() -> None:
        nonlocal longest
        last = time.perf_counter()
        while not stop:
            time.sleep(0.001)
            now = time.perf_counter()
            longest, last = max(longest, now - last), now

    ticker = threading.Thread(target=tick)
    ticker.start()
    many = Snapshot(data_file(*(halves(f"f{n}", n + 1) for n in range(40))))
    start = time.perf_counter()
    for _ in many.assign(table, threads=1):
        pass
    took = time.perf_counter() - start
    stop = True
    ticker.join()
    assert longest < took / 3


def test_a_fork_meanwhile_can_go_on(tmp_path: Any) -> None:
    program = textwrap.dedent(
        """
        import os, sys, threading, time
        import pyarrow as pa
        from kameleoon.batch import Snapshot
        from tests.data_files import data_file, flag, rule
        snapshot = Snapshot(data_file(*(flag(f"f{n}", n + 1) for n in range(20))))
        table = pa.table({"visitor_code": [f"{n:016}" for n in range(20_000)]})
        stop = False
        def work():
            while not stop:
                for _ in snapshot.assign(table, threads=2): pass
        threading.Thread(target=work, daemon=True).start()
        for number in range(30):
            child = os.fork()
            if child == 0:
                rows = sum(len(batch) for batch in snapshot.assign(table, threads=2))
                os._exit(0 if rows == 20_000 else 1)
            assert os.waitpid(child, 0)[1] == 0
        stop = True
        os._exit(0)
        """
    )
    subprocess.run([sys.executable, "-c", program], timeout=60, check=True)


def test_a_table_of_one_piece_is_answered_piece_by_piece() -> None:
    """What is held at a time does not grow with the table: the first answers come when few of the rows are done."""
    codes = pa.array(CODES * 1000)
    answers = SNAPSHOT.assign(pa.RecordBatch.from_pydict({"visitor_code": codes}), threads=2)
    next(iter(answers))
    assert answers.counts.rows < len(codes) // 2
