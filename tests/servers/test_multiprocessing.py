"""Processes of ``multiprocessing`` and ``concurrent.futures``: some end without ``atexit``."""

from __future__ import annotations

import multiprocessing
import subprocess
import sys

import pytest

from kameleoon.testing import Platform
from tests.servers.harness import ROOT, assert_each_arrived_once, environment, visitors

COUNT = 40
MODELS = ["process", "pool", "pool with maxtasksperchild", "executor"]
METHODS = multiprocessing.get_all_start_methods()


def run(platform: Platform, method: str, model: str, *preloaded: str) -> None:
    script = ROOT / "tests" / "servers" / "programs" / "processes.py"
    command = [sys.executable, script, method, model, *preloaded]
    done = subprocess.run(command, env=environment(platform), capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    assert_each_arrived_once(platform, visitors(COUNT), done.stderr)


@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize("method", METHODS)
def test_every_conversion_arrives_once(platform: Platform, method: str, model: str) -> None:
    run(platform, method, model)


@pytest.mark.skipif("forkserver" not in METHODS, reason="no fork server here")
@pytest.mark.parametrize("model", MODELS)
def test_every_conversion_arrives_once_where_the_fork_server_has_made_the_client(
    platform: Platform, model: str
) -> None:
    run(platform, "forkserver", model, "tests.servers.programs.shop")
