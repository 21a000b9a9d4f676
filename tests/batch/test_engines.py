"""The engines that answer in this process: pyarrow, Polars, DuckDB, pandas."""

from __future__ import annotations

import datetime
import subprocess
import sys
from pathlib import Path
from typing import Any, Callable

import pytest

pytest.importorskip("duckdb")
pytest.importorskip("pandas")
pytest.importorskip("polars")
pytest.importorskip("pyarrow")

import duckdb
import pandas as pd
import polars as pl
import pyarrow as pa
import pyarrow.dataset
import pyarrow.parquet

from kameleoon.batch import Columns, Snapshot
from kameleoon.batch import arrow as on_arrow
from kameleoon.batch import duckdb as on_duckdb
from kameleoon.batch import pandas as on_pandas
from kameleoon.batch import polars as on_polars
from tests.batch import examples
from tests.batch.visitors import QUESTIONS, SNAPSHOT, VISITORS, local
from tests.data_files import data_file, flag

CONNECTION = duckdb.connect()  # older versions close one that nobody has
ENGINES = ["arrow", "duckdb", "pandas", "polars", "ray", "spark"]
Ask = Callable[..., Any]


def dataset() -> Any:
    half = VISITORS.num_rows // 2
    return pyarrow.dataset.dataset([pyarrow.dataset.dataset(VISITORS[:half]), pyarrow.dataset.dataset(VISITORS[half:])])


def by_parquet(folder: Path, **question: Any) -> Any:
    pyarrow.parquet.write_table(VISITORS, folder / "visitors.parquet", row_group_size=300)
    on_arrow.assign_parquet(folder / "visitors.parquet", folder / "answers.parquet", SNAPSHOT, **question)
    return pyarrow.parquet.read_table(folder / "answers.parquet")


def from_pandas(frame: pd.DataFrame) -> pa.Table:
    """As rows: what is missing is null, whatever pandas has for it."""
    return pa.Table.from_pandas(frame, preserve_index=False)


def pandas_visitors() -> pd.DataFrame:
    return VISITORS.to_pandas()


WAYS: dict[str, Ask] = {
    "arrow table": lambda _, **question: on_arrow.assign(VISITORS, SNAPSHOT, **question).read_all(),
    "arrow reader": lambda _, **question: on_arrow.assign(VISITORS.to_reader(70), SNAPSHOT, **question).read_all(),
    "arrow dataset": lambda _, **question: on_arrow.assign(dataset(), SNAPSHOT, **question).read_all(),
    "parquet": by_parquet,
    "polars eager": lambda _, **question: on_polars.assign(pl.DataFrame(VISITORS), SNAPSHOT, **question).to_arrow(),
    "polars lazy": lambda _, **question: (
        on_polars.assign(pl.LazyFrame(VISITORS), SNAPSHOT, **question).collect(engine="in-memory").to_arrow()
    ),
    "polars streaming": lambda _, **question: (
        on_polars.assign(pl.LazyFrame(VISITORS), SNAPSHOT, **question).collect(engine="streaming").to_arrow()
    ),
    "duckdb": lambda _, **question: on_duckdb.assign(CONNECTION.from_arrow(VISITORS), SNAPSHOT, **question).read_all(),
    "pandas": lambda _, **question: from_pandas(on_pandas.assign(pandas_visitors(), SNAPSHOT, **question)),
}


@pytest.mark.parametrize("question", QUESTIONS.values(), ids=list(QUESTIONS))
@pytest.mark.parametrize("way", WAYS.values(), ids=list(WAYS))
def test_answers_are_those_of_the_snapshot(way: Ask, question: dict[str, Any], tmp_path: Path) -> None:
    assert way(tmp_path, **question).to_pylist() == local(**question)


@pytest.mark.parametrize(
    ("question", "error", "text"),
    [
        ({"visitor_code": "code"}, ValueError, r'no column "code"; it has: "n", "a.b", "visitor_code", "plan"'),
        ({"visitor_code": "n"}, TypeError, r'column "n" cannot be visitor codes: expected text, found Int64'),
        ({"data": Columns(device="n")}, TypeError, r'column "n" cannot be device'),
        ({"flags": ["hulf"]}, ValueError, r'no flag "hulf"; did you mean "half"\?'),
        ({"keep": "n"}, TypeError, r"keep=\['n'\]"),
        ({"keep": ["m"]}, ValueError, 'no column "m"'),
        ({"layout": "tall"}, ValueError, "'wide' or 'long', not 'tall'"),
        ({"threads": 0}, ValueError, "at least 1"),
    ],
)
@pytest.mark.parametrize("way", WAYS.values(), ids=list(WAYS))
def test_what_is_wrong_is_raised_at_once(
    way: Ask, question: dict[str, Any], error: type[Exception], text: str, tmp_path: Path
) -> None:
    with pytest.raises(error, match=text):
        way(tmp_path, **question)
    assert not (tmp_path / "answers.parquet").exists()


@pytest.mark.parametrize("way", WAYS.values(), ids=list(WAYS))
@pytest.mark.parametrize("layout", ["wide", "long"])
def test_no_flags_are_no_columns(way: Ask, layout: str, tmp_path: Path) -> None:
    found = way(tmp_path, flags=[], layout=layout, keep=["n"])
    assert found.to_pylist() == local(flags=[], layout=layout, keep=["n"])


def test_parquet_is_read_and_written_in_pieces(tmp_path: Path) -> None:
    source, target = tmp_path / "visitors.parquet", tmp_path / "answers.parquet"
    count = 1_200_000
    pyarrow.parquet.write_table(pa.table({"code": pa.array(range(count)).cast(pa.string())}), source)
    counts = on_arrow.assign_parquet(source, target, SNAPSHOT, visitor_code="code", flags=["half"], compression="zstd")
    assert counts == (count, 0, 0, 0)
    written = pyarrow.parquet.ParquetFile(target).metadata
    assert (written.num_rows, written.num_row_groups) == (count, 3)
    assert written.row_group(0).column(0).compression == "ZSTD"


def test_parquet_that_fails_leaves_the_target_as_it_was(tmp_path: Path) -> None:
    source, target = tmp_path / "visitors.parquet", tmp_path / "answers.parquet"
    target.write_text("before")
    pyarrow.parquet.write_table(VISITORS, source)
    text = bytearray(source.read_bytes())
    text[10:1000] = bytes(990)
    source.write_bytes(text)
    with pytest.raises((OSError, pa.ArrowException, RuntimeError)):
        on_arrow.assign_parquet(source, target, SNAPSHOT, keep=True)
    assert target.read_text() == "before"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["answers.parquet", "visitors.parquet"]


def test_an_empty_parquet_file_has_an_empty_answer(tmp_path: Path) -> None:
    pyarrow.parquet.write_table(VISITORS[:0], tmp_path / "visitors.parquet")
    counts = on_arrow.assign_parquet(tmp_path / "visitors.parquet", tmp_path / "answers.parquet", SNAPSHOT)
    assert counts == (0, 0, 0, 0)
    assert pyarrow.parquet.read_table(tmp_path / "answers.parquet").column_names[0] == "visitor_code"


def test_polars_keeps_the_kind_of_frame() -> None:
    frame = pl.DataFrame(VISITORS)
    assert isinstance(on_polars.assign(frame, SNAPSHOT), pl.DataFrame)
    lazy = on_polars.assign(frame.lazy(), SNAPSHOT)
    assert isinstance(lazy, pl.LazyFrame)
    assert lazy.collect_schema() == on_polars.assign(frame, SNAPSHOT).schema
    assert isinstance(lazy.collect_schema()["half"], pl.Categorical)


@pytest.mark.parametrize("engine", ["in-memory", "streaming"])
def test_what_polars_is_asked_of_the_answers_is_asked_of_them(engine: Any) -> None:
    lazy = on_polars.assign(pl.LazyFrame(VISITORS), SNAPSHOT, keep=["n"])
    expected = [row["n"] for row in local(keep=["n"]) if row["half"] == "on"]
    found = lazy.filter(pl.col("half") == "on").select("n").collect(engine=engine)
    assert found["n"].to_list() == expected
    assert lazy.filter(pl.col("n") == 8).collect(engine=engine).rows() == [tuple(local(keep=["n"])[8].values())]
    long = on_polars.assign(pl.LazyFrame(VISITORS), SNAPSHOT, layout="long", keep=["n"])
    assert long.slice(1, 3).collect(engine=engine)["n"].to_list() == [0, 0, 1]


def test_polars_streams_from_file_to_file(tmp_path: Path) -> None:
    frame = pl.concat([pl.DataFrame(VISITORS)] * 300).with_columns(unread=pl.lit("x"))
    frame.write_parquet(tmp_path / "visitors.parquet")
    lazy = on_polars.assign(pl.scan_parquet(tmp_path / "visitors.parquet"), SNAPSHOT)
    assert "PROJECT 1/" in lazy.explain(), "columns that are not needed are not read"
    lazy.sink_parquet(tmp_path / "answers.parquet")
    assert pl.read_parquet(tmp_path / "answers.parquet").equals(on_polars.assign(frame, SNAPSHOT))


def test_polars_columns_that_are_not_needed_may_be_anything() -> None:
    frame = pl.DataFrame({"visitor_code": ["a"], "object": pl.Series([object()], dtype=pl.Object)})
    assert on_polars.assign(frame, SNAPSHOT).height == 1
    assert on_polars.assign(frame.lazy(), SNAPSHOT).collect().height == 1


def test_duckdb_asks_the_answers_by_another_connection() -> None:
    with duckdb.connect() as connection:
        relation = connection.sql("select 'visitor ' || range as visitor_code from range(100000)")
        answers = on_duckdb.assign(relation, SNAPSHOT, flags=["half"])  # noqa: F841 (the query names it)
        other = connection.cursor()
        found = dict(other.sql("select half, count(*) from answers group by 1").fetchall())
    assert found.keys() == {"on", "off"}
    assert sum(found.values()) == 100_000


def test_a_function_of_duckdb() -> None:
    expected = [row["half"] for row in local(flags=["half"])]
    with duckdb.connect() as connection:
        on_duckdb.register(connection, SNAPSHOT, "half", name="half")
        on_duckdb.register(connection, SNAPSHOT, "disabled", name="nothing")
        visitors = connection.from_arrow(VISITORS)
        found = visitors.query("visitors", "select half(visitor_code), nothing(visitor_code) from visitors order by n")
        assert found.fetchall() == [(key, None) for key in expected]
        assert connection.sql("select half('visitor 1'), half(null), half('')").fetchall() == [
            (expected[1], None, None)
        ]
        many = connection.sql("select count(half('visitor ' || range)) from range(300000)").fetchall()
        assert many == [(300_000,)]
        with pytest.raises(ValueError, match='no flag "hulf"; did you mean "half"'):
            on_duckdb.register(connection, SNAPSHOT, "hulf", name="other")


def test_pandas_has_categories_and_its_own_index() -> None:
    frame = pandas_visitors().set_index(pd.Index(["x", "y"] * 500, name="twice"))
    found = on_pandas.assign(frame, SNAPSHOT)
    assert found.index.equals(frame.index)
    assert isinstance(found["half"].dtype, pd.CategoricalDtype)
    assert found["visitor_code"].dtype == frame["visitor_code"].dtype
    long = on_pandas.assign(frame, SNAPSHOT, layout="long", flags=["half", "disabled"])
    assert long.index.tolist() == frame.index.repeat(2).tolist()
    assert str(long["variation_id"].dtype) == "Int64"
    assert on_pandas.assign(frame[:0], SNAPSHOT, layout="long").columns.tolist()[0] == "visitor_code"


def test_pandas_columns_go_along_as_they_are() -> None:
    thing, when = object(), datetime.datetime(2026, 1, 1, tzinfo=datetime.timezone.utc)
    frame = pd.DataFrame({"visitor_code": ["a"], "thing": [thing], "when": [when], 7: [None]})
    found = on_pandas.assign(frame, SNAPSHOT, keep=True)
    assert found[frame.columns].equals(frame)
    assert found["thing"].iloc[0] is thing
    with pytest.raises(ValueError, match='two columns of the answer would be named "half"'):
        on_pandas.assign(frame.assign(half=1), SNAPSHOT, keep=True)
    with pytest.raises(TypeError):
        on_pandas.assign(pd.DataFrame({"visitor_code": ["a", 1]}, dtype=object), SNAPSHOT)


@pytest.mark.parametrize("engine", ENGINES)
def test_an_engine_that_is_missing_is_named_with_its_extra(engine: str) -> None:
    program = f"""
import sys
for name in ("duckdb", "pandas", "polars", "pyarrow", "pyspark", "ray"):
    sys.modules[name] = None
import kameleoon.batch
import kameleoon.batch.{engine}
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=False)
    assert f"kameleoon.batch.{engine} needs " in done.stderr
    assert done.stderr.strip().endswith(f"hint: pip install 'kameleoon-rs[{engine}]'")


def test_the_package_imports_no_engine() -> None:
    program = """
import sys
import kameleoon, kameleoon.batch
kameleoon.batch.Snapshot({"featureFlags": []}).flag_keys
print(sorted({"duckdb", "numpy", "pandas", "polars", "pyarrow", "pyspark", "ray"} & {*sys.modules}))
"""
    assert subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout == "[]\n"


def test_names_of_flags_are_names_of_columns() -> None:
    snapshot = Snapshot(data_file(flag('a "quoted", key'), flag("é", 2)))
    for found in (
        on_duckdb.assign(CONNECTION.from_arrow(VISITORS), snapshot, keep=["a.b"]).read_all().column_names,
        on_polars.assign(pl.LazyFrame(VISITORS), snapshot, keep=["a.b"]).collect(engine="streaming").columns,
        on_pandas.assign(pandas_visitors(), snapshot, keep=["a.b"]).columns.tolist(),
    ):
        assert found == ["a.b", 'a "quoted", key', "é"]


@pytest.mark.parametrize("engine", ["arrow", "duckdb", "pandas", "polars"])
def test_an_example_prints_its_table(engine: str) -> None:
    assert examples.table(examples.printed(engine)) == examples.ANSWERS
