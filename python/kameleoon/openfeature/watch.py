"""Watches a client for a provider: which flags have changed, and whether the data file is stale."""

from __future__ import annotations

from collections.abc import Callable

from kameleoon.events.event_type import EventType
from kameleoon.exceptions import ConfigException
from kameleoon.kameleoon_client import KameleoonClient
from kameleoon.openfeature.context import KIND_NAMES
from kameleoon.openfeature.decisive import DataFile

__all__ = ["Watch"]


class Watch:
    """Handles a client's events beside the handler that its user has set. It is told on the client's own thread."""

    def __init__(self, client: KameleoonClient, changed: Callable[[], None], staled: Callable[[bool], None]) -> None:
        """``changed`` is told that another data file is in use, ``staled`` whether it is stale, when that changes.

        ``data_names`` are the attributes of contexts that stand for data, as the data file is now.
        """
        self._client = client
        self._changed = changed
        self._staled = staled
        source = client.stats().data_source
        self.is_stale: bool = source is not None and source.is_stale
        self._data_file = _data_file_of(client)
        self.data_names: frozenset[str] = self._data_file.custom_data | KIND_NAMES
        client.add_event_handler(EventType.DATAFILE_UPDATE, self)

    def end(self) -> None:
        """Is told of nothing any more."""
        self._client.remove_event_handler(EventType.DATAFILE_UPDATE, self)

    def look_again(self) -> list[str]:
        """Reads the data file in use; returns the keys of the flags that have changed since it was read last. One
        thread at a time.
        """
        before, self._data_file = self._data_file, _data_file_of(self._client)
        self.data_names = self._data_file.custom_data | KIND_NAMES
        return self._data_file.changed_since(before)

    def on_update(self, *_event: object) -> None:
        """Another data file is in use."""
        self._changed()

    def on_staleness_changed(self, is_stale: bool) -> None:
        """The data file could not be fetched for a while, or can be fetched again."""
        self.is_stale = is_stale
        self._staled(is_stale)


def _data_file_of(client: KameleoonClient) -> DataFile:
    """The client's; an empty one where it has none."""
    try:
        return DataFile(client.snapshot().data_file)
    except ConfigException:
        return DataFile(b"{}")
