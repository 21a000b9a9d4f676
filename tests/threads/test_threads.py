"""Python threads on one client: no lost data, no torn result, no deadlock."""

from __future__ import annotations

import faulthandler
import sys
import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest

from kameleoon import Conversion, CustomData, KameleoonClientConfig, KameleoonClientFactory
from kameleoon.testing import Platform
from tests.data_files import data_file, flag, rule, segment

THREADS = 8
ROUNDS = 300


@pytest.fixture(autouse=True)
def watchdog() -> Iterator[None]:
    faulthandler.dump_traceback_later(120, exit=True)
    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-5)
    yield
    sys.setswitchinterval(interval)
    faulthandler.cancel_dump_traceback_later()


def generation(number: int) -> dict[str, Any]:
    """Data files that differ in everything that an answer shows; their pattern is case-insensitive."""
    pattern = {"targetingType": "VISITOR_CODE", "matchType": "REGULAR_EXPRESSION", "visitorCode": "(?i)VISITOR.*"}
    flags = [flag(f"f{n}", n, [rule(number * 1000 + n * 10, segmentId=5)]) for n in range(1, 6)]
    return {**data_file(*flags, segments=[segment(5, pattern)]), "dateModified": number}


def run_threads(*works: object) -> None:
    errors: list[BaseException] = []

    def guarded(work: object) -> None:
        try:
            work()
        except BaseException as error:  # noqa: BLE001  # shown by the test
            errors.append(error)

    threads = [threading.Thread(target=guarded, args=(work,)) for work in works]
    [thread.start() for thread in threads]
    [thread.join() for thread in threads]
    assert not errors, errors


def test_evaluating_adding_swapping_and_expiring_at_once(kameleoon_platform: Platform) -> None:
    kameleoon_platform.set_data_file(generation(1))
    config = KameleoonClientConfig(
        "id",
        "secret",
        endpoint=kameleoon_platform.origin,
        session_duration_minute=1 / 60,
        refresh_interval_minute=0.01 / 60,
    )
    client = KameleoonClientFactory.create("swapped", config)
    assert client.wait_init()
    stop = threading.Event()

    def swapped() -> int:
        return client.stats().requests["DATAFILE"]["succeeded"]

    def evaluate(worker: int) -> None:
        number = 0
        while number < ROUNDS or swapped() <= 5:
            number += 1
            for code in ("visitor shared", f"visitor {worker}", f"visitor {worker} {number}"):
                client.add_data(code, CustomData(1, str(number)), Conversion(worker, number))
                variation = client.get_variation(code, "f3")
                assert variation.id_ - 2 == variation.experiment_id - 1
                assert variation.id_ in (1032, 2032)
                assert {v.id_ // 1000 for v in client.get_variations(code).values()} in ({1}, {2})
                assert client.is_feature_active(code, "f1")
                client.explain(code, "f2")

    def swap() -> None:
        number = 1
        while not stop.is_set():
            number = 3 - number
            kameleoon_platform.set_data_file(generation(number))
            time.sleep(0.02)

    def work() -> None:
        try:
            run_threads(*(lambda worker=worker: evaluate(worker) for worker in range(THREADS)))
        finally:
            stop.set()

    run_threads(work, swap)
    KameleoonClientFactory.forget("swapped")


def test_no_conversion_of_a_shared_visitor_is_lost(kameleoon_platform: Platform) -> None:
    config = KameleoonClientConfig("id", "secret", endpoint=kameleoon_platform.origin)
    client = KameleoonClientFactory.create("threads", config)

    def convert(worker: int) -> None:
        for number in range(ROUNDS):
            client.track_conversion("shared", worker * ROUNDS + number)

    run_threads(*(lambda worker=worker: convert(worker) for worker in range(THREADS)))
    KameleoonClientFactory.forget("threads")
    received = kameleoon_platform.received
    assert received.summary()["kinds"]["conversion"] == THREADS * ROUNDS
    assert client.stats().queued_visitors == 0
