"""``Sharing``: looks after the store where processes share a data file, on a lane of its own.

It tells the data source whether to fetch (``lead``) or to leave that to another process (``follow``), and gives the
store what has been fetched. A store that hangs or fails holds up nothing but this lane: the data source, told nothing,
goes on alone.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from functools import partial

from kameleoon._data_file import DataFileSlot
from kameleoon._lanes import Lane
from kameleoon._network.repeated import Repeated
from kameleoon._source.data_source import DataSource
from kameleoon._source.kept_store import KeptStore
from kameleoon.logging.kameleoon_logger import KameleoonLogger
from kameleoon.stores.data_file_store import DataFileStore, StoredDataFile
from kameleoon.stores.file_store import FileStore

__all__ = ["Sharing", "store_of"]

_LOOK_SECONDS = 0.5
_PAUSE_SECONDS = 5.0
"""The store is not told more often that a data file is the latest still; nor is giving it one tried again."""
_SHORTEST_TERM_SECONDS = 10.0
"""A process that cannot fetch tries for so long before it lets another one."""
_OTHERS_TURN_SECONDS = 30.0
"""So long it leaves it to the others then; ``_FIRST_TURN_SECONDS`` where it has no data file yet."""
_FIRST_TURN_SECONDS = 5.0


def store_of(store: DataFileStore | None, cache: str | None) -> DataFileStore | None:
    """The store that the settings ask for, if they do."""
    if cache is None:
        return store
    kept = FileStore(cache)
    return kept if store is None else KeptStore(store, kept)


class Sharing:
    """One process' part in sharing a data file: who fetches it, and handing it on."""

    def __init__(
        self,
        store: DataFileStore,
        key: str,
        slot: DataFileSlot,
        data_source: DataSource,
        lane: Lane,
        use_data_domain: Callable[[str | None], object],
    ) -> None:
        """``key``: of what is shared. ``use_data_domain``: is told of the data domain of each data file that is put to
        use.
        """
        self._store = store
        self._key = key
        self._slot = slot
        self._data_source = data_source
        self._lane = lane
        self._use_data_domain = use_data_domain
        self._token = 0  # of our term; 0 while another process fetches
        self._adopted: bytes | None = None
        self._term_began = 0.0
        self._not_before = 0.0
        self._to_give: tuple[StoredDataFile, int] | None = None
        self._given: StoredDataFile | None = None
        self._give_not_before = 0.0
        self._has_ended = False
        self._is_alone = False  # the store has failed, and there was no data file
        self._failures = Repeated()

    def start(self) -> None:
        """Begins to look. Raises ``RuntimeError`` where no thread can be started."""
        self._data_source.start_shared(self._fetch_begins)
        self._lane.schedule(0, self._first_look)

    def begin_stop(self) -> None:
        """Lets another process fetch, if this one does, as soon as the lane comes to it. Never waits."""
        self._has_ended = True
        self._lane.run_next(lambda: self._guarded(lambda: self._store.close(self._key)))

    # On the lane

    def _first_look(self) -> None:
        self._guarded(self._adopt_what_is_there)
        self._look()

    def _look(self) -> None:
        try:
            if self._has_ended:
                return
            if time.monotonic() >= self._not_before:
                self._guarded(self._find_out)
            self._give()
        finally:
            if not self._has_ended:
                self._lane.schedule(_LOOK_SECONDS * random.uniform(0.9, 1.1), self._look)

    def _guarded(self, call: Callable[[], object]) -> bool:
        """Whether a call of the store has succeeded."""
        try:
            call()
        except Exception as error:  # noqa: BLE001  # the store may be a program's own
            repeated = self._failures.failed(type(error).__name__, time.monotonic())
            if repeated is not None:
                KameleoonLogger.error(
                    "the store in which processes share a data file fails: %r%s; the client goes on with the data file "
                    "that it has, and fetches itself. hint: does it run, and can it be reached?",
                    error,
                    repeated,
                )
            if not self._slot.is_fetched and not self._is_alone:
                self._is_alone = True  # once: the data source has pauses of its own
                self._data_source.lead()
            return False
        self._failures.succeeded(time.monotonic())
        self._is_alone = False
        return True

    def _adopt_what_is_there(self) -> None:
        stored = self._store.get(self._key)
        if stored is not None:
            self._adopt(stored)

    def _find_out(self) -> None:
        now = time.monotonic()
        if self._token and self._data_source.is_struggling and now > self._term_began + _SHORTEST_TERM_SECONDS:
            self._token = 0
            self._not_before = now + (_OTHERS_TURN_SECONDS if self._slot.is_fetched else _FIRST_TURN_SECONDS)
            self._store.close(self._key)
            return
        former, self._token = self._token, int(self._store.should_fetch(self._key))
        if not self._token:
            stored = self._store.get(self._key)
            if stored is not None:
                self._adopt(stored)
            self._data_source.follow(None if stored is None else stored.checked_at)
        elif self._token != former:
            self._term_began, self._given = now, None
            self._data_source.lead()

    def _adopt(self, stored: StoredDataFile) -> None:
        if stored.text is not self._adopted and stored.text != self._slot.text:
            self._data_source.adopt(stored, self._use_data_domain)
        self._adopted = stored.text

    def _give(self) -> None:
        """Gives the store what was fetched; what cannot be given now is tried again, as long as the term lasts."""
        to_give, now = self._to_give, time.monotonic()
        if to_give is None:
            return
        stored, token = to_give
        if token == self._token:
            is_known = self._given is not None and self._given.text is stored.text
            if is_known and now < self._give_not_before:
                return
            self._given, self._give_not_before = stored, now + _PAUSE_SECONDS
            if not self._guarded(lambda: self._store.received(self._key, stored, token)):
                return
        if self._to_give is to_give:  # else there is another one already
            self._to_give = None

    # On the lane of the data source

    def _fetch_begins(self) -> Callable[[], object]:
        """A fetch begins; what is returned is to be called once it has succeeded: it is the others' as well."""
        token = self._token
        return partial(self._fetched, token)

    def _fetched(self, token: int) -> None:
        if token:
            self._to_give = StoredDataFile(self._slot.text, time.time(), self._slot.last_modified), token
            self._lane.soon(self._give)
