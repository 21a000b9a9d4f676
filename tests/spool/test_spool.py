"""Events that cannot be sent go to the disk, and are sent from there, by this process or a later one."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from kameleoon import KameleoonClient, KameleoonClientConfig
from tests.spool import outages
from tests.spool.tracking_service import TrackingService

Make = Callable[..., KameleoonClient]


def eventually(condition: Callable[[], Any], seconds: float = 30) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.02)


@pytest.fixture
def service() -> Iterator[TrackingService]:
    running = TrackingService()
    yield running
    running.stop()


@pytest.fixture
def make(service: TrackingService, tmp_path: Path) -> Iterator[Make]:
    clients: list[KameleoonClient] = []

    def make_client(site_code: str = "site", **options: Any) -> KameleoonClient:
        options = {
            "endpoint": service.origin,
            "spool": tmp_path,
            "default_timeout_millisecond": 1000,
            "default_data_file": {"featureFlags": []},
            **options,
        }
        client = KameleoonClient(site_code, KameleoonClientConfig("client-0123456789", "secret-0123456789", **options))
        clients.append(client)
        return client

    yield make_client
    for client in clients:
        client.close(0.2)


def track(client: KameleoonClient, count: int, job: str = "job") -> None:
    for number in range(count):
        client.track_conversion(f"{job}-{number}", 1)


def files(directory: Path) -> list[Path]:
    return sorted(directory.glob("*/*.events"))


def arrived(service: TrackingService, job: str = "job") -> int:
    return len(service.arrived.get(job.encode(), ()))


def test_what_cannot_be_sent_at_the_end_is_sent_once_by_the_next_client(
    service: TrackingService, make: Make, tmp_path: Path
) -> None:
    service.is_up = False
    first = make()
    track(first, 100)
    first.close()
    assert len(files(tmp_path)) >= 1
    assert first.stats().events_spooled == 100
    assert first.stats().events_sent == 0
    service.is_up = True
    second = make()
    assert second.stats().spool_events == 100
    assert second.stats().spool_bytes >= 4096
    eventually(lambda: arrived(service) == 100)
    eventually(lambda: files(tmp_path) == [])
    assert service.doubles == 0
    assert second.stats().events_sent == 100
    assert second.stats().spool_events == 0


def test_a_short_program_sends_what_the_one_before_has_left(
    service: TrackingService, make: Make, tmp_path: Path
) -> None:
    service.is_up = False
    first = make()
    track(first, 10)
    first.close()
    service.is_up = True
    make().close()
    assert arrived(service) == 10
    assert files(tmp_path) == []


def test_flush_confirms_what_is_on_the_disk(service: TrackingService, make: Make, tmp_path: Path) -> None:
    service.is_up = False
    client = make()
    track(client, 50)
    assert client.flush(timeout=5) is True
    assert client.stats().spool_events == 50
    track(client, 1, "other")
    assert client.flush("other-0", timeout=5) is True
    assert client.stats().spool_events == 51
    service.is_up = True
    eventually(lambda: arrived(service) == 50 and arrived(service, "other") == 1)


def test_flush_confirms_in_time_though_the_service_hangs(service: TrackingService, make: Make, tmp_path: Path) -> None:
    service.hangs.clear()
    client = make(default_timeout_millisecond=20_000)
    track(client, 50)
    client.flush(instant=True)
    time.sleep(0.3)  # a request is under way
    track(client, 50, "later")
    began = time.monotonic()
    assert client.flush(timeout=0.3) is True
    assert time.monotonic() - began < 5
    kept = b"".join(file.read_bytes() for file in files(tmp_path))
    assert kept.count(b"visitorCode=job-") == 50, "what is under way is kept as well"
    assert kept.count(b"visitorCode=later-") == 50
    service.hangs.set()
    eventually(lambda: arrived(service) == 50 and arrived(service, "later") == 50)


def test_a_client_without_a_spool_confirms_nothing_that_was_not_sent(service: TrackingService, make: Make) -> None:
    service.is_up = False
    client = make(spool=None)
    track(client, 5)
    assert client.flush(timeout=0.5) is False
    assert client.stats().spool_events == 0


def test_while_the_service_is_down_memory_is_relieved(service: TrackingService, make: Make, tmp_path: Path) -> None:
    service.is_up = False
    client = make()
    track(client, 2000)
    eventually(lambda: client.stats().spool_events == 2000)
    assert client.stats().queued_visitors == 0
    service.is_up = True
    eventually(lambda: arrived(service) == 2000)
    assert service.doubles == 0


def test_the_oldest_make_room(service: TrackingService, make: Make, tmp_path: Path, log: Any) -> None:
    service.is_up = False
    client = make(spool_maximum_size=0.02)  # five files
    for number in range(8):
        track(client, 1, f"job{number}")
        assert client.flush(timeout=5)
    stats = client.stats()
    assert (stats.spool_events, stats.events_dropped) == (4, 4)
    eventually(lambda: "events were dropped for want of room" in log)
    service.is_up = True
    eventually(lambda: all(arrived(service, f"job{number}") for number in range(4, 8)))
    assert not any(arrived(service, f"job{number}") for number in range(4))


def test_what_is_larger_than_the_spool_stays_in_memory(service: TrackingService, make: Make, log: Any) -> None:
    service.is_up = False
    client = make(spool_maximum_size=0.005)
    track(client, 500)
    assert client.flush(timeout=2) is False
    assert "it is larger than spool_maximum_size" in log
    service.is_up = True
    eventually(lambda: arrived(service) == 500)


def test_a_spool_that_cannot_be_written_loses_nothing(
    service: TrackingService, make: Make, tmp_path: Path, log: Any
) -> None:
    (tmp_path / "file").write_text("no directory")
    service.is_up = False
    client = make(spool=tmp_path / "file")
    track(client, 20)
    assert client.flush(timeout=1) is False
    assert "events cannot be kept in the spool" in log
    service.is_up = True
    eventually(lambda: arrived(service) == 20)


@pytest.mark.parametrize("content", [b"", b"\n\n", b"nonsense", b"\xff\xfe\x00", b"nonce=1&visitorCode=%zz"])
def test_a_file_of_nonsense_holds_nothing_up(
    service: TrackingService, make: Make, tmp_path: Path, content: bytes
) -> None:
    directory = tmp_path / "site-default"
    directory.mkdir()
    (directory / "00000000000000000001-x-1.events").write_bytes(content)
    (directory / "no-number.events").write_bytes(content)
    (directory / "unfinished.new").write_bytes(b"nonce=2")
    os.utime(directory / "unfinished.new", (0, 0))
    (directory / "being-written.new").write_bytes(b"nonce=3")
    service.is_up = False
    first = make()
    track(first, 10)
    first.close()
    service.is_up = True
    make()
    eventually(lambda: arrived(service) == 10 and files(tmp_path) == [])
    assert [path.name for path in directory.glob("*.new")] == ["being-written.new"]


@pytest.mark.skipif(os.name == "nt", reason="there are no such rights")
def test_others_may_not_read_what_visitors_did(service: TrackingService, make: Make, tmp_path: Path) -> None:
    service.is_up = False
    client = make()
    track(client, 1)
    assert client.flush(timeout=2)
    assert (tmp_path / "site-default").stat().st_mode & 0o077 == 0


@pytest.mark.long
def test_clients_of_several_processes_send_each_event_once(
    service: TrackingService, make: Make, tmp_path: Path
) -> None:
    service.is_up = False
    for number in range(5):
        client = make()
        track(client, 200, f"job{number}")
        client.close()
    service.is_up = True
    program = (
        "import sys, time; from kameleoon import KameleoonClient, KameleoonClientConfig\n"
        "config = KameleoonClientConfig('client-0123456789', 'secret-0123456789', endpoint=sys.argv[1], spool=sys.argv[2],"
        " default_data_file={'featureFlags': []})\n"
        "client = KameleoonClient('site', config); time.sleep(4)\n"
    )
    command = [sys.executable, "-c", program, service.origin, str(tmp_path)]
    others = [subprocess.Popen(command, stderr=subprocess.DEVNULL) for _ in range(3)]
    for other in others:
        other.wait()
    assert sum(map(len, service.arrived.values())) == 1000
    assert service.doubles == 0


def test_another_site_or_environment_has_a_spool_of_its_own(
    service: TrackingService, make: Make, tmp_path: Path
) -> None:
    service.is_up = False
    staging = make(environment="staging")
    track(staging, 1)
    staging.close()
    service.is_up = True
    production = make(environment="production")
    production.close()
    assert arrived(service) == 0
    assert [file.parent.name for file in files(tmp_path)] == ["site-staging"]


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork")
def test_a_forked_child_keeps_what_is_its_own(service: TrackingService, make: Make, tmp_path: Path) -> None:
    service.is_up = False
    client = make()
    track(client, 10, "parent")
    child = os.fork()
    if child == 0:
        track(client, 10, "child")
        os._exit(0 if client.flush(timeout=2) else 1)
    assert os.waitpid(child, 0)[1] == 0
    assert client.flush(timeout=2)
    kept = b"".join(file.read_bytes() for file in files(tmp_path))
    assert kept.count(b"visitorCode=child-") == 10
    assert kept.count(b"visitorCode=parent-") == 10
    service.is_up = True
    eventually(lambda: arrived(service, "child") == 10 and arrived(service, "parent") == 10)


def test_threads_that_flush_while_the_service_comes_and_goes_lose_nothing(service: TrackingService, make: Make) -> None:
    client, confirmed, has_ended = make(), [], threading.Event()

    def work(job: str) -> None:
        for number in range(30):
            client.track_conversion(f"{job}-{number}", 1)
            if client.flush(timeout=0.2):
                confirmed.append((job, number))

    def interfere() -> None:
        while not has_ended.wait(0.1):
            service.is_up = not service.is_up

    interfering = threading.Thread(target=interfere)
    interfering.start()
    workers = [threading.Thread(target=work, args=(f"thread{number}",)) for number in range(4)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    has_ended.set()
    interfering.join()
    service.is_up = True
    assert len(confirmed) > 20
    client.close(5)
    make()
    eventually(lambda: all(service.has(job, number) for job, number in confirmed))


@pytest.mark.long
def test_jobs_that_are_killed_at_random_lose_nothing_that_was_confirmed(tmp_path: Path) -> None:
    outcome = outages.run(20_000, tmp_path, each=1000)
    assert outcome.lost == 0
    assert outcome.killed > 3
    assert outcome.confirmed > 2000
