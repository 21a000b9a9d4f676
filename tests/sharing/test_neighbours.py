"""A neighbour who may write where the data file is kept has us neither use its data file nor overwrite another file."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from kameleoon import KameleoonClient
from kameleoon.testing import Platform
from tests.sharing.conftest import eventually, file_with

Make = Callable[..., KameleoonClient]
NOBODY = 65534

pytestmark = pytest.mark.skipif(os.name == "nt", reason="there are no such links and rights")
needs_root = pytest.mark.skipif(not hasattr(os, "getuid") or os.getuid() != 0, reason="needs to give files away")


@pytest.fixture
def kept(tmp_path: Path) -> Path:
    return tmp_path / "kameleoon-site-default.json"


@pytest.fixture
def open_umask() -> Iterator[None]:
    former = os.umask(0)
    yield
    os.umask(former)


def is_ours(kept: Path) -> bool:
    return kept.exists() and not kept.is_symlink() and b'"first"' in kept.read_bytes()


def test_files_are_the_users_alone_whatever_the_umask(make_client: Make, tmp_path: Path, open_umask: None) -> None:
    directory = tmp_path / "a" / "b"
    client = make_client(data_file_cache=directory)
    assert client.wait_init()
    eventually(lambda: is_ours(directory / "kameleoon-site-default.json"))
    assert [path.stat().st_mode & 0o7777 for path in (directory.parent, directory)] == [0o700] * 2
    found = {path.name: path.stat().st_mode & 0o7777 for path in directory.iterdir()}
    assert found == {"kameleoon-site-default.json": 0o600, "kameleoon-site-default.json.lock": 0o600}


def test_a_link_in_the_place_of_what_is_being_written_is_not_followed(
    make_client: Make, tmp_path: Path, kept: Path
) -> None:
    victim = tmp_path / "victim"
    victim.write_text("of great worth")
    Path(f"{kept}.new").symlink_to(victim)
    client = make_client(data_file_cache=tmp_path)
    assert client.wait_init()
    eventually(lambda: is_ours(kept))
    assert victim.read_text() == "of great worth"


def starts_without(make_client: Make, platform: Platform, kept: Path, log: Any, reason: str) -> None:
    """What is kept there is not used, and told of; what the service has is used, and kept in its place."""
    platform.misbehave("configuration", "status", status=503)
    client = make_client(data_file_cache=kept.parent)
    assert client.get_feature_list() == []
    assert "the data file in data_file_cache cannot be used" in log
    assert reason in log
    platform.behave()
    eventually(lambda: client.get_feature_list() == ["first"])
    eventually(lambda: is_ours(kept))


def test_a_link_to_a_data_file_is_not_used(
    make_client: Make, platform: Platform, tmp_path: Path, kept: Path, log: Any
) -> None:
    strange = tmp_path / "strange.json"
    strange.write_text(json.dumps(file_with("strange")))
    kept.symlink_to(strange)
    starts_without(make_client, platform, kept, log, "it is a symbolic link")
    assert json.loads(strange.read_text()) == file_with("strange")


@needs_root
def test_a_data_file_of_another_user_is_not_used(make_client: Make, platform: Platform, kept: Path, log: Any) -> None:
    kept.write_text(json.dumps(file_with("strange")))
    os.chown(kept, NOBODY, NOBODY)
    starts_without(make_client, platform, kept, log, f"it belongs to another user, {NOBODY}")


def test_a_pipe_without_an_end_does_not_keep_a_client_from_starting(
    make_client: Make, platform: Platform, kept: Path, log: Any
) -> None:
    os.mkfifo(kept)
    starts_without(make_client, platform, kept, log, "it is no regular file")


def test_a_lock_that_is_a_link_makes_no_file_elsewhere(make_client: Make, tmp_path: Path, kept: Path, log: Any) -> None:
    victim = tmp_path / "victim"
    Path(f"{kept}.lock").symlink_to(victim)
    client = make_client(data_file_cache=tmp_path)
    assert client.wait_init()
    eventually(lambda: "the store in which processes share a data file fails" in log)
    time.sleep(0.2)
    assert not victim.exists()
    assert client.get_feature_list() == ["first"]
