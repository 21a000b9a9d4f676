"""``DataSource``: does what the state machine wants done, on a lane, and reports what came of it."""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Callable
from functools import partial

from kameleoon._data_file import DataFileSlot
from kameleoon._lanes import Lane
from kameleoon._network.deadline import Deadline
from kameleoon._source.actions import Action, CloseStream, Fetch, OpenStream, Status, TellStatus, WakeAt
from kameleoon._source.events import (
    Due,
    Event,
    Fetched,
    FetchFailed,
    Followed,
    Led,
    Outcome,
    Started,
    Stopped,
    StreamRefused,
)
from kameleoon._source.pace import Pace
from kameleoon._source.readiness import Readiness
from kameleoon._source.source import Source, SourceError
from kameleoon._source.state import State, step
from kameleoon._source.stream import EventStream, StreamOpener
from kameleoon._source.telling import log_change
from kameleoon.events.data_file_update_event import DataFileUpdateEvent
from kameleoon.logging.kameleoon_logger import KameleoonLogger
from kameleoon.stores.data_file_store import StoredDataFile
from kameleoon.types.data_source_status import DataSourceStatus

__all__ = ["DataSource"]

_TRIES_WITHOUT_A_FILE = 3


class DataSource:
    """Keeps the data file of a slot up to date: fetches it, polls, and follows the event stream.

    What happens is told to the state machine by whichever thread learns of it; fetches, wake-ups and listeners run on
    the lane. So any number of events costs nothing but a step each.
    """

    def __init__(
        self,
        source: Source,
        open_stream: StreamOpener | None,
        pace: Pace,
        slot: DataFileSlot,
        lane: Lane,
        readiness: Readiness,
        *,
        on_update: Callable[[DataFileUpdateEvent], object],
    ) -> None:
        """``open_stream``: connects the event stream, as ``EventStream`` wants it; ``None`` where there is none.
        ``on_update``: is told of each data file that is put to use, after those who wait for the first one.
        """
        self._source = source
        self._slot = slot
        self._lane = lane
        self._pace = pace
        self._readiness = readiness
        self._open_stream = open_stream
        self._on_update = on_update
        self._fetch_begins: Callable[[], Callable[[], object]] | None = None
        self._listeners: list[Callable[[DataSourceStatus], object]] = []
        self._lock = threading.RLock()  # of the state and the stream; nobody else's code runs under it
        self._state = State()
        self._stream: EventStream | None = None
        self._told = Status("new", 0.0)  # on the lane
        self._last_fetch: float | None = None  # this and the next one in seconds since the epoch
        self._last_failure: tuple[str, float] | None = None

    def start(self) -> None:
        """Fetches at once, and goes on from there. Raises ``RuntimeError`` where no thread can be started."""
        self._tell(Started(self._slot.is_fetched))

    # Where processes share a data file

    def start_shared(self, fetch_begins: Callable[[], Callable[[], object]]) -> None:
        """As ``start``, but fetches once ``lead`` says so. ``fetch_begins``: is called on the lane with each fetch;
        what it returns is called if the fetch succeeds.
        """
        self._fetch_begins = fetch_begins
        self._tell(Started(self._slot.is_fetched, is_shared=True))

    def lead(self) -> None:
        """Fetches at once and from now on: no other process does."""
        self._tell(Led())

    def follow(self, checked_at: float | None) -> None:
        """Leaves fetching to another process, which knew its data file to be the latest at a moment in seconds since
        the epoch. To be repeated: it is believed for half a minute at most.
        """
        since_start = None if checked_at is None else min(checked_at, time.time()) - time.time() + time.monotonic()
        self._tell(Followed(since_start))

    def adopt(self, data_file: StoredDataFile, use_data_domain: Callable[[str | None], object]) -> None:
        """Uses a data file that another process has fetched, soon, unless this one has fetched a later one."""
        self._lane.soon(partial(self._adopt, data_file, use_data_domain))

    @property
    def is_struggling(self) -> bool:
        """Whether another process had better try to fetch: this one has failed for a while."""
        with self._lock:
            state = self._state
        return state.status.stale_since is not None or (not state.is_fetched and state.failures > _TRIES_WITHOUT_A_FILE)

    def stop(self) -> None:
        """Ends the stream and every wait; a fetch under way ends by itself, and changes nothing but the data file."""
        self._tell(Stopped())
        self._readiness.end()

    def wait(self, deadline: Deadline, *, keep_trying: bool) -> bool:
        """Whether a data file is in, as ``Readiness.wait``."""
        return self._readiness.wait(deadline, keep_trying=keep_trying)

    @property
    def readiness(self) -> Readiness:
        """For those who cannot wait with a thread."""
        return self._readiness

    @property
    def status(self) -> DataSourceStatus:
        """How it stands."""
        with self._lock:
            state = self._state
        return self._shown(state.status, None if state.under_way is not None else state.fetch_at)

    def add_listener(self, listener: Callable[[DataSourceStatus], object]) -> None:
        """Tells ``listener``, on the lane, whenever the status changes, from now on."""
        self._listeners.append(listener)

    def _shown(self, status: Status, next_fetch: float | None) -> DataSourceStatus:
        since_epoch = time.time() - time.monotonic()
        is_over = status.name == "stopped"
        last_failure, last_failure_at = self._last_failure or (None, None)
        return DataSourceStatus(
            state=status.name,
            since=status.since + since_epoch,
            why=status.why,
            stale_since=None if status.stale_since is None else status.stale_since + since_epoch,
            next_fetch=None if is_over or next_fetch is None else next_fetch + since_epoch,
            last_fetch=self._last_fetch,
            last_failure=last_failure,
            last_failure_at=last_failure_at,
        )

    # The state machine, from any thread

    def _tell(self, event: Event) -> None:
        events = [event]
        with self._lock:
            for each in events:
                self._state, actions = step(self._state, each, time.monotonic(), self._pace)
                for action in actions:
                    refused = self._do(action)
                    if refused is not None:
                        events.append(refused)

    def _do(self, action: Action) -> StreamRefused | None:
        """Never waits, and calls nobody: the lock is held."""
        if isinstance(action, Fetch):
            self._lane.schedule(0, partial(self._fetch, action))
        elif isinstance(action, WakeAt):
            self._lane.schedule(max(0.0, action.moment - time.monotonic()), partial(self._tell, Due(action.moment)))
        elif isinstance(action, TellStatus):
            self._lane.schedule(0, partial(self._tell_status, action.status))
        elif isinstance(action, OpenStream):
            return self._start_stream(action.number)
        elif isinstance(action, CloseStream) and self._stream is not None:
            self._stream.stop()
            self._stream = None
        return None

    def _start_stream(self, number: int) -> StreamRefused | None:
        if self._open_stream is None:
            return StreamRefused(number, "there is none")
        stream = EventStream(number, self._open_stream, self._tell)
        try:
            stream.start()
        except (RuntimeError, OSError, MemoryError) as error:  # no thread can be started; later, maybe
            return StreamRefused(number, type(error).__name__)
        self._stream = stream
        return None

    # On the lane

    def _fetch(self, fetch: Fetch) -> None:
        succeeded = None if self._fetch_begins is None else self._fetch_begins()
        try:
            outcome = self._source.fetch(fetch.timestamp)
        except BaseException as error:  # noqa: BLE001  # whatever it is, the state machine has to know
            self._fetch_failed(error)
            return
        self._last_fetch = time.time()
        with self._lock:
            # What an event during the fetch tells of may be what this fetch has brought.
            is_by_stream = fetch.is_by_stream or self._state.wanted is not None
            self._tell(Fetched(outcome, self._wants_stream()))
        # Before handlers learn of it: one that waits for the data file must not wait.
        self._readiness.succeeded()
        if succeeded is not None:
            succeeded()
        if outcome is Outcome.CHANGED and not self._has_ended():
            kind = DataFileUpdateEvent.Source.STREAMING if is_by_stream else DataFileUpdateEvent.Source.POLLING
            self._on_update(DataFileUpdateEvent(kind, self._slot.settings.date_modified))

    def _adopt(self, data_file: StoredDataFile, use_data_domain: Callable[[str | None], object]) -> None:
        slot = self._slot
        has_fetched_since = self._last_fetch is not None and self._last_fetch > data_file.checked_at
        try:
            is_used = slot.use(data_file.text, "store", is_older_refused=has_fetched_since)
        except ValueError as error:
            KameleoonLogger.error(
                "the data file that processes share cannot be used: %s. hint: does something else write where "
                "data_file_store or data_file_cache keeps it?",
                error,
            )
            return
        slot.is_fetched = True
        use_data_domain(slot.settings.data_api_domain)
        if is_used:
            slot.last_modified, slot.updated_at = data_file.last_modified, data_file.checked_at
        self._readiness.succeeded()
        if is_used and not self._has_ended():
            kind = DataFileUpdateEvent.Source.POLLING
            self._on_update(DataFileUpdateEvent(kind, slot.settings.date_modified))

    def _fetch_failed(self, error: BaseException) -> None:
        known = error if isinstance(error, SourceError) else SourceError(f"{type(error).__name__}: {error}")
        self._last_failure = (str(known), time.time())
        self._slot.note_failure(str(known))
        self._tell(FetchFailed(str(known), known.retry_after, known.is_refused))
        self._readiness.failed(error.__cause__ or error if known is error else known)
        if known is not error:
            KameleoonLogger.error("the data file could not be fetched: %r", error)

    def _wants_stream(self) -> bool:
        return self._open_stream is not None and self._slot.settings.real_time_update

    def _has_ended(self) -> bool:
        with self._lock:
            return self._state.status.name == "stopped"

    def _tell_status(self, status: Status) -> None:
        before, self._told = self._told, status
        failure = None if self._last_failure is None else self._last_failure[0]
        with contextlib.suppress(Exception):  # the program's logger may raise; listeners are to be told all the same
            log_change(before, status, failure, has_data_file=self._slot.source != "none")
        for listener in list(self._listeners):
            listener(self._shown(status, None))
