"""Data files from elsewhere than the service: a file that is watched, a function of the program's own."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

from kameleoon.events import DataFileUpdateEvent, EventType
from kameleoon.testing import Platform
from tests.data_files import data_file, flag
from tests.integration.conftest import eventually
from tests.integration.test_lifecycle import conversions


class Updates:
    def __init__(self) -> None:
        self.events: list[DataFileUpdateEvent] = []

    def on_update(self, event: DataFileUpdateEvent) -> None:
        self.events.append(event)


def write(path: Path, content: Any) -> None:
    beside = path.with_suffix(".new")
    beside.write_text(content if isinstance(content, str) else json.dumps(content))
    os.replace(beside, path)


def configuration_requests(platform: Platform) -> list[str]:
    return [path for _, path, _ in platform.requests if path.startswith("/v3/")]


def test_a_file_is_followed_and_the_service_is_not_asked(platform: Platform, make_online: Any, tmp_path: Path) -> None:
    path, updates = tmp_path / "flags.json", Updates()
    write(path, data_file(flag("first"), configuration={"realTimeUpdate": True}))
    client = make_online(data_source=path)
    client.set_event_handler(EventType.DATAFILE_UPDATE, updates)
    assert client.wait_init()
    assert client.get_feature_list() == ["first"]
    assert client.stats().data_file_source == "file"
    write(path, data_file(flag("second")))
    eventually(lambda: client.get_feature_list() == ["second"])
    eventually(lambda: updates.events)
    client.track_conversion("v", 1)
    assert client.flush(timeout=5)
    assert conversions(platform) == ["v"]
    assert configuration_requests(platform) == []
    assert platform.listeners == 0


def test_a_file_that_is_missing_or_broken_is_told_of_and_read_once_it_is_well(
    platform: Platform, make_online: Any, tmp_path: Path, log: Any
) -> None:
    path = tmp_path / "flags.json"
    client = make_online(data_source=str(path))
    assert client.wait_init(2000) is False
    assert "flags.json" in log
    write(path, data_file(flag("first")))
    assert client.wait_init(10_000, keep_trying=True)
    write(path, "{broken")
    eventually(lambda: client.stats().data_source.last_failure is not None)
    eventually(lambda: "unreadable data file" in (client.stats().data_source.last_failure or ""))
    assert client.get_feature_list() == ["first"]
    write(path, data_file(flag("second")))
    eventually(lambda: client.get_feature_list() == ["second"])


def test_a_function_is_asked_each_refresh_interval(platform: Platform, make_online: Any) -> None:
    given: list[Any] = [None, data_file(flag("first")), None, RuntimeError("the store is down")]
    latest = {**data_file(flag("second")), "dateModified": 2}

    def find() -> Any:
        found = given.pop(0) if given else json.dumps(latest).encode()
        if isinstance(found, Exception):
            raise found
        return found

    client = make_online(data_source=find, refresh_interval_minute=0.2 / 60)
    assert client.wait_init(10_000, keep_trying=True)
    assert client.get_feature_list() == ["first"]
    eventually(lambda: client.get_feature_list() == ["second"])
    assert client.stats().data_file_source == "function"
    assert "the store is down" in (client.stats().data_source.last_failure or "")
    assert configuration_requests(platform) == []
