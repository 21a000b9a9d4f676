"""Forks while everything runs: no child hangs, each is ready at once, and what it tracks arrives once."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from kameleoon.testing import Platform
from tests.servers.harness import ROOT, assert_each_arrived_once, environment, visitors


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork here")
def test_every_client_is_ready_in_each_of_60_children(platform: Platform) -> None:
    command = [sys.executable, ROOT / "tests" / "servers" / "programs" / "forks.py"]
    done = subprocess.run(command, env=environment(platform), capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    assert_each_arrived_once(platform, visitors(180))
