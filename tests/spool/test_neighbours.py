"""A neighbour who may write into the spool's directory reads nothing there, and has us neither read nor write elsewhere."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.spool.test_spool import Make, arrived, eventually, files, make, service, track
from tests.spool.tracking_service import TrackingService

__all__ = ["make", "service"]

NOBODY = 65534
STRANGE = "nonce=0123456789ABCDEF&eventType=conversion&goalId=1&revenue=0.0&negative=false&visitorCode=strange-0"

pytestmark = pytest.mark.skipif(os.name == "nt", reason="there are no such links and rights")
needs_root = pytest.mark.skipif(not hasattr(os, "getuid") or os.getuid() != 0, reason="needs to give files away")


@pytest.fixture
def open_umask() -> Iterator[None]:
    former = os.umask(0)
    yield
    os.umask(former)


def mode(path: Path) -> int:
    return path.stat().st_mode & 0o7777


def test_files_are_the_users_alone_whatever_the_umask(
    service: TrackingService, make: Make, tmp_path: Path, open_umask: None
) -> None:
    service.is_up = False
    client = make(spool=tmp_path / "a" / "b")
    track(client, 3)
    assert client.flush(timeout=2)
    directory = tmp_path / "a" / "b" / "site-default"
    eventually((directory / "lock").exists)
    assert [mode(path) for path in (tmp_path / "a", tmp_path / "a" / "b", directory)] == [0o700] * 3
    found = {path.name: mode(path) for path in directory.iterdir()}
    assert len(found) >= 2
    assert set(found.values()) == {0o600}


def is_sent_beside(
    service: TrackingService, make: Make, directory: Path, log: Any, told: str = "of the spool cannot be read"
) -> None:
    """What another program has put into the directory is told of and left alone; ours is sent."""
    service.is_up = False
    first = make()
    track(first, 3)
    first.close()
    assert files(directory)
    service.is_up = True
    make(tracking_interval_millisecond=100)
    eventually(lambda: arrived(service) == 3)
    time.sleep(0.5)
    assert arrived(service, "strange") == 0
    assert told in log


def test_a_link_is_not_followed(service: TrackingService, make: Make, tmp_path: Path, log: Any) -> None:
    secret = tmp_path / "secret"
    secret.write_text(STRANGE)
    directory = tmp_path / "site-default"
    directory.mkdir(0o700)
    link = directory / f"{1:020}-x-1.events"
    link.symlink_to(secret)
    is_sent_beside(service, make, tmp_path, log)
    assert "it is a symbolic link" in log
    assert secret.read_text() == STRANGE
    assert link.is_symlink()


@needs_root
def test_a_file_of_another_user_is_not_sent(service: TrackingService, make: Make, tmp_path: Path, log: Any) -> None:
    directory = tmp_path / "site-default"
    directory.mkdir(0o700)
    strange = directory / f"{1:020}-x-1.events"
    strange.write_text(STRANGE)
    os.chown(strange, NOBODY, NOBODY)
    is_sent_beside(service, make, tmp_path, log)
    assert f"it belongs to another user, {NOBODY}" in log
    assert strange.exists()


def test_a_pipe_without_an_end_holds_nothing_up(service: TrackingService, make: Make, tmp_path: Path, log: Any) -> None:
    directory = tmp_path / "site-default"
    directory.mkdir(0o700)
    os.mkfifo(directory / f"{1:020}-x-1.events")
    is_sent_beside(service, make, tmp_path, log)
    assert "it is no regular file" in log


def test_a_directory_that_is_a_link_is_not_used(service: TrackingService, make: Make, tmp_path: Path, log: Any) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / f"{1:020}-x-1.events").write_text(STRANGE)
    spool = tmp_path / "spool"
    spool.mkdir()
    (spool / "site-default").symlink_to(elsewhere)
    refuses(service, make, spool, log, "it is a link or a file, not a directory")
    assert [path.name for path in elsewhere.iterdir()] == [f"{1:020}-x-1.events"]


def refuses(service: TrackingService, make: Make, spool: Path, log: Any, reason: str) -> None:
    """Nothing is kept there, and nothing sent from there; what is in memory is sent."""
    service.is_up = False
    client = make(spool=spool, tracking_interval_millisecond=100)
    track(client, 3)
    assert client.flush(timeout=1) is False
    assert "events cannot be kept in the spool" in log
    assert reason in log
    service.is_up = True
    eventually(lambda: arrived(service) == 3)
    time.sleep(0.5)
    assert arrived(service, "strange") == 0


@needs_root
def test_a_directory_of_another_user_is_not_used(
    service: TrackingService, make: Make, tmp_path: Path, log: Any
) -> None:
    directory = tmp_path / "site-default"
    directory.mkdir(0o777)
    (directory / f"{1:020}-x-1.events").write_text(STRANGE)
    os.chown(directory, NOBODY, NOBODY)
    refuses(service, make, tmp_path, log, f"it belongs to another user, {NOBODY}")
    assert len(list(directory.iterdir())) == 1


def test_a_lock_that_is_a_link_makes_no_file_elsewhere(service: TrackingService, make: Make, tmp_path: Path) -> None:
    victim = tmp_path / "victim"
    directory = tmp_path / "site-default"
    directory.mkdir(0o700)
    (directory / "lock").symlink_to(victim)
    service.is_up = False
    first = make()
    track(first, 3)
    first.close()
    service.is_up = True
    second = make(tracking_interval_millisecond=100)
    track(second, 1, "other")
    eventually(lambda: arrived(service, "other") == 1)
    time.sleep(0.5)
    assert not victim.exists()
