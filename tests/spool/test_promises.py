"""What is confirmed stays, and gets through: many events of one visitor, requests that hang, files that are of no use."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from kameleoon import KameleoonClient
from kameleoon.data import Conversion
from tests.spool.test_spool import files, make, service, track
from tests.spool.tracking_service import TrackingService

__all__ = ["make", "service"]  # fixtures

Make = Callable[..., KameleoonClient]


def kept(directory: Path) -> bytes:
    return b"\n".join(file.read_bytes() for file in files(directory))


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
