from __future__ import annotations

import random

import pytest

from tests.hostile.asking import Watch, ask_all
from tests.hostile.mutations import mutated, real_data_files

FILES = real_data_files()
BOUND_SECONDS = 1.0
"""Ten times what a call may take on a quiet machine."""


@pytest.mark.parametrize("count", [300, pytest.param(5000, marks=pytest.mark.long)])
def test_a_client_of_a_mutated_data_file_answers_soon_or_refuses_it(
    count: int, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("CRITICAL")
    watch, read = Watch(), 0
    for number in range(count):
        chance = random.Random(f"20261127 {number}")
        read += ask_all(mutated(chance, chance.choice(FILES)), chance, watch)
    assert 0.5 * count < read < count, "some are refused, most are not"
    assert watch.refused, "some flags have no answer"
    assert watch.longest < BOUND_SECONDS, watch.slowest


def test_what_is_not_documented_goes_on() -> None:
    def wrong() -> None:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        Watch().call("wrong", wrong)
