"""Batch and client have the same answers, on random data files and tables."""

from __future__ import annotations

import pytest

from tests.batch.differential import compare


@pytest.mark.parametrize("part", [0, *(pytest.param(part, marks=pytest.mark.long) for part in range(1, 8))])
def test_batch_answers_as_a_client_does(part: int) -> None:
    """2,000 data files, more than 200,000 answers."""
    compared, differences = 0, []
    for seed in range(250 * part, 250 * (part + 1)):
        count, found = compare(seed, 16)
        compared += count
        differences += found
    assert not differences, "\n".join(differences[:10])
    assert compared > 25_000
