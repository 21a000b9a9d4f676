"""Processes of a deployment that share a data file by a real Redis server."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import pytest

from kameleoon import KameleoonClient, KameleoonClientConfig
from kameleoon.exceptions import ConfigException
from kameleoon.stores import DataFileStore, RedisStore, StoredDataFile
from kameleoon.testing import Platform
from tests.sharing.conftest import Redis, Workers, eventually, fetches, file_with


def test_fifty_processes_fetch_once_for_each_change(
    platform: Platform, redis_server: Redis, start_workers: Callable[..., Workers], capsys: Any
) -> None:
    workers = start_workers(50, data_file_store=redis_server.address)
    eventually(lambda: workers.have("first") and platform.listeners == 1, 120)
    assert len(workers.leaders()) == 1
    # At its first term the leader fetches, and once more when its stream is connected.
    assert fetches(platform) == 2
    delays = []
    for number in range(5):
        before, changed = fetches(platform), time.time()
        platform.set_data_file(file_with("first", f"other{number}"))
        eventually(lambda: workers.have("first", f"other{number}"))  # noqa: B023  # it is called here
        delays.append(workers.last_change() - changed)
        assert fetches(platform) == before + 1
    assert platform.listeners == 1
    assert max(delays) < 10  # half a second to a second on a machine that has time for 50 processes
    with capsys.disabled():
        print(f" [50 processes, seconds from a change to the last of them: {[round(each, 2) for each in delays]}]")


def test_another_leads_once_the_leader_was_killed(
    platform: Platform, redis_server: Redis, start_workers: Callable[..., Workers]
) -> None:
    workers = start_workers(8, data_file_store=redis_server.address)
    eventually(lambda: workers.have("first") and platform.listeners == 1)
    (leader,) = workers.leaders()
    workers.kill(leader)
    platform.set_data_file(file_with("second"))
    eventually(lambda: workers.have("second"))
    eventually(lambda: len(workers.leaders()) == 1 and platform.listeners == 1)
    assert workers.leaders() != [leader]


def test_an_emptied_store_is_filled_again(
    platform: Platform, redis_server: Redis, start_workers: Callable[..., Workers], make_client: Any
) -> None:
    workers = start_workers(8, data_file_store=redis_server.address, site_code="site")
    eventually(lambda: workers.have("first") and platform.listeners == 1)
    redis_server.wipe()
    store = RedisStore(redis_server.address)
    eventually(lambda: store.get("site/default") is not None)
    platform.set_data_file(file_with("second"))
    eventually(lambda: workers.have("second"))
    eventually(lambda: len(workers.leaders()) == 1 and platform.listeners == 1)


def test_without_the_store_everybody_goes_on_alone_and_together_again_with_it(
    platform: Platform, redis_server: Redis, start_workers: Callable[..., Workers]
) -> None:
    workers = start_workers(6, data_file_store=redis_server.address)
    eventually(lambda: workers.have("first") and platform.listeners == 1)
    redis_server.suspend()
    platform.set_data_file(file_with("second"))
    eventually(lambda: workers.have("second"), 60)  # a process that is told nothing goes on alone after 15 to 30 s
    redis_server.go_on()
    eventually(lambda: len(workers.leaders()) == 1 and platform.listeners == 1)
    redis_server.stop()
    platform.set_data_file(file_with("third"))
    eventually(lambda: workers.have("third"), 60)
    redis_server.start()
    eventually(lambda: len(workers.leaders()) == 1 and platform.listeners == 1)
    platform.set_data_file(file_with("fourth"))
    eventually(lambda: workers.have("fourth"))


def test_a_start_without_the_store_is_ready_as_without_one(
    platform: Platform, redis_server: Redis, make_client: Any
) -> None:
    redis_server.stop()
    client = make_client(data_file_store=redis_server.address)
    assert client.wait_init(5000, keep_trying=True)
    assert client.get_feature_list() == ["first"]
    assert client.stats().data_file_source == "service"


def test_a_start_without_the_service_is_ready_by_the_store(
    platform: Platform, redis_server: Redis, make_client: Any, start_workers: Callable[..., Workers]
) -> None:
    first = make_client(data_file_store=redis_server.address)
    assert first.wait_init()
    eventually(lambda: RedisStore(redis_server.address).get("site/default") is not None)
    first.close()
    platform.misbehave("configuration", "status", status=503)
    client = make_client(data_file_store=redis_server.address)
    assert client.wait_init(5000, keep_trying=True)
    assert client.get_feature_list() == ["first"]
    assert client.stats().data_file_source == "store"


def test_a_client_that_closes_lets_another_one_lead_at_once(
    platform: Platform, redis_server: Redis, make_client: Any
) -> None:
    first = make_client(data_file_store=RedisStore(redis_server.address, lease_second=600))
    assert first.wait_init()
    second = make_client(data_file_store=RedisStore(redis_server.address, lease_second=600))
    assert second.wait_init()
    eventually(lambda: second.stats().data_source.state == "following")
    first.close()
    eventually(lambda: second.stats().data_source.state == "streaming")


def test_what_a_process_gives_after_its_term_is_dropped(redis_server: Redis) -> None:
    late, leader = RedisStore(redis_server.address), RedisStore(redis_server.address)
    old, new = StoredDataFile(b'{"a": 1}', 1.0), StoredDataFile(b'{"a": 2}', 2.0, "Fri")
    first_term = late.should_fetch("site/default")
    assert first_term and late.should_fetch("site/default") == first_term, "a renewed term is the same"
    assert leader.should_fetch("site/default") == 0
    late.close("site/default")
    second_term = leader.should_fetch("site/default")
    assert second_term > first_term
    leader.received("site/default", new, second_term)
    late.received("site/default", old, first_term)
    assert late.get("site/default") == new
    leader.close("site/default")
    third_term = late.should_fetch("site/default")
    late.received("site/default", old, first_term)  # it leads again, but this it has fetched long ago
    assert leader.get("site/default") == new
    for _ in range(50):  # several in a millisecond
        redis_server.wipe()
        next_term = leader.should_fetch("site/default")
        assert next_term > third_term, "terms rise though nothing of the former ones is left"
        third_term = next_term


def test_texts_are_exact_and_given_again_as_the_same_object(redis_server: Redis) -> None:
    writer, reader = RedisStore(redis_server.address, prefix="a"), RedisStore(redis_server.address, prefix="a")
    assert isinstance(reader, DataFileStore)
    text = '{"key": "é\U0001f600"}'.encode() + b"\xff\x00" * 3
    term = writer.should_fetch("s/e")
    writer.received("s/e", StoredDataFile(text, 12.5), term)
    first = reader.get("s/e")
    assert first == StoredDataFile(text, 12.5)
    writer.received("s/e", StoredDataFile(text, 13.5), term)
    again = reader.get("s/e")
    assert first is not None and again is not None and again.checked_at == 13.5
    assert again.text is first.text
    writer.received("s/e", StoredDataFile(b"{}", 14.5), term)
    writer.received("s/e", StoredDataFile(text, 15.5), term)  # back to a text that the reader has seen
    assert reader.get("s/e") == StoredDataFile(text, 15.5)
    assert RedisStore(redis_server.address, prefix="b").get("s/e") is None
    assert reader.get("s/other") is None


def test_a_client_of_ones_own_that_decodes_will_do(redis_server: Redis) -> None:
    import redis

    store = RedisStore(redis.Redis(port=redis_server.port, decode_responses=True, socket_timeout=1))
    store.received("s/e", StoredDataFile(b'{"a": "\xc3\xa9"}', 1.0, "Mon"), store.should_fetch("s/e"))
    assert store.get("s/e") == StoredDataFile(b'{"a": "\xc3\xa9"}', 1.0, "Mon")


def test_an_address_in_the_process_environment_is_a_store(redis_server: Redis, monkeypatch: Any) -> None:
    monkeypatch.setenv("KAMELEOON_CLIENT_ID", "id")
    monkeypatch.setenv("KAMELEOON_CLIENT_SECRET", "secret")
    monkeypatch.setenv("KAMELEOON_DATA_FILE_STORE", redis_server.address)
    assert isinstance(KameleoonClientConfig.from_env().data_file_store, RedisStore)


@pytest.mark.parametrize("address", ["postgres://localhost", "localhost:6379", "redis://:pa55/w0rd@localhost"])
def test_an_address_that_is_none_is_refused(address: str) -> None:
    pytest.importorskip("redis")
    with pytest.raises(ConfigException, match="RedisStore: the address cannot be used") as caught:
        KameleoonClientConfig("id", "secret", data_file_store=address)
    assert "pa55" not in f"{caught.value} {caught.value.hint} {caught.value.__cause__}"


def test_a_store_without_room_keeps_nobody_from_starting(
    platform: Platform, redis_server: Redis, start_workers: Callable[..., Workers]
) -> None:
    redis_server.connection.config_set("maxmemory", "1")  # reads go on, and what would take memory is refused
    workers = start_workers(3, data_file_store=redis_server.address)
    eventually(lambda: workers.have("first"))
    redis_server.connection.config_set("maxmemory", "0")
    platform.set_data_file(file_with("second"))
    eventually(lambda: workers.have("second"), 60)


def test_a_data_file_that_the_store_does_not_take_keeps_nobody_from_starting(
    platform: Platform, redis_server: Redis, start_workers: Callable[..., Workers]
) -> None:
    platform.set_data_file({**file_with("first"), "padding": "x" * 3_000_000})
    redis_server.connection.config_set("proto-max-bulk-len", str(1024 * 1024))  # the lease is taken, the text is not
    workers = start_workers(3, data_file_store=redis_server.address)
    eventually(lambda: workers.have("first"))
    redis_server.connection.config_set("proto-max-bulk-len", str(512 * 1024 * 1024))
    platform.set_data_file(file_with("second"))
    eventually(lambda: workers.have("second"), 60)


def test_a_short_lease_is_refused() -> None:
    with pytest.raises(ConfigException, match="lease_second must be more than 2 seconds, not 1"):
        RedisStore("redis://localhost", lease_second=1)


def test_a_child_that_is_forked_is_not_taken_for_its_parent(
    platform: Platform, redis_server: Redis, make_client: Callable[..., KameleoonClient]
) -> None:
    import os

    client = make_client(data_file_store=redis_server.address)
    assert client.wait_init()
    eventually(lambda: platform.listeners == 1)
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        state = ""
        deadline = time.monotonic() + 10
        while state != "following" and time.monotonic() < deadline:
            client.is_feature_active("v", "first")
            source = client.stats().data_source
            state = "" if source is None else source.state
            time.sleep(0.02)
        os.write(writing, state.encode())
        os._exit(0)
    os.close(writing)
    with os.fdopen(reading) as told:
        assert told.read() == "following"
    os.waitpid(child, 0)
    assert platform.listeners == 1
