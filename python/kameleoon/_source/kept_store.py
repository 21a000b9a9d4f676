"""``KeptStore``: a store whose data file is kept in a file as well, for a start while the store cannot be reached."""

from __future__ import annotations

import time
from collections.abc import Callable

from kameleoon._network.repeated import Repeated
from kameleoon.exceptions import KameleoonError
from kameleoon.logging.kameleoon_logger import KameleoonLogger
from kameleoon.stores.data_file_store import DataFileStore, StoredDataFile
from kameleoon.stores.file_store import FileStore

__all__ = ["KeptStore"]


class KeptStore:
    """``store`` decides who fetches; whatever comes by is written into ``cache`` by one process of the host."""

    def __init__(self, store: DataFileStore, cache: FileStore) -> None:
        self._store = store
        self._cache = cache
        self._kept: StoredDataFile | None = None
        self._failures = Repeated()

    def should_fetch(self, key: str) -> int:
        """As the store says."""
        return self._store.should_fetch(key)

    def get(self, key: str) -> StoredDataFile | None:
        """What the store has."""
        stored = self._store.get(key)
        if stored is not None and (self._kept is None or stored.text is not self._kept.text):
            self._keep(key, stored)
        return stored

    def received(self, key: str, data_file: StoredDataFile, token: int) -> None:
        """Gives both of them the data file."""
        self._keep(key, data_file)
        self._store.received(key, data_file, token)

    def close(self, key: str) -> None:
        """Closes both of them."""
        self._guarded(lambda: self._cache.close(key))
        self._store.close(key)

    def _keep(self, key: str, data_file: StoredDataFile) -> None:
        def keep() -> None:
            token = self._cache.should_fetch(key)
            if token:
                self._cache.received(key, data_file, token)

        self._kept = data_file
        self._guarded(keep)

    def _guarded(self, call: Callable[[], object]) -> None:
        try:
            call()
            self._failures.succeeded(time.monotonic())
        except (OSError, KameleoonError) as error:
            repeated = self._failures.failed(type(error).__name__, time.monotonic())
            if repeated is not None:
                KameleoonLogger.warning(
                    "the data file cannot be kept in data_file_cache: %s%s. hint: may the process write there, and is "
                    "there room?",
                    error,
                    repeated,
                )
