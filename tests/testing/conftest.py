"""Clients of a small shop, offline; and pytest in a process of its own."""

from __future__ import annotations

import os
from collections.abc import Callable
from importlib.metadata import distributions
from pathlib import Path
from typing import Any

import pytest

import kameleoon
from kameleoon import KameleoonClient
from tests.data_files import data_file, flag, rule, variation

RunPytest = Callable[..., pytest.RunResult]
PACKAGE = Path(kameleoon.__file__).parents[1]  # the checkout's, or that of an installed wheel
IS_INSTALLED = any(
    point.value == "kameleoon.testing.pytest_plugin" for found in distributions() for point in found.entry_points
)
PLUGIN = [] if IS_INSTALLED else ["-p", "kameleoon.testing.pytest_plugin"]


def shop() -> dict[str, Any]:
    """``new-checkout`` is on for everybody, ``banner`` gives ``red`` or ``blue`` by halves, ``old-search`` is disabled."""
    halves = [
        {"variationKey": "red", "variationId": 32, "exposition": 0.5},
        {"variationKey": "blue", "variationId": 33, "exposition": 0.5},
    ]
    everybody = [
        {"variationKey": "on", "variationId": 12, "exposition": 1.0},
        {"variationKey": "off", "variationId": 13, "exposition": 0.0},
    ]
    checkout = [
        variation("off", ("amount", "NUMBER", 1), ("page-title", "STRING", "As before")),
        variation("on", ("amount", "NUMBER", 2), ("page-title", "STRING", "One page")),
    ]
    banner = [variation("off"), variation("red", ("size", "NUMBER", 3)), variation("blue", ("size", "NUMBER", 4))]
    return data_file(
        flag("new-checkout", 1, [rule(10, variationByExposition=everybody)], variations=checkout),
        flag("banner", 2, [rule(30, type="EXPERIMENTATION", variationByExposition=halves)], variations=banner),
        flag("old-search", 3, [rule(40)], environmentEnabled=False),
    )


@pytest.fixture
def client(make_client: Callable[..., KameleoonClient]) -> KameleoonClient:
    return make_client(shop())


@pytest.fixture
def bare(make_client: Callable[..., KameleoonClient]) -> KameleoonClient:
    """A client whose data file has no flags."""
    return make_client({})


@pytest.fixture
def run_pytest(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> RunPytest:
    """Runs a file of tests with the plugin of this checkout, in a process of its own."""
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(PACKAGE), os.environ.get("PYTHONPATH", "")]))

    def run(tests: str, *arguments: str) -> pytest.RunResult:
        pytester.makepyfile(test_file=tests)
        return pytester.runpytest_subprocess(*PLUGIN, "--strict-markers", "-W", "error", *arguments)

    return run
