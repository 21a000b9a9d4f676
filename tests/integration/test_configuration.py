"""Following the configuration over HTTP."""

from __future__ import annotations

import asyncio
import json
import threading
import time
from pathlib import Path
from typing import Any

import pytest

from kameleoon.events import DataFileUpdateEvent, EventType
from kameleoon.testing import Platform
from tests.data_files import data_file, flag
from tests.integration.conftest import eventually

STREAMING = {"realTimeUpdate": True}


class Updates:
    def __init__(self) -> None:
        self.events: list[DataFileUpdateEvent] = []

    def on_update(self, event: DataFileUpdateEvent) -> None:
        self.events.append(event)


def test_a_streaming_client_follows_within_a_second(platform: Platform, make_online: Any) -> None:
    platform.set_data_file(data_file(flag(), configuration=STREAMING))
    client, updates, called = make_online(environment="staging"), Updates(), threading.Event()
    assert client.wait_init()
    client.set_event_handler(EventType.DATAFILE_UPDATE, updates)
    client.on_update_configuration(called.set)
    eventually(lambda: platform.listeners == 1)
    assert client.is_feature_active("v", "flag")
    start = time.monotonic()
    platform.set_environment_enabled("flag", False)
    eventually(lambda: not client.is_feature_active("v", "flag"), 1)
    assert time.monotonic() - start < 1
    assert called.wait(1)
    assert updates.events[-1].source is DataFileUpdateEvent.Source.STREAMING
    paths = [path for _, path, _ in platform.requests if "/v3/" in path]
    assert paths[0].endswith("?environment=staging")
    eventually(lambda: any("&ts=" in path for _, path, _ in platform.requests))
    platform.update_data_file(lambda file: file.update(configuration={}))
    eventually(lambda: platform.listeners == 0, 5)


def test_a_polling_client_follows_at_its_next_poll_and_304_compiles_nothing(
    platform: Platform, make_online: Any
) -> None:
    client = make_online(refresh_interval_minute=0.3 / 60)
    updates = Updates()
    client.set_event_handler(EventType.DATAFILE_UPDATE, updates)
    assert client.wait_init()
    time.sleep(1)
    assert len(updates.events) <= 1
    assert client.stats().requests["DATAFILE"]["succeeded"] >= 3
    platform.set_data_file(data_file(flag("new")))
    eventually(lambda: client.get_feature_list() == ["new"], 2)


def test_the_newer_of_default_and_fetched_data_file_wins(platform: Platform, make_online: Any, log: object) -> None:
    platform.set_data_file({**data_file(flag("fetched")), "dateModified": 100})
    older = make_online(default_data_file={**data_file(flag("default")), "dateModified": 99})
    assert older.is_ready()
    assert older.wait_init(0)
    eventually(lambda: older.get_feature_list() == ["fetched"])
    newer = make_online(default_data_file={**data_file(flag("default")), "dateModified": 101})
    eventually(lambda: newer.stats().requests["DATAFILE"]["succeeded"] > 0)
    assert newer.get_feature_list() == ["default"]


def test_a_newer_default_data_file_stays_however_often_an_older_one_is_fetched(
    platform: Platform, make_online: Any, log: object
) -> None:
    platform.set_data_file({**data_file(flag("fetched")), "dateModified": 100})
    default = {**data_file(flag("default")), "dateModified": 200}
    client, updates = make_online(default_data_file=default, refresh_interval_minute=0.2 / 60), Updates()
    client.set_event_handler(EventType.DATAFILE_UPDATE, updates)
    for version in (101, 102):
        eventually(lambda version=version: client.stats().requests["DATAFILE"]["succeeded"] >= version - 99, 5)
        platform.set_data_file({**data_file(flag("fetched")), "dateModified": version})
    succeeded = client.stats().requests["DATAFILE"]["succeeded"]
    eventually(lambda: client.stats().requests["DATAFILE"]["succeeded"] >= succeeded + 2, 5)
    assert client.get_feature_list() == ["default"]
    stats = client.stats()
    assert (stats.data_file_source, stats.data_file_age_second) == ("default", None)
    assert updates.events == []
    platform.set_data_file({**data_file(flag("fetched")), "dateModified": 201})
    eventually(lambda: client.get_feature_list() == ["fetched"], 5)
    eventually(lambda: [event.date_modified for event in updates.events] == [201], 5)
    assert client.stats().data_file_source == "service"
    platform.set_data_file({**data_file(flag("older")), "dateModified": 150})
    eventually(lambda: client.get_feature_list() == ["older"], 5)  # the service may go back


def test_until_a_configuration_is_in_nothing_blocks(platform: Platform, make_online: Any, log: object) -> None:
    from kameleoon import CustomData, exceptions

    platform.misbehave("configuration", "latency", seconds=1)
    client = make_online()
    start = time.monotonic()
    with pytest.raises(exceptions.FeatureNotFound):
        client.is_feature_active("v", "flag")
    assert client.get_feature_list() == []
    client.add_data("v", CustomData(1, "a"))
    client.set_legal_consent("v", True)
    assert client.wait_init(50) is False
    assert time.monotonic() - start < 0.5
    assert client.wait_init() is True


def test_the_data_file_of_a_path_is_read_again_when_it_changes(tmp_path: Path) -> None:
    path = tmp_path / "data.json"
    path.write_text(json.dumps(data_file(flag())))
    with Platform(path) as platform:
        assert b'"flag"' in platform.data_file()[0]
        path.write_text(json.dumps(data_file(flag("other"))))
        eventually(lambda: b'"other"' in platform.data_file()[0], 3)


def test_handlers_that_raise_or_lack_a_method_change_nothing(platform: Platform, make_online: Any, log: Any) -> None:
    class Raising:
        def on_update(self, event: object) -> None:
            raise RuntimeError("full disk")

    client = make_online(refresh_interval_minute=0.2 / 60)
    client.set_event_handler(EventType.DATAFILE_UPDATE, Raising())
    client.set_event_handler(EventType.HTTP_REQUEST, Raising())
    assert "lacks ['on_request_succeeded', 'on_request_failed']" in log
    client.wait_init()
    platform.set_data_file(data_file(flag("new")))
    eventually(lambda: client.get_feature_list() == ["new"])
    eventually(lambda: "full disk" in log)


def test_async_forms_do_not_block_the_loop(platform: Platform, make_online: Any) -> None:
    platform.remote_data["key"] = {"warehouseAudiences": {"gold": 1}}
    platform.misbehave("remote-data", "latency", seconds=0.3)
    client = make_online()

    async def main() -> None:
        assert await client.wait_init_async()
        ticks = 0

        async def tick() -> None:
            nonlocal ticks
            while True:
                await asyncio.sleep(0.01)
                ticks += 1

        ticking = asyncio.create_task(tick())
        assert await client.get_remote_data_async("key") == {"warehouseAudiences": {"gold": 1}}
        audience = await client.get_visitor_warehouse_audience_async("v", 1, "key")
        assert audience.values == ("gold",)
        assert await client.get_remote_visitor_data_async("v") == []
        assert ticks > 30
        cancelled = asyncio.create_task(client.get_remote_data_async("key"))
        await asyncio.sleep(0.05)
        cancelled.cancel()
        with pytest.raises(asyncio.CancelledError):
            await cancelled
        ticking.cancel()

    asyncio.run(main())
    asyncio.run(main())


def test_a_fetch_that_fails_after_an_event_is_tried_again_and_streaming_goes_on(
    platform: Platform, make_online: Any, log: object
) -> None:
    platform.set_data_file(data_file(flag(), configuration=STREAMING))
    client = make_online(refresh_interval_minute=1 / 60)
    assert client.wait_init()
    eventually(lambda: platform.listeners == 1)
    platform.misbehave("configuration", "status", status=500, times=2)
    platform.set_data_file(data_file(flag("new"), configuration=STREAMING))
    eventually(lambda: client.get_feature_list() == ["new"], 5)
    assert sum(path.startswith("/sse") for _, path, _ in platform.requests) == 1
    assert platform.listeners == 1


def test_proxies_of_the_environment_are_used(platform: Platform) -> None:
    """The platform is the proxy: it is asked for a host that does not exist."""
    import os
    import subprocess
    import sys

    program = (
        "from kameleoon import *\n"
        "config = KameleoonClientConfig('id', 'secret', endpoint='http://kameleoon.invalid')\n"
        "client = KameleoonClientFactory.create('site', config)\n"
        "assert client.wait_init(), 'no configuration through the proxy'\n"
        "client.track_conversion('v', 1)\n"
    )
    environment = {
        **os.environ,
        "http_proxy": platform.origin,
        "HTTP_PROXY": platform.origin,
        "no_proxy": "",
        "NO_PROXY": "",
    }
    subprocess.run([sys.executable, "-c", program], env=environment, check=True, timeout=30)
    assert [event["eventType"] for event in platform.received.events] == ["conversion"]
