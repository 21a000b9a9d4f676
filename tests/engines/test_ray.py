"""Ray Data on a local cluster: the answers are the local ones, row for row."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from secrets import token_hex
from typing import Any

import pytest

pytest.importorskip("ray.data")

import pyarrow as pa
import ray

from kameleoon.batch import Snapshot
from kameleoon.batch import ray as on_ray
from tests.batch import examples
from tests.batch.visitors import QUESTIONS, REPORTING, SNAPSHOT, VISITORS, local
from tests.engines.workers import Workers

BLOCKS = 8
pytestmark = [
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),  # Ray's, of its own settings
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
]


@pytest.fixture(scope="module", autouse=True)
def workers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workers]:
    workers = Workers(tmp_path_factory.mktemp("workers"))
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("RAY_USAGE_STATS_ENABLED", "0")
        patch.delenv("RAY_AUTH_MODE", raising=False)  # by default there is a token
        patch.setenv("RAY_AUTH_TOKEN", token_hex(32))  # or Ray writes one into the user's home folder
        ray.init(
            num_cpus=2,
            include_dashboard=False,
            object_store_memory=200_000_000,
            runtime_env={"env_vars": {"PYTHONPATH": workers.path}, "py_executable": sys.executable},
        )
        yield workers
        ray.shutdown()


@pytest.fixture(scope="module")
def visitors() -> ray.data.Dataset:
    size = VISITORS.num_rows // BLOCKS
    return ray.data.from_arrow([VISITORS.slice(start, size) for start in range(0, VISITORS.num_rows, size)])


def rows(dataset: ray.data.Dataset) -> list[dict[str, Any]]:
    return [row for block in dataset.iter_batches(batch_format="pyarrow", batch_size=None) for row in block.to_pylist()]


@pytest.mark.parametrize("question", QUESTIONS.values(), ids=list(QUESTIONS))
def test_answers_are_the_local_ones(visitors: ray.data.Dataset, question: dict[str, Any]) -> None:
    found = rows(on_ray.assign(visitors, SNAPSHOT, **question))
    assert sorted(found, key=str) == sorted(local(**question), key=str)


def test_keys_can_be_grouped_and_written(visitors: ray.data.Dataset, tmp_path: Any) -> None:
    answers = on_ray.assign(visitors, SNAPSHOT, flags=["half"])
    counts = {row["half"]: row["count()"] for row in answers.groupby("half").count().take_all()}
    keys = [row["half"] for row in local(flags=["half"])]
    assert counts == {key: keys.count(key) for key in ("on", "off", None)}
    answers.write_parquet(tmp_path / "answers")
    assert ray.data.read_parquet(tmp_path / "answers").count() == VISITORS.num_rows


@pytest.mark.parametrize(
    ("question", "error", "text"),
    [
        ({"visitor_code": "code"}, ValueError, 'no column "code"; it has: "n", "a.b", "visitor_code", "plan"'),
        ({"visitor_code": "n"}, TypeError, 'column "n" cannot be visitor codes'),
        ({"flags": ["hulf"]}, ValueError, 'did you mean "half"?'),
    ],
)
def test_what_is_wrong_is_raised_at_once(
    visitors: ray.data.Dataset, question: dict[str, Any], error: type[Exception], text: str
) -> None:
    with pytest.raises(error) as raised:
        on_ray.assign(visitors, SNAPSHOT, **question)
    assert text in str(raised.value)


def test_what_is_wrong_with_unknown_columns_is_raised_by_the_task() -> None:
    unknown = ray.data.range(3).map_batches(lambda batch: batch)
    with pytest.raises(Exception, match='the table has no column "visitor_code"; it has: "id"'):
        on_ray.assign(unknown, SNAPSHOT).take_all()


def test_a_snapshot_is_compiled_once_in_each_worker_process(visitors: ray.data.Dataset, workers: Workers) -> None:
    snapshot = Snapshot(REPORTING)
    for _ in range(3):
        assert pa.concat_tables(ray.get(on_ray.assign(visitors, snapshot).to_arrow_refs())).num_rows == 1000
    compiled = workers.compiled()
    assert set(compiled.values()) == {1}
    assert 1 <= len(compiled) <= 8, "the tasks, 24, are more than the processes"


def test_the_example_prints_its_table(workers: Workers) -> None:
    ray.shutdown()  # there is one at a time
    assert examples.table(examples.printed("ray", {"PYTHONPATH": workers.path})) == examples.ANSWERS
