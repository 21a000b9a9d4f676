"""``client.health()``: what probes are told in each trouble, and that it never waits."""

from __future__ import annotations

import os
import time
from collections.abc import Callable

import pytest

from kameleoon import KameleoonClient, KameleoonClientConfig
from kameleoon.testing import FaultKind, Platform
from tests.core.programs import run
from tests.data_files import data_file, flag
from tests.figures.test_flags import ready
from tests.integration.conftest import eventually

MakeOnline = Callable[..., KameleoonClient]


def test_all_is_well(platform: Platform, make_online: MakeOnline) -> None:
    health = ready(make_online).health()
    assert (health.is_live, health.is_ready, health.reasons) == (True, True, [])


def test_without_a_data_file_it_is_live_and_says_why_it_is_not_ready(
    platform: Platform, make_online: MakeOnline
) -> None:
    platform.misbehave("configuration", FaultKind.STATUS, status=500)
    client = make_online()
    eventually(lambda: "HTTP status 500" in str(client.health()))
    health = client.health()
    assert (health.is_live, health.is_ready, len(health.reasons)) == (True, False, 1)
    assert health.reasons[0].startswith("the client is not ready: no data file is in")
    platform.behave()
    eventually(lambda: client.health().is_ready, 15)


def test_it_does_not_wait_for_a_service_that_never_answers(platform: Platform, make_online: MakeOnline) -> None:
    for service in ("configuration", "token", "tracking"):
        platform.misbehave(service, FaultKind.BLACK_HOLE)
    client = make_online(default_timeout_millisecond=20_000)
    start = time.monotonic()
    for _ in range(100):
        assert not client.health().is_ready
    assert time.monotonic() - start < 10


@pytest.mark.long
@pytest.mark.slow
def test_a_stale_data_file_is_told_and_used(platform: Platform, make_online: MakeOnline) -> None:
    client = make_online(refresh_interval_minute=0.3 / 60, default_timeout_millisecond=500)
    assert client.wait_init(5000)
    platform.misbehave("configuration", FaultKind.STATUS, status=503)
    eventually(lambda: client.health().reasons, 75)
    health = client.health()
    assert health.is_ready
    assert "the data file is stale since" in health.reasons[0]
    assert "HTTP status 503" in health.reasons[0]
    assert client.stats().data_file_stale_second > 50


def test_requests_that_fail_are_told_until_they_succeed(platform: Platform, make_online: MakeOnline) -> None:
    client = ready(make_online)
    platform.misbehave("tracking", FaultKind.STATUS, status=500)
    client.get_variation("alice", "flag")
    client.flush(instant=True)
    eventually(lambda: client.health().reasons)
    health = client.health()
    assert health.is_ready
    assert health.reasons[0].startswith("TRACKING requests fail since ")
    assert "HTTP status 500; what is to be sent waits" in health.reasons[0]
    platform.behave()
    assert client.flush(timeout=10)
    assert client.health().reasons == []


def test_events_that_are_refused_are_told_of_for_a_minute(platform: Platform, make_online: MakeOnline) -> None:
    client = ready(make_online)
    platform.misbehave("tracking", FaultKind.STATUS, status=400)
    client.get_variation("alice", "flag")
    eventually(lambda: client.flush(timeout=1) or client.stats().events_refused > 0, 60)
    assert any("1 are refused by the service" in reason for reason in client.health().reasons)


def test_a_closed_client_is_live_and_not_ready(platform: Platform, make_online: MakeOnline) -> None:
    client = ready(make_online)
    client.close()
    health = client.health()
    assert (health.is_live, health.is_ready) == (True, False)
    assert health.reasons == ["the client is closed: nothing is fetched or sent any more"]


def test_offline_the_data_file_decides() -> None:
    with KameleoonClient("site", KameleoonClientConfig.offline(data_file(flag()))) as client:
        assert client.health().to_dict() == {"is_live": True, "is_ready": True, "reasons": []}


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork here")
def test_without_threads_it_is_not_live_until_there_are(platform: Platform) -> None:
    printed = run(
        """
        client = online()
        client.wait_init(5000)
        start, fails = threading.Thread.start, [True]
        def refuse(thread):
            if fails[0]:
                raise RuntimeError("can't start new thread")
            start(thread)
        child = os.fork()
        if child == 0:
            threading.Thread.start = refuse
            health = client.health()
            assert (health.is_live, health.is_ready) == (False, True), health
            assert "cannot be started: RuntimeError" in health.reasons[0], health
            fails[0] = False
            deadline = time.monotonic() + 20
            while not client.health().is_live:
                assert time.monotonic() < deadline
                time.sleep(0.02)
            assert client.health().reasons == []
            print("child", flush=True)
            os._exit(0)
        assert os.waitpid(child, 0)[1] == 0
        """,
        platform.origin,
    )
    assert printed.split() == ["child"]


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork here")
def test_a_worker_that_has_only_been_probed_follows_the_data_file(platform: Platform) -> None:
    printed = run(
        """
        client = online()
        client.wait_init(5000)
        child = os.fork()
        if child == 0:
            assert client.health().is_ready
            assert any(thread.name == "kameleoon-configuration" for thread in threading.enumerate())
            print("child", flush=True)
            os._exit(0)
        assert os.waitpid(child, 0)[1] == 0
        """,
        platform.origin,
    )
    assert printed.split() == ["child"]
