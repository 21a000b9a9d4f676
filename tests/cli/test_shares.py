"""The test for a sample ratio mismatch, and which shares count as configured."""

from __future__ import annotations

import math
from typing import Any

import pytest

from kameleoon._chi_square import p_value, statistic, survival
from kameleoon._cli.progress import line_of
from kameleoon._cli.shares import Group, groups, mismatches, table
from kameleoon.batch import Outcome
from tests.cli.commands import experiment
from tests.data_files import data_file, flag


@pytest.mark.parametrize("x", [1e-9, 0.001, 0.3, 1.0, 2.5, 3.84, 10.0, 50.0, 300.0, 1200.0])
def test_the_survival_function_is_that_of_closed_forms(x: float) -> None:
    """With one degree it is an error function; with an even number a finite sum; two more degrees add a known term."""

    def near(degrees: int, value: float) -> None:
        assert survival(x, degrees) == pytest.approx(value, rel=1e-9, abs=1e-300)

    one = math.erfc(math.sqrt(x / 2))
    near(1, one)
    near(3, one + math.sqrt(2 * x / math.pi) * math.exp(-x / 2))
    for degrees in (2, 4, 10, 40):
        near(degrees, math.exp(-x / 2) * sum((x / 2) ** n / math.factorial(n) for n in range(degrees // 2)))


@pytest.mark.parametrize(
    ("x", "degrees", "value"),  # of printed tables
    [(3.841459, 1, 0.05), (5.991465, 2, 0.05), (16.918978, 9, 0.05), (135.806723, 100, 0.01), (29.588298, 10, 0.001)],
)
def test_critical_values(x: float, degrees: int, value: float) -> None:
    assert survival(x, degrees) == pytest.approx(value, rel=1e-6)


def test_edges() -> None:
    assert survival(0.0, 3) == 1.0
    assert survival(1e6, 1) == 0.0
    assert survival(1e-300, 1) == 1.0
    assert statistic([60, 40], [0.5, 0.5]) == 4.0
    assert p_value([60, 40], [0.5, 0.5]) == pytest.approx(math.erfc(math.sqrt(2)))


def of(rule: dict[str, Any], counts: dict[str, int]) -> Group:
    """The group of an experiment's visitors, of whom so many got each variation."""
    keys = ["off", "on", "red"]
    described = data_file(flag("f", 1, [rule], variations=[{"key": key} for key in keys]))
    found = [Outcome("f", key, None, None, rule["id"], "targeted", count) for key, count in counts.items()]
    return next(groups(found, described))


@pytest.mark.parametrize(
    ("shares", "configured"),
    [
        ({"off": 0.5, "on": 0.5}, {"off": 0.5, "on": 0.5}),
        ({"off": 0.3, "on": 0.1}, {"off": 0.75, "on": 0.25}),
        ({"off": 0.5, "on": 1.0, "red": 0.5}, {"off": 0.5, "on": 0.5, "red": 0.0}),
        ({"off": 0.5, "gone": 0.5}, {"off": 0.5, "(none)": 0.5}),
    ],
)
def test_what_is_configured(shares: dict[str, float], configured: dict[str, float]) -> None:
    found = of(experiment(10, shares), {"off": 100, "on": 100})
    lines = {line.variation: line.configured for line in found.lines if line.configured is not None}
    assert lines == pytest.approx(configured)


def test_a_variation_that_nobody_got_is_shown_and_counts() -> None:
    found = of(experiment(10, {"off": 0.5, "on": 0.5}), {"off": 100})
    assert [(line.variation, line.visitors) for line in found.lines] == [("off", 100), ("on", 0)]
    assert found.is_mismatch
    assert "rule 10" in next(mismatches([found]))
    assert "SAMPLE RATIO MISMATCH" in table([found])


@pytest.mark.parametrize(
    ("shares", "counts"),
    [({"off": 1.0}, {"off": 100}), ({"off": 0.5, "on": 0.5}, {"off": 4, "on": 4}), ({}, {"off": 100})],
)
def test_where_there_is_no_test(shares: dict[str, float], counts: dict[str, int]) -> None:
    assert of(experiment(10, shares), counts).p_value is None


def test_a_thousand_fair_samples_have_even_p_values() -> None:
    """p-values below 0.1 come in a tenth of the cases."""
    import random

    chance = random.Random(1)
    values = []
    for _ in range(1000):
        counts = [0, 0, 0]
        for key in chance.choices(range(3), [0.5, 0.3, 0.2], k=300):
            counts[key] += 1
        values.append(p_value(counts, [0.5, 0.3, 0.2]))
    assert 70 < sum(value < 0.1 for value in values) < 130


def test_the_line_of_progress() -> None:
    assert line_of(1_000_000, 4.0, None) == "1,000,000 rows  250,000 rows/s"
    assert line_of(1_000_000, 4.0, 0.5).endswith(" 50 %  250,000 rows/s  0:04 left")
