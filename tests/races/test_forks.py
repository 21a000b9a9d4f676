"""A fork while other threads hold locks: no child hangs, and nobody waits for long."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest

from kameleoon.testing import Platform
from tests.data_files import data_file, flag

pytestmark = [
    pytest.mark.alone,
    pytest.mark.skipif(not sys.platform.startswith("linux"), reason="the C library's hooks at forks are glibc's here"),
]
MOST = 50.0
"""Milliseconds, ten times what a fork may wait for this client, which stops everybody else meanwhile."""
MOST_FOR_A_STEP = 1.3
"""Milliseconds, ten times what it takes to look through one part of the visitors and to wake up."""


def figures(forks: int, visitors: int, kind: str) -> dict[str, dict[str, float]]:
    """What ``tests.races.forking`` prints."""
    with Platform(data_file(flag())) as platform:
        command = [sys.executable, "-W", "ignore::DeprecationWarning", "-m", "tests.races.forking", platform.origin]
        done = subprocess.run(
            [*command, str(forks), str(visitors), kind], capture_output=True, text=True, timeout=300, check=False
        )
    assert done.returncode == 0, done.stderr
    assert "panicked" not in done.stderr, done.stderr
    printed: dict[str, dict[str, float]] = json.loads(done.stdout)
    print(kind, visitors, json.dumps(printed))  # shown by pytest's -s, and where the test fails
    return printed


def test_no_child_hangs_and_a_fork_does_not_wait_for_long() -> None:
    assert figures(40, 0, "client")["waited"]["p90"] < MOST


@pytest.mark.long
def test_a_fork_of_many_visitors_does_not_wait_for_long() -> None:
    figures(100, 0, "none")
    assert figures(100, 200_000, "client")["waited"]["median"] < MOST


@pytest.mark.long
def test_a_fork_does_not_wait_until_all_visitors_are_looked_through() -> None:
    """For those who have something to send. With 400,000 visitors that took 4 ms, and 15 ms with a million."""
    assert figures(40, 400_000, "flush")["waited"]["median"] < MOST_FOR_A_STEP


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork here")
def test_a_child_that_hangs_would_be_found() -> None:
    program = """
import sys, time
from tests.races import forking
forking.PATIENCE = 0.2
forking.child = lambda client: time.sleep(5)
try:
    forking.fork(None)
except AssertionError as error:
    print(error)
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=True)
    assert done.stdout == "a child hangs\n"
