"""Watches a client for a provider: which flags have changed, and whether the data file is stale."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from typing import Any

from kameleoon.events.event_type import EventType
from kameleoon.exceptions import ConfigException
from kameleoon.kameleoon_client import KameleoonClient

__all__ = ["DataFile", "Watch"]


class DataFile:
    """What a provider looks at in a data file: its flags with all that decides them, and the names of custom data."""

    def __init__(self, text: bytes) -> None:
        data_file = _object(json.loads(text or b"{}"))
        segments = {segment.get("id"): segment for segment in _objects(data_file.get("segments"))}
        common = [data_file.get(name) for name in ("holdout", "configuration")]
        self.flags: dict[str, Any] = {
            str(flag.get("featureKey")): [flag, _segments_of(flag, segments), common]
            for flag in _objects(data_file.get("featureFlags"))
        }
        """By key, what decides it."""
        self.custom_data: frozenset[str] = frozenset(
            datum["name"] for datum in _objects(data_file.get("customData")) if isinstance(datum.get("name"), str)
        )
        """The names of the custom data."""

    @classmethod
    def of(cls, client: KameleoonClient) -> DataFile:
        """The client's; an empty one where it has none."""
        try:
            return cls(client.snapshot().data_file)
        except ConfigException:
            return cls(b"")

    def changed_since(self, before: DataFile) -> list[str]:
        """The keys of the flags that were added, removed, or may be answered otherwise."""
        keys = {**before.flags, **self.flags}
        return sorted(key for key in keys if before.flags.get(key) != self.flags.get(key))


def _object(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _objects(value: Any) -> list[dict[str, Any]]:
    return [each for each in value if isinstance(each, dict)] if isinstance(value, list) else []


def _segments_of(flag: dict[str, Any], segments: dict[Any, dict[str, Any]]) -> list[dict[str, Any]]:
    """The segments that the flag's rules refer to, and those that these refer to."""
    found: dict[Any, dict[str, Any]] = {}
    todo: list[Any] = [rule.get("segmentId") for rule in _objects(flag.get("rules"))]
    while todo:
        identifier = todo.pop()
        if identifier in segments and identifier not in found:
            found[identifier] = segments[identifier]
            for group in _objects(_object(segments[identifier].get("conditionsData")).get("firstLevel")):
                todo += [condition.get("segmentId") for condition in _objects(group.get("conditions"))]
    return list(found.values())


class Watch:
    """Handles a client's events beside the handler that its user has set. It is told on the client's own thread."""

    def __init__(
        self, client: KameleoonClient, changed: Callable[[list[str]], None], staled: Callable[[bool], None]
    ) -> None:
        """``changed`` is told of keys of flags, ``staled`` whether the data file is stale, each time that changes."""
        self._client = client
        self._lock = threading.Lock()
        self._changed = changed
        self._staled = staled
        self.is_stale: bool = False
        self.data_file: DataFile = DataFile.of(client)
        client.add_event_handler(EventType.DATAFILE_UPDATE, self)

    def end(self) -> None:
        """Is told of nothing any more."""
        self._client.remove_event_handler(EventType.DATAFILE_UPDATE, self)

    def look_again(self) -> list[str]:
        """Reads the data file in use; returns the keys of the flags that have changed."""
        with self._lock:  # who looks later finds what has changed since
            before, self.data_file = self.data_file, DataFile.of(self._client)
            return self.data_file.changed_since(before)

    def on_update(self, *_event: object) -> None:
        """Another data file is in use."""
        self._changed(self.look_again())

    def on_staleness_changed(self, is_stale: bool) -> None:
        """The data file could not be fetched for a while, or can be fetched again."""
        self.is_stale = is_stale
        self._staled(is_stale)
