"""No call leaves memory behind. ``make growth`` looks at the same for a million calls of each."""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterator

import pytest

import kameleoon.data
from kameleoon import KameleoonClient, Visitor
from kameleoon.batch import Assignment, Snapshot
from kameleoon.visitor import Evaluations
from tests.data_files import data_file, flag
from tests.races import memory, online_calls
from tests.races.calls import Call, every_call
from tests.races.growth import LIMIT, left_by

pytestmark = [
    pytest.mark.alone,
    pytest.mark.skipif(not memory.is_counted(), reason="the C library does not tell what is allocated"),
]
CALLS = 1000
GROUPS = ["KameleoonClient", "Visitor", "Evaluations", "data", "results", "cookies", "batch"]


@pytest.fixture(autouse=True)
def quick_collections() -> Iterator[None]:
    """The garbage collector does not look again and again through what was there before the test."""
    gc.collect()
    gc.freeze()
    yield
    gc.unfreeze()


@pytest.fixture
def calls() -> Iterator[dict[str, dict[str, Call]]]:
    with every_call() as groups:
        yield groups


def public_names(kind: type) -> set[str]:
    return {name for name in dir(kind) if not name.startswith("_")}


@pytest.mark.long
@pytest.mark.parametrize("group", GROUPS)
def test_no_call_leaves_memory_behind(calls: dict[str, dict[str, Call]], group: str) -> None:
    left = {name: left_by(call, CALLS) for name, call in calls[group].items()}
    assert not {name: grown for name, grown in left.items() if grown > LIMIT}


def test_what_leaves_memory_behind_would_be_found(make_client: Callable[..., KameleoonClient]) -> None:
    kept: list[object] = []
    assert left_by(lambda: kept.append(object()), CALLS) > LIMIT
    client = make_client(data_file(flag()))
    codes = iter(range(100_000))
    assert left_by(lambda: client.get_variations(f"visitor {next(codes)}"), CALLS) > LIMIT, "what Rust keeps"


def test_every_public_name_is_called(calls: dict[str, dict[str, Call]]) -> None:
    assert list(calls) == GROUPS
    assert set(calls["KameleoonClient"]) | online_calls.NAMES >= public_names(KameleoonClient)
    assert set(calls["Visitor"]) >= public_names(Visitor)
    assert set(calls["Evaluations"]) >= public_names(Evaluations)
    classes = [getattr(kameleoon.data, name) for name in kameleoon.data.__all__]
    kinds = {kind.__name__ for kind in classes if issubclass(kind, kameleoon.data.Data)} - {"Data"}
    assert set(calls["data"]) >= kinds
    pytest.importorskip("pyarrow")
    assert set(calls["batch"]) >= public_names(Snapshot) | public_names(Assignment)
