"""What is confirmed stays, and gets through: many events of one visitor, requests that hang, files that are of no use."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from kameleoon import KameleoonClient
from kameleoon.data import Conversion
from tests.spool.test_spool import arrived, eventually, files, make, service, track
from tests.spool.tracking_service import TrackingService

__all__ = ["make", "service"]  # fixtures

Make = Callable[..., KameleoonClient]


def kept(directory: Path) -> bytes:
    return b"\n".join(file.read_bytes() for file in files(directory) if file.is_file())


def hang(service: TrackingService, client: KameleoonClient) -> None:
    """From now on a request is under way, and stays so."""
    service.hangs.clear()
    track(client, 1, "under-way")
    client.flush(instant=True)
    time.sleep(0.3)


@pytest.mark.parametrize("visitors", [1, 3])
def test_all_of_visitors_with_many_events_is_on_the_disk_once_it_is_confirmed(
    service: TrackingService, make: Make, tmp_path: Path, visitors: int
) -> None:
    client = make(default_timeout_millisecond=20_000)
    hang(service, client)
    for number in range(visitors):
        for goal in range(20_000):
            client.add_data(f"busy-{number}", Conversion(goal))
    assert client.flush(timeout=0.3) is True
    assert kept(tmp_path).count(b"visitorCode=busy-") == visitors * 20_000


def test_all_of_a_visitor_with_many_events_has_arrived_once_it_is_confirmed(
    service: TrackingService, make: Make
) -> None:
    client = make(spool=None, tracking_interval_millisecond=1000)
    for goal in range(20_000):
        client.add_data("busy-1", Conversion(goal))
    assert client.flush("busy-1", timeout=20) is True
    assert len(service.nonces) == 20_000


def test_flushing_again_and_again_while_a_request_hangs_does_not_push_out_what_was_confirmed(
    service: TrackingService, make: Make, tmp_path: Path
) -> None:
    client = make(default_timeout_millisecond=20_000, spool_maximum_size=0.05)  # twelve files
    hang(service, client)
    track(client, 1, "confirmed")
    assert client.flush(timeout=0.1) is True

    def flush() -> None:
        for _ in range(4):
            client.flush(timeout=0.02)

    threads = [threading.Thread(target=flush) for _ in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert kept(tmp_path).count(b"visitorCode=confirmed-0") == 1
    assert kept(tmp_path).count(b"visitorCode=under-way-0") == 1
    assert client.stats().events_dropped == 0


def test_what_is_in_the_spool_already_is_not_written_again_when_its_request_fails(
    service: TrackingService, make: Make, tmp_path: Path
) -> None:
    client = make(default_timeout_millisecond=1500)
    hang(service, client)
    assert client.flush(timeout=0.1) is True
    service.is_up = False
    time.sleep(3)  # the request has failed, and what waits for another try was looked at
    assert kept(tmp_path).count(b"visitorCode=under-way-0") == 1
    service.hangs.set()


def test_what_many_threads_confirm_at_once_is_written_once_while_the_service_is_down(
    service: TrackingService, make: Make, tmp_path: Path
) -> None:
    service.is_up = False
    client = make()

    def visit(thread: int) -> None:
        for number in range(6):
            track(client, 1, f"thread-{thread}-{number}")
            confirmed.append(client.flush(timeout=0.5))

    confirmed: list[bool] = []
    threads = [threading.Thread(target=visit, args=(thread,)) for thread in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert confirmed == [True] * 48
    assert kept(tmp_path).count(b"visitorCode=thread-") == 48
    assert client.stats().events_spooled == client.stats().spool_events == 48


def unusable(path: Path) -> None:
    path.mkdir()  # neither to be read nor to be removed as a file, whoever one is


def test_files_that_cannot_be_read_hold_nothing_up(
    service: TrackingService, make: Make, tmp_path: Path, log: Any
) -> None:
    directory = tmp_path / "site-default"
    directory.mkdir()
    for number in range(12):
        unusable(directory / f"{number:020}-x-1.events")
    service.is_up = False
    first = make()
    track(first, 5)
    first.close()
    service.is_up = True
    make(tracking_interval_millisecond=100)
    eventually(lambda: arrived(service) == 5)
    time.sleep(0.5)
    told = [line for _, line in log.lines if "a file of the spool cannot be read or removed" in line]
    assert len(told) == 1
    assert str(directory) in told[0] and "hint:" in told[0]


def test_files_that_cannot_be_removed_make_room_with_others(
    service: TrackingService, make: Make, tmp_path: Path
) -> None:
    directory = tmp_path / "site-default"
    directory.mkdir()
    for number in range(2):
        unusable(directory / f"{number:020}-x-1.events")
    service.is_up = False
    client = make(spool_maximum_size=0.02)  # five files
    for number in range(6):
        track(client, 1, f"job{number}")
        assert client.flush(timeout=2) is True
    assert kept(tmp_path).count(b"visitorCode=job5-0") == 1
    assert client.stats().spool_bytes <= 20_000
    for number in range(2, 9):
        unusable(directory / f"{number:020}-x-1.events")
    track(client, 1, "last")
    assert client.flush(timeout=2) is False


@pytest.mark.skipif(not hasattr(os, "fork") or os.getuid() != 0, reason="needs to be another user")
def test_files_of_another_user_that_cannot_be_removed_are_sent_once(
    service: TrackingService, make: Make, tmp_path: Path
) -> None:
    service.is_up = False
    client = make()
    track(client, 3)
    client.close()
    for parent in (tmp_path, *tmp_path.parents[:3]):
        parent.chmod(0o755)
    directory = tmp_path / "site-default"
    directory.chmod(0o1777)  # as /tmp: each removes its own
    for file in directory.iterdir():
        file.chmod(0o666)
    service.is_up = True
    child = os.fork()
    if child == 0:
        os.setuid(65534)
        other = make(tracking_interval_millisecond=100)
        deadline = time.monotonic() + 5
        while other.stats().events_sent < 3 and time.monotonic() < deadline:
            time.sleep(0.02)
        time.sleep(1)
        os._exit(0 if other.stats().events_sent == 3 else 1)
    assert os.waitpid(child, 0)[1] == 0
    assert arrived(service) == 3


def test_sites_and_environments_with_names_alike_do_not_share_a_spool(
    service: TrackingService, make: Make, tmp_path: Path
) -> None:
    service.is_up = False
    client = make("shop", environment="eu-default")
    track(client, 1)
    client.close()
    service.is_up = True
    make("shop-eu").close()
    assert arrived(service) == 0
    make("shop", environment="eu-default").close()
    assert arrived(service) == 1
