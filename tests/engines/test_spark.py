"""Spark with executors in processes of their own: the answers are the local ones, row for row."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("pyspark")
if shutil.which("java") is None:
    pytest.skip("Spark needs Java 17 or 21: no `java` on the path", allow_module_level=True)

import pyspark
from pyspark.sql import DataFrame, SparkSession

from kameleoon.batch import Columns, Snapshot
from kameleoon.batch import spark as on_spark
from tests.batch import examples
from tests.batch.visitors import QUESTIONS, REPORTING, SNAPSHOT, VISITORS, local
from tests.engines.workers import Workers

PARTITIONS = 8
pytestmark = pytest.mark.filterwarnings("ignore:PySpark does not yet fully support pandas:FutureWarning")
ENVIRONMENT = {
    "SPARK_HOME": str(Path(pyspark.__file__).parent),
    "PYSPARK_PYTHON": sys.executable,
    "SPARK_LOCAL_IP": "127.0.0.1",
}


@pytest.fixture(scope="module")
def workers(tmp_path_factory: pytest.TempPathFactory) -> Workers:
    return Workers(tmp_path_factory.mktemp("workers"))


@pytest.fixture(scope="module")
def spark(workers: Workers, tmp_path_factory: pytest.TempPathFactory) -> Iterator[SparkSession]:
    folder = tmp_path_factory.mktemp("spark")
    settings = {
        "spark.executorEnv.PYTHONPATH": workers.path,
        "spark.local.dir": folder / "local",
        "spark.sql.execution.arrow.maxRecordsPerBatch": 64,
        "spark.sql.shuffle.partitions": 2,
        "spark.sql.warehouse.dir": folder / "warehouse",
        "spark.ui.enabled": "false",
    }
    with pytest.MonkeyPatch.context() as patch:
        for name, value in ENVIRONMENT.items():
            patch.setenv(name, value)
        patch.setenv("SPARK_WORKER_DIR", str(folder / "work"))
        patch.setenv("PYTHONPATH", workers.path)
        builder = SparkSession.builder.master("local-cluster[2,1,1024]").appName("assign")
        for name, value in settings.items():
            builder = builder.config(name, str(value))
        session = builder.getOrCreate()
        yield session
        session.stop()


@pytest.fixture(scope="module")
def visitors(spark: SparkSession) -> DataFrame:
    schema = "n long, `a.b` double, visitor_code string, plan string, device string, pages array<string>"
    return spark.createDataFrame(VISITORS.to_pylist(), schema).repartition(PARTITIONS, "n")


@pytest.mark.parametrize("question", QUESTIONS.values(), ids=list(QUESTIONS))
def test_answers_are_the_local_ones(visitors: DataFrame, question: dict[str, Any]) -> None:
    found = [row.asDict() for row in on_spark.assign(visitors, SNAPSHOT, **question).collect()]
    assert sorted(found, key=str) == sorted(local(**question), key=str)


def test_rows_stay_in_order(spark: SparkSession) -> None:
    ordered = spark.range(1000, numPartitions=3).selectExpr("id as n", "concat('visitor ', id) as visitor_code")
    answers = on_spark.assign(ordered, SNAPSHOT, keep=["n"], flags=["half"])
    assert [row.n for row in answers.collect()] == list(range(1000))


def test_empty_partitions_and_frames(visitors: DataFrame) -> None:
    assert on_spark.assign(visitors.where("n < 0"), SNAPSHOT).collect() == []
    assert len(on_spark.assign(visitors.where("n = 1"), SNAPSHOT).collect()) == 1


def test_columns_keep_their_types_and_answers_are_text(spark: SparkSession) -> None:
    visitors = spark.sql(
        "select 'a' as visitor_code, cast(1.5 as decimal(9, 2)) as price, timestamp '2026-01-02 03:04:05' as seen, "
        "map('a', 1) as counts, named_struct('x', date '2026-01-02') as nested, interval '1' day as age"
    )
    answers = on_spark.assign(visitors, SNAPSHOT, keep=True)
    assert answers.schema.fields[:6] == visitors.schema.fields
    assert {field.dataType.simpleString() for field in answers.schema.fields[6:]} == {"string"}
    assert answers.select(*visitors.columns).collect() == visitors.collect()
    long = on_spark.assign(visitors, SNAPSHOT, layout="long", keep=False)
    assert [field.dataType.simpleString() for field in long.schema] == [
        "string", "string", "bigint", "bigint", "bigint", "string",
    ]  # fmt: skip


def test_a_column_that_is_not_asked_for_may_be_anything(spark: SparkSession) -> None:
    visitors = spark.sql("select 'a' as visitor_code, make_interval(1, 2) as x")
    assert on_spark.assign(visitors, SNAPSHOT).count() == 1


@pytest.mark.parametrize(
    ("question", "error", "text"),
    [
        ({"visitor_code": "code"}, ValueError, 'no column "code"; it has: "n", "a.b", "visitor_code", "plan"'),
        ({"visitor_code": "n"}, TypeError, 'column "n" cannot be visitor codes: expected text, found Int64'),
        ({"data": Columns(custom_data={1: "seg"})}, ValueError, 'no column "seg"'),
        ({"flags": ["hulf"]}, ValueError, 'no flag "hulf"; did you mean "half"?'),
        ({"keep": "n"}, TypeError, "keep=['n']"),
        ({"keep": ["m"]}, ValueError, 'no column "m"'),
        ({"layout": "tall"}, ValueError, "'wide' or 'long', not 'tall'"),
    ],
)
def test_what_is_wrong_is_raised_on_the_driver(
    visitors: DataFrame, question: dict[str, Any], error: type[Exception], text: str
) -> None:
    with pytest.raises(error) as raised:
        on_spark.assign(visitors, SNAPSHOT, **question)
    assert text in str(raised.value)


def test_a_snapshot_is_compiled_once_in_each_worker_process(visitors: DataFrame, workers: Workers) -> None:
    snapshot = Snapshot(REPORTING)
    for _ in range(3):
        assert len(on_spark.assign(visitors, snapshot).collect()) == VISITORS.num_rows
    compiled = workers.compiled()
    assert set(compiled.values()) == {1}
    assert 1 <= len(compiled) <= 4, "the tasks, 24, are more than the processes"


def test_the_example_prints_its_table(workers: Workers) -> None:
    text = examples.printed("spark", {**ENVIRONMENT, "PYTHONPATH": workers.path})
    assert examples.table(text) == examples.ANSWERS
