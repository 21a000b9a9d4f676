"""The recorded answers of the reference client."""

from __future__ import annotations

import json

import pytest

from kameleoon._native import bucket, group_bucket
from tests.conformance.replay import HERE, mismatches, read_lines


def test_all_hash_vectors_are_equal_as_hex() -> None:
    vectors = json.loads((HERE / "hash-vectors.json").read_text())
    assert len(vectors) == 500
    for vector in vectors:
        if "group" in vector:
            actual = group_bucket(vector["code"], vector["group"])
        else:
            actual = bucket(vector["code"], vector["container"], vector["respool"])
        assert actual.hex() == vector["bucket_hex"], vector


SCENARIOS = list(zip(read_lines("scenarios.jsonl.gz"), read_lines("expected.jsonl.gz")))


def test_all_scenarios_are_there() -> None:
    assert len(SCENARIOS) == 360
    assert sum(len(scenario["ops"]) for scenario, _ in SCENARIOS) == 11554


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize(("scenario", "expected"), SCENARIOS, ids=[scenario["name"] for scenario, _ in SCENARIOS])
def test_answers_are_the_reference_clients(scenario: dict, expected: dict, log: object) -> None:
    found = list(mismatches(scenario, expected["results"]))
    assert not found, "\n".join(
        f"op {number} {op}\n  expected {want}\n  actual   {got}" for number, op, want, got in found
    )
