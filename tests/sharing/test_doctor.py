"""``doctor`` and the store where processes share a data file."""

from __future__ import annotations

from typing import Any

from kameleoon.testing import Platform
from tests.cli.examined import GIVEN, doctor
from tests.sharing.conftest import Redis, eventually


def test_the_store_is_asked_for_what_it_has(platform: Platform, redis_server: Redis, make_client: Any) -> None:
    env = {**GIVEN, "KAMELEOON_DATA_FILE_STORE": redis_server.address}
    arguments = ("--site-code", "site", "--endpoint", platform.origin, "--timeout", "8")
    before = doctor(*arguments, env=env)
    assert "it has nothing for 'site/default' yet" in before.of("data_file_store")["text"]
    assert before.status == 0
    client = make_client(data_file_store=redis_server.address)
    assert client.wait_init()
    eventually(lambda: "1 feature flag" in doctor(*arguments, env=env).of("data_file_store")["text"])
    redis_server.suspend()
    hanging = doctor(*arguments, env=env)
    assert "RedisStore(prefix='kameleoon') fails: TimeoutError" in hanging.of("data_file_store")["text"]
    assert hanging.status == 1
    redis_server.stop()
    ended = doctor(
        *arguments, env={**env, "KAMELEOON_DATA_FILE_STORE": redis_server.address.replace("//", "//u:pa55@")}
    )
    assert "fails: ConnectionError" in ended.of("data_file_store")["text"]
    assert "pa55" not in str(ended)
