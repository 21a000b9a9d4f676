"""The data file that is kept on disk: the next start, the workers of a host, and what may be wrong with it."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from kameleoon import KameleoonClient, KameleoonClientConfig
from kameleoon.events import EventType
from kameleoon.exceptions import ConfigException
from kameleoon.stores import FileStore, StoredDataFile
from kameleoon.testing import Platform
from tests.sharing.conftest import ROOT, Workers, eventually, fetches, file_with

Make = Callable[..., KameleoonClient]
KEY = "site/default"


def kept(directory: Path) -> Path:
    return directory / "kameleoon-site-default.json"


def fill(directory: Path, *flags: str, **more: Any) -> None:
    store = FileStore(directory)
    token = store.should_fetch(KEY)
    store.received(KEY, StoredDataFile(json.dumps({**file_with(*flags), **more}).encode(), time.time() - 3600), token)
    store.close(KEY)


def test_a_start_without_the_service_is_ready_at_once(platform: Platform, make_client: Make, tmp_path: Path) -> None:
    first = make_client(data_file_cache=tmp_path)
    assert first.wait_init()
    eventually(kept(tmp_path).exists)
    first.close()
    platform.stop()
    second = make_client(data_file_cache=str(tmp_path))
    assert second.is_ready()
    assert second.wait_init(0)
    assert second.is_feature_active("v", "first") in {True, False}
    stats = second.stats()
    assert stats.data_file_source == "cache"
    assert stats.data_file_age_second is not None and stats.data_file_age_second < 60


def test_it_is_replaced_by_what_the_service_has(platform: Platform, make_client: Make, tmp_path: Path) -> None:
    fill(tmp_path, "old")
    client = make_client(data_file_cache=tmp_path)
    assert client.is_ready()
    eventually(lambda: client.get_feature_list() == ["first"])
    assert client.stats().data_file_source == "service"
    eventually(lambda: b'"first"' in kept(tmp_path).read_bytes())


def test_the_service_is_asked_whether_it_is_the_latest(platform: Platform, make_client: Make, tmp_path: Path) -> None:
    first = make_client(data_file_cache=tmp_path)
    assert first.wait_init()
    eventually(kept(tmp_path).exists)
    first.close()
    before = kept(tmp_path).stat().st_ino
    platform.misbehave("configuration", "latency", seconds=1)
    second = make_client(data_file_cache=tmp_path)
    assert second.stats().data_file_source == "cache"
    eventually(lambda: second.stats().data_file_source == "service")
    assert kept(tmp_path).stat().st_ino == before, "what has not changed is not written again"


def test_a_data_file_of_the_program_that_is_newer_stays(platform: Platform, make_client: Make, tmp_path: Path) -> None:
    fill(tmp_path, "cached", dateModified=100)
    platform.misbehave("configuration", "status", status=503)
    newer = make_client(data_file_cache=tmp_path, default_data_file={**file_with("own"), "dateModified": 200})
    assert newer.get_feature_list() == ["own"]
    newer.close()
    older = make_client(data_file_cache=tmp_path, default_data_file={**file_with("own"), "dateModified": 50})
    assert older.get_feature_list() == ["cached"]


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b'{"featureFlags": 7}', b"\xff" * 100, b'"text"'])
def test_what_cannot_be_read_is_told_of_and_written_again(
    platform: Platform, make_client: Make, tmp_path: Path, content: bytes, log: Any
) -> None:
    kept(tmp_path).write_bytes(content)
    client = make_client(data_file_cache=tmp_path)
    assert client.wait_init()
    eventually(lambda: client.get_feature_list() == ["first"])
    eventually(lambda: b'"first"' in kept(tmp_path).read_bytes())


def test_a_path_that_cannot_be_written_is_told_of(
    platform: Platform, make_client: Make, tmp_path: Path, log: Any
) -> None:
    (tmp_path / "file").write_text("no directory")
    client = make_client(data_file_cache=tmp_path / "file" / "below")
    assert client.wait_init()
    assert client.get_feature_list() == ["first"]
    eventually(lambda: "the store in which processes share a data file fails" in log)
    platform.set_data_file(file_with("second"))
    eventually(lambda: client.get_feature_list() == ["second"])


def test_a_file_of_another_site_is_not_used(platform: Platform, make_client: Make, tmp_path: Path, log: Any) -> None:
    path = tmp_path / "shared.json"
    one = make_client("one", data_file_cache=path)
    assert one.wait_init()
    eventually(path.exists)
    one.close()
    other = make_client("other", data_file_cache=path)
    assert other.stats().data_file_source != "cache"
    assert "keeps the data file of 'one/default', not of 'other/default'" in log
    with pytest.raises(ConfigException, match="a file for each site and environment"):
        FileStore(path).get("other/default")


def test_the_file_is_a_data_file_like_others(platform: Platform, make_client: Make, tmp_path: Path) -> None:
    client = make_client(data_file_cache=tmp_path)
    assert client.wait_init()
    eventually(kept(tmp_path).exists)
    offline = KameleoonClient("site", KameleoonClientConfig.offline(kept(tmp_path)))
    assert offline.get_feature_list() == ["first"]
    offline.close()


@pytest.mark.parametrize(
    "text", [b'{"a": 1}', b' {"a":{"b":"}"}}\r\n ', b"{}", b"[]", b"", b'{"a": ",\\"kameleoonCache\\":{}"}']
)
def test_texts_are_exact(tmp_path: Path, text: bytes) -> None:
    writer, reader = FileStore(tmp_path), FileStore(tmp_path)
    term = writer.should_fetch(KEY)
    writer.received(KEY, StoredDataFile(text, 1000.5, "Mon"), term)
    found = reader.get(KEY)
    assert found is not None
    assert (found.text, found.checked_at) == (text, 1000.5)
    writer.received(KEY, StoredDataFile(text, 2000.5, "Mon"), term)
    again = reader.get(KEY)
    assert again is not None and again.text is found.text and again.checked_at == 2000.5


def test_workers_of_a_host_fetch_once_and_another_one_goes_on(
    platform: Platform, start_workers: Callable[..., Workers], tmp_path: Path
) -> None:
    workers = start_workers(8, data_file_cache=str(tmp_path))
    eventually(lambda: workers.have("first") and platform.listeners == 1, 60)
    assert len(workers.leaders()) == 1
    before = fetches(platform)
    platform.set_data_file(file_with("second"))
    eventually(lambda: workers.have("second"))
    assert fetches(platform) == before + 1
    for number in range(3):
        (leader,) = workers.leaders()
        workers.kill(leader)
        eventually(lambda: len(workers.leaders()) == 1 and platform.listeners == 1)
        platform.set_data_file(file_with(f"after{number}"))
        eventually(lambda: workers.have(f"after{number}"))  # noqa: B023  # it is called here


def test_two_clients_of_a_process_fetch_once(platform: Platform, make_client: Make, tmp_path: Path) -> None:
    first, second = make_client(data_file_cache=tmp_path), make_client(data_file_cache=tmp_path)
    assert first.wait_init() and second.wait_init()
    eventually(
        lambda: {first.stats().data_source.state, second.stats().data_source.state} == {"streaming", "following"}
    )
    leader, follower = sorted((first, second), key=lambda each: each.stats().data_source.state != "streaming")
    told: list[Any] = []

    class Updates:
        def on_update(self, event: Any) -> None:
            told.append(event)

    follower.set_event_handler(EventType.DATAFILE_UPDATE, Updates())
    platform.set_data_file(file_with("second"))
    eventually(lambda: follower.get_feature_list() == ["second"])
    eventually(lambda: told)
    leader.close()
    eventually(lambda: follower.stats().data_source.state == "streaming")


def test_a_deleted_file_is_written_again(platform: Platform, make_client: Make, tmp_path: Path) -> None:
    client = make_client(data_file_cache=tmp_path)
    assert client.wait_init()
    for _ in range(2):
        eventually(kept(tmp_path).exists)
        kept(tmp_path).unlink()
    eventually(kept(tmp_path).exists)


def test_a_suspended_leader_does_not_keep_the_others_from_going_on(
    platform: Platform, start_workers: Callable[..., Workers], tmp_path: Path
) -> None:
    """A lock is nothing that times out: what is too old is fetched by whoever has it, once an interval."""
    platform.set_data_file(file_with("first", real_time=False))
    # An interval of 3 s; data files count as too old a minute after it is over: here another clock is not to be had.
    workers = start_workers(3, data_file_cache=str(tmp_path), refresh_interval_minute=0.05)
    eventually(lambda: workers.have("first") and len(workers.leaders()) == 1)
    (leader,) = workers.leaders()
    os.kill(leader, signal.SIGSTOP)
    workers.killed.add(leader)
    platform.set_data_file(file_with("second", real_time=False))
    eventually(lambda: workers.have("second"), 200)
    os.kill(leader, signal.SIGCONT)


def test_a_writer_that_is_killed_leaves_a_whole_file(tmp_path: Path) -> None:
    """Each of 40 writers is killed after a moment of its own; whatever is found then is one of the two data files."""
    program = (
        "import sys; from kameleoon.stores import FileStore, StoredDataFile\n"
        "store = FileStore(sys.argv[1]); term = store.should_fetch('site/default')\n"
        "texts = [b'{\"a\": \"%s\"}' % (letter * 200_000) for letter in (b'x', b'y')]\n"
        "print('ready', flush=True)\n"
        "while True:\n"
        "    for text in texts: store.received('site/default', StoredDataFile(text, 1.0), term)\n"
    )
    for number in range(40):
        writer = subprocess.Popen(
            [sys.executable, "-c", program, str(tmp_path)], stdout=subprocess.PIPE, cwd=ROOT, env={**os.environ}
        )
        assert writer.stdout is not None
        assert writer.stdout.readline() == b"ready\n"
        time.sleep(number * 0.002)
        writer.kill()
        writer.wait()
        writer.stdout.close()
        found = FileStore(tmp_path).get(KEY)
        if found is not None:
            assert json.loads(found.text)["a"] in {"x" * 200_000, "y" * 200_000}
    assert found is not None
