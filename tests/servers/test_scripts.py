"""Scripts that end beside services that do not answer: what a healthy tracking service can take arrives."""

from __future__ import annotations

import subprocess
import sys
import time

import pytest

from kameleoon.testing import Platform
from tests.servers.harness import ROOT, assert_each_arrived_once, environment, visitors

COUNT = 100
HANGS = {
    "never answers": ("black-hole", {"seconds": 30}),
    "answers slowly": ("slow-bytes", {"seconds": 1}),
    "fails": ("status", {"status": 503}),
    "drops": ("drop", {}),
}


def run(platform: Platform, *origins: str) -> float:
    """How long the script took, in seconds."""
    start = time.monotonic()
    command = [sys.executable, ROOT / "tests" / "servers" / "programs" / "script.py", *origins]
    done = subprocess.run(command, env=environment(platform), capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    return time.monotonic() - start


@pytest.mark.parametrize("fault", HANGS.values(), ids=list(HANGS))
@pytest.mark.parametrize("service", ["configuration", "token", "stream"])
def test_every_conversion_arrives_though_another_service(
    platform: Platform, service: str, fault: tuple[str, dict[str, float]]
) -> None:
    kind, details = fault
    platform.update_data_file(lambda file: file.update(configuration={"realTimeUpdate": True}))
    platform.misbehave(service, kind, **details)
    assert run(platform, platform.origin) < 8  # half a second of waiting, two seconds of sending
    assert_each_arrived_once(platform, visitors(COUNT))


@pytest.mark.parametrize("dead_ones", [1, 3])
@pytest.mark.parametrize("is_first", [True, False])
def test_every_conversion_of_a_healthy_client_arrives_beside_dead_ones(
    platform: Platform, is_first: bool, dead_ones: int
) -> None:
    with Platform() as dead:
        for service in ("configuration", "token", "tracking"):
            dead.misbehave(service, "black-hole", seconds=30)
        others = [dead.origin] * dead_ones
        origins = [platform.origin, *others] if is_first else [*others, platform.origin]
        assert run(platform, *origins) < 10
    assert_each_arrived_once(platform, visitors(COUNT))
