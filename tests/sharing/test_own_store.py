"""Stores of a program's own that hang, raise, lie, or come and go: evaluations and the data file go on."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from kameleoon import KameleoonClient
from kameleoon.stores import StoredDataFile
from kameleoon.testing import Platform
from tests.sharing.conftest import eventually, fetches, file_with

Make = Callable[..., KameleoonClient]


class Store:
    """In memory; which of its users may fetch is the test's to say."""

    def __init__(self) -> None:
        self.leads: Any = True
        self.data_file: StoredDataFile | None = None
        self.calls: list[str] = []
        self.error: Exception | None = None
        self.threads: set[str] = set()

    def _called(self, name: str) -> None:
        self.calls.append(name)
        self.threads.add(threading.current_thread().name)
        if self.error is not None:
            raise self.error

    def should_fetch(self, key: str) -> int:
        self._called("should_fetch")
        assert key == "site/production"
        return self.leads

    def get(self, key: str) -> StoredDataFile | None:
        self._called("get")
        return self.data_file

    def received(self, key: str, data_file: StoredDataFile, token: int) -> None:
        self._called("received")
        self.data_file = data_file

    def close(self, key: str) -> None:
        self._called("close")


def test_one_leads_and_another_follows(platform: Platform, make_client: Make) -> None:
    leader, follower = Store(), Store()
    follower.leads = False
    first = make_client(data_file_store=leader, environment="production")
    assert first.wait_init()
    eventually(lambda: leader.data_file)
    follower.data_file = leader.data_file
    before = fetches(platform)
    second = make_client(data_file_store=follower, environment="production")
    assert second.wait_init()
    assert second.get_feature_list() == ["first"]
    stats = second.stats()
    assert stats.data_file_source == "store"
    eventually(lambda: second.stats().data_source.state == "following")
    assert fetches(platform) - before <= 1, "the leader's own, as its stream is connected"
    assert leader.threads == {"kameleoon-store"}, "never the caller's"


def test_who_follows_leads_when_its_turn_comes(platform: Platform, make_client: Make) -> None:
    store = Store()
    store.leads = False
    client = make_client(data_file_store=store, environment="production")
    eventually(lambda: client.stats().data_source.state == "following")
    assert fetches(platform) == 0
    assert not client.wait_init(100)
    store.leads = 7
    assert client.wait_init(5000)
    eventually(lambda: platform.listeners == 1)
    store.leads = False
    eventually(lambda: platform.listeners == 0 and client.stats().data_source.state == "following")


def test_another_token_is_another_fetch(platform: Platform, make_client: Make) -> None:
    platform.set_data_file(file_with("first", real_time=False))
    store = Store()
    store.leads = 1
    client = make_client(data_file_store=store, environment="production")
    assert client.wait_init()
    eventually(lambda: store.data_file)
    assert fetches(platform) == 1
    store.data_file = None
    store.leads = 2
    eventually(lambda: store.data_file)
    assert fetches(platform) == 2


@pytest.mark.parametrize("kind", ["raises", "hangs", "answers nonsense"])
def test_a_store_that_is_of_no_use_holds_nothing_up(platform: Platform, make_client: Make, kind: str, log: Any) -> None:
    store, going = Store(), threading.Event()
    if kind == "raises":
        store.error = ValueError("no such table")
    elif kind == "hangs":
        store._called = lambda name: going.wait(60)  # type: ignore[method-assign]
    else:
        store.leads = "yes"
        store.get = lambda key: 17  # type: ignore[method-assign,assignment,return-value]
    client = make_client(data_file_store=store, environment="production")
    assert client.wait_init(10_000, keep_trying=True)
    assert client.get_feature_list() == ["first"]
    platform.set_data_file(file_with("second"))
    eventually(lambda: client.get_feature_list() == ["second"])
    if kind != "hangs":
        assert "the store in which processes share a data file fails" in log
    began = time.monotonic()
    client.close(1)
    assert time.monotonic() - began < 10
    going.set()


def test_neither_a_store_nor_a_service_that_fails_is_hammered(platform: Platform, make_client: Make) -> None:
    platform.misbehave("configuration", "status", status=503)
    store = Store()
    store.error = ValueError("no such table")
    client = make_client(data_file_store=store, environment="production")
    assert not client.wait_init(20_000, keep_trying=True)
    assert fetches(platform) <= 34, "two attempts each, after pauses that grow to 4 s"
    assert len(store.calls) < 120


def test_what_cannot_be_given_is_given_later(platform: Platform, make_client: Make) -> None:
    store = Store()
    refusing = threading.Event()

    def received(key: str, data_file: StoredDataFile, token: int) -> None:
        if not refusing.is_set():
            raise OSError("full")
        store.data_file = data_file

    store.received = received  # type: ignore[method-assign]
    client = make_client(data_file_store=store, environment="production")
    assert client.wait_init()
    refusing.set()
    eventually(lambda: store.data_file)


def test_a_data_file_that_is_none_is_told_of_and_the_one_in_use_stays(
    platform: Platform, make_client: Make, log: Any
) -> None:
    store = Store()
    store.leads = False
    store.data_file = StoredDataFile(b"{", time.time())
    client = make_client(data_file_store=store, environment="production")
    eventually(lambda: "the data file that processes share cannot be used" in log)
    store.data_file = StoredDataFile(b'{"featureFlags": []}', time.time())
    assert client.wait_init(5000)


def test_a_leader_that_cannot_fetch_lets_another_try(platform: Platform, make_client: Make) -> None:
    platform.misbehave("configuration", "status", status=503)
    store = Store()
    client = make_client(data_file_store=store, environment="production")
    assert not client.wait_init(100)
    eventually(lambda: "close" in store.calls)
    platform.behave()
    assert client.wait_init(10_000, keep_trying=True), "it has gone on trying itself"


def test_what_was_closed_is_left_alone(platform: Platform, make_client: Make) -> None:
    store = Store()
    client = make_client(data_file_store=store, environment="production")
    assert client.wait_init()
    client.close(2)
    assert store.calls.count("close") == 1
    calls = len(store.calls)
    time.sleep(1.2)
    assert len(store.calls) == calls


def test_the_cache_keeps_what_the_store_gives(platform: Platform, make_client: Make, tmp_path: Path) -> None:
    store = Store()
    store.leads = False
    text = b'{"featureFlags": [], "dateModified": 5}'
    store.data_file = StoredDataFile(text, time.time())
    client = make_client(data_file_store=store, data_file_cache=tmp_path, environment="production")
    assert client.wait_init()
    kept = tmp_path / "kameleoon-site-production.json"
    eventually(kept.exists)
    store.data_file = StoredDataFile(b'{"featureFlags": [], "dateModified": 6}', time.time())
    eventually(lambda: b'"dateModified": 6' in kept.read_bytes())


@pytest.mark.parametrize("store", [object(), 7, {"get": 1}])
def test_what_is_no_store_is_told_of(store: Any, platform: Platform, make_client: Make, log: Any) -> None:
    client = make_client(data_file_store=store)
    assert client.wait_init()
    assert "config: data_file_store must have the methods of kameleoon.stores.DataFileStore" in log
