"""``Life``: what a client runs in the background, in each process that uses it: started, forked, ended."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING

from kameleoon._data_file import DataFileSlot
from kameleoon._events import Handlers
from kameleoon._lanes import Lane
from kameleoon._native import Outbox, Visitors, process_generation
from kameleoon._network.deadline import Deadline
from kameleoon._purge import Purge
from kameleoon.logging.kameleoon_logger import KameleoonLogger

if TYPE_CHECKING:
    from kameleoon._service import Service
    from kameleoon._settings.table import Settings

__all__ = ["Life"]

_SHORTEST_SLEEP_SECONDS = 1.0
_LONGEST_SLEEP_SECONDS = 60.0
_LOG_LEVEL_SECONDS = 1.0


class _Here:
    """The background in one process. A forked child has another one: what its parent's is made of, threads, locks and
    connections, means nothing there.
    """

    def __init__(self, generation: int) -> None:
        self.generation = generation
        self.started_at = time.time()
        self.lock = threading.RLock()
        self.housekeeping: Lane | None = None
        self.purge: Purge | None = None
        self.service: Service | None = None
        self.closing: Closing | None = None
        self.sleep_seconds = 0.0  # how long the client sleeps after it could not wake up; 0 as long as it could
        self.sleeps_until = 0.0
        self.why_asleep: str | None = None


class Life:
    """Starts, finds and ends a client's background. It does not hold the client."""

    def __init__(
        self,
        site_code: str,
        config: Settings,
        data_file: DataFileSlot,
        outbox: Outbox,
        visitors: Visitors,
        handlers: Handlers,
    ) -> None:
        self._site_code = site_code
        self._config = config
        self._data_file = data_file
        self._outbox = outbox
        self._visitors = visitors
        self._handlers = handlers
        self._current = _Here(process_generation())
        self._by_generation = {self._current.generation: self._current}
        self.is_closed = False

    @property
    def close_timeout_second(self) -> float:
        """How long closing may take by default, in seconds."""
        return self._config.close_timeout_second

    def _here(self) -> _Here:
        generation = process_generation()
        if self._current.generation != generation:
            # A fork lies between, maybe one that Python's hooks know nothing of. ``setdefault`` is atomic: the locks
            # of the parent may be anybody's.
            self._current = self._by_generation.setdefault(generation, _Here(generation))
            self._by_generation = {generation: self._current}
        return self._current

    @property
    def is_awake(self) -> bool:
        """Whether the background runs in this process."""
        return self._here().housekeeping is not None

    @property
    def started_at(self) -> float:
        """Since when the client is in this process, in seconds since the epoch: since it was made or, in a forked
        child, first used.
        """
        return self._here().started_at

    @property
    def why_asleep(self) -> str | None:
        """Why the background cannot be started in this process, if that is so."""
        return self._here().why_asleep

    @property
    def service(self) -> Service | None:
        """The client's life online, if it runs in this process."""
        return self._here().service

    @property
    def data_file_text(self) -> bytes:
        """The data file in use."""
        return self._data_file.text

    @property
    def purge(self) -> Purge | None:
        """What forgets visitors, if the background runs in this process."""
        return self._here().purge

    def wake_up(self) -> bool:
        """Starts what runs in the background of this process. Returns false where the next use has to try again: the
        system refuses a thread, and the pause after that is not over.
        """
        here = self._here()
        with here.lock:
            if self.is_closed or here.housekeeping is not None:
                return True
            if time.monotonic() < here.sleeps_until:
                return False
            try:
                self._start(here)
            except (RuntimeError, OSError, MemoryError) as error:
                self._sleep(here, error)
                return False
            here.sleep_seconds, here.why_asleep = 0.0, None
            return True

    def _start(self, here: _Here) -> None:
        housekeeping = Lane("kameleoon-housekeeping")
        try:
            purge = Purge(self._visitors, self._config.session_duration_second, housekeeping)
            KameleoonLogger.refresh()
            housekeeping.repeat(_LOG_LEVEL_SECONDS, KameleoonLogger.refresh)
            if not self._config.is_offline:
                from kameleoon._service import Service  # here: offline clients import no network code

                here.service = Service(self._site_code, self._config, self._data_file, self._outbox, self._handlers)
        except BaseException:
            housekeeping.stop()
            raise
        here.purge = purge
        here.housekeeping = housekeeping

    def _sleep(self, here: _Here, error: BaseException) -> None:
        """Until the next try; of a row of failures the first one is logged."""
        is_first = here.sleep_seconds == 0.0
        here.why_asleep = repr(error)
        here.sleep_seconds = min(max(here.sleep_seconds * 2, _SHORTEST_SLEEP_SECONDS), _LONGEST_SLEEP_SECONDS)
        here.sleeps_until = time.monotonic() + here.sleep_seconds
        if is_first:
            KameleoonLogger.error(
                "the background threads of the client of site %r cannot be started: %r; until they can, feature "
                "flags are evaluated, and nothing is fetched, sent or purged. hint: raise the limit of threads "
                "(ulimit -u, pids.max); the client tries again every %.0f to %.0f s, when it is used",
                self._site_code,
                error,
                _SHORTEST_SLEEP_SECONDS,
                _LONGEST_SLEEP_SECONDS,
            )

    def begin_close(self, deadline: Deadline) -> Closing | None:
        """Begins to end the background of this process, if that has not begun; ``None`` where there is none: it was
        closed in a parent process.
        """
        here = self._here()
        with here.lock:
            if self.is_closed:
                return here.closing
            if here.sleep_seconds > 0:  # what could not be sent so far may be now
                here.sleeps_until = 0.0
                self.wake_up()
            self.is_closed = True
            here.closing = Closing(here.housekeeping, here.service, deadline)
            return here.closing


class Closing:
    """A background that ends: it sends what is queued."""

    def __init__(self, housekeeping: Lane | None, service: Service | None, deadline: Deadline) -> None:
        self._housekeeping = housekeeping
        self._service = service
        self._deadline = deadline
        self._sending = None if service is None else service.begin_close(deadline)

    def wait(self) -> None:
        """Until it has ended, or its deadline comes."""
        if self._service is not None and self._sending is not None:
            self._service.end_close(self._sending, self._deadline)
        if self._housekeeping is not None:
            self._housekeeping.stop()
