"""Follows the configuration: fetches the data file, polls it, listens to the stream (spec 4 §2)."""

from __future__ import annotations

import random
import threading
import time
from typing import TYPE_CHECKING

from kameleoon._data_file import DataFileSlot
from kameleoon._events import EventDispatcher
from kameleoon._lanes import Lane
from kameleoon._network.endpoints import SDK_NAME, SDK_VERSION, Endpoints
from kameleoon._network.http import Answer, HttpService, RequestError
from kameleoon.events.data_file_update_event import DataFileUpdateEvent
from kameleoon.events.request_type import RequestType
from kameleoon.exceptions import Initialization
from kameleoon.logging.kameleoon_logger import KameleoonLogger

if TYPE_CHECKING:
    from kameleoon._network.event_stream import EventStream
    from kameleoon._settings.table import Settings

Source = DataFileUpdateEvent.Source
_FIRST_RETRY_SECONDS = 5.0
_POLLS_SPREAD = 0.1
"""Polls are spread by this share each way: clients that started together do not ask together for ever."""
_RETRIES_SPREAD = 0.2


class Configuration:
    """Keeps a client's data file up to date. Runs on a lane of its own."""

    def __init__(
        self,
        site_code: str,
        config: Settings,
        data_file: DataFileSlot,
        endpoints: Endpoints,
        http: HttpService,
        lane: Lane,
        events: EventDispatcher,
    ) -> None:
        self._site_code = site_code
        self._config = config
        self._endpoints = endpoints
        self._http = http
        self._lane = lane
        self._events = events
        self._in_use = data_file
        self._stream: EventStream | None = None
        self._changed = threading.Condition()
        self._failure: Exception | None = None
        self._told: object = None  # the failure that was logged last
        self._stopped = False
        self._retry_seconds = _FIRST_RETRY_SECONDS
        self._not_before = 0.0  # by ``time.monotonic``: until then the service wants to be left alone
        self._event_waits = False  # for that time, with its fetch
        self._event_timestamp: int | None = None

    def start(self) -> None:
        """Fetches at once, and polls from then on."""
        self._lane.schedule(0, lambda: self.fetch(None, Source.POLLING))
        self._lane.repeat(self._config.refresh_interval_second, self._poll, lambda: _spread(_POLLS_SPREAD))

    def stop(self) -> None:
        """Closes the stream, and ends every wait."""
        with self._changed:
            self._stopped = True
            self._changed.notify_all()
        if self._stream is not None:
            self._stream.stop()
            self._stream = None

    @property
    def is_fetched(self) -> bool:
        """Whether a configuration has come in."""
        return self._in_use.is_fetched

    def wait(self, timeout: float, *, keep_trying: bool) -> bool:
        """Whether a configuration is in; false as soon as ``timeout`` seconds are over or, unless ``keep_trying``, a
        fetch has failed. The reason is logged once, however often it is asked for.
        """
        deadline = time.monotonic() + timeout
        with self._changed:
            while not self.is_fetched and not self._stopped and (keep_trying or self._failure is None):
                remaining = deadline - time.monotonic()
                if remaining <= 0:
                    break
                self._changed.wait(min(remaining, 3600.0))
            if self.is_fetched:
                return True
            is_told = self._told == (self._failure or "timed out")
            self._told = self._failure or "timed out"
            cause = self._failure or TimeoutError(f"no configuration within {timeout} s")
        if not is_told:
            error = Initialization(self._site_code, self._config.environment, cause)
            KameleoonLogger.error(
                "%s hint: the client keeps trying; wait_init(…, keep_trying=True) waits for it", error
            )
        return False

    def _poll(self) -> None:
        if self._stream is None and time.monotonic() >= self._not_before:
            self.fetch(None, Source.POLLING)

    def fetch(self, timestamp: int | None, source: Source) -> bool:
        """Fetches the data file, with one immediate retry unless the service says when to ask again; an unusable one
        changes nothing.
        """
        for is_last in (False, True):
            try:
                answer = self._request(timestamp)
                if answer.status == 200:
                    self._use(answer, source)
                elif not self.is_fetched:
                    raise RequestError(RequestType.DATAFILE, f"HTTP status {answer.status}")
                elif answer.status == 304:
                    self._follow_stream(self._in_use.settings.real_time_update)  # a forked child has none yet
            except (RequestError, ValueError) as error:
                if isinstance(error, ValueError):
                    KameleoonLogger.error("DATAFILE request failed: %s", error)
                pause = error.retry_after if isinstance(error, RequestError) else None
                if is_last or pause is not None:
                    self._note_failure(error, pause)
                    return False
            else:
                self._note_success()
                return True
        return False

    def _request(self, timestamp: int | None) -> Answer:
        headers = {"X-Kameleoon-SDK-Type": SDK_NAME, "X-Kameleoon-SDK-Version": SDK_VERSION}
        if self._in_use.last_modified is not None:
            headers["If-Modified-Since"] = self._in_use.last_modified
        return self._http.attempt(
            RequestType.DATAFILE, "GET", self._endpoints.configuration(timestamp), headers=headers
        )

    def _use(self, answer: Answer, source: Source) -> None:
        """Raises ``ValueError`` where the answer is no data file."""
        is_used = self._in_use.use(answer.body, "service")
        self._in_use.last_modified = answer.headers.get("Last-Modified")
        settings = self._in_use.settings
        self._endpoints.use_data_domain(settings.data_api_domain)
        self._follow_stream(settings.real_time_update)
        if is_used:
            self._in_use.updated_at = time.time()
            self._events.data_file_updated(DataFileUpdateEvent(source, settings.date_modified))
        else:
            KameleoonLogger.info("the fetched data file is older than the default one, which stays in use")

    def _follow_stream(self, is_wanted: bool) -> None:
        if is_wanted and self._stream is None:
            from kameleoon._network.event_stream import EventStream  # here: only streaming clients need it

            timeout = self._config.default_timeout_second
            self._stream = EventStream(self._http, self._endpoints, timeout, self._on_stream_event)
        elif not is_wanted and self._stream is not None:
            self._stream.stop()
            self._stream = None

    def _on_stream_event(self, timestamp: int | None) -> None:
        """On the stream's thread: the fetch is the lane's to do."""
        self._lane.schedule(0, lambda: self._fetch_after_event(timestamp))

    def _fetch_after_event(self, timestamp: int | None) -> None:
        pause = self._not_before - time.monotonic()
        if pause > 0:
            self._event_timestamp = timestamp
            if not self._event_waits:
                self._event_waits = True
                self._lane.schedule(pause, self._fetch_after_pause)
            return
        if not self.fetch(timestamp, Source.STREAMING):
            self._follow_stream(False)  # back to polling; the next data file decides anew

    def _fetch_after_pause(self) -> None:
        self._event_waits = False
        self._fetch_after_event(self._event_timestamp)

    def _note_success(self) -> None:
        with self._changed:
            self._in_use.is_fetched = True
            self._failure = None
            self._retry_seconds = _FIRST_RETRY_SECONDS
            self._changed.notify_all()

    def _note_failure(self, error: Exception, pause: float | None) -> None:
        if pause is not None:
            self._not_before = time.monotonic() + pause
        with self._changed:
            self._failure = error
            self._changed.notify_all()
        if not self.is_fetched:
            # A client without any configuration does not wait for the next poll.
            retry, self._retry_seconds = self._retry_seconds * _spread(_RETRIES_SPREAD), self._retry_seconds * 2
            if pause is not None:
                self._lane.schedule(pause, self._first_fetch)
            elif retry < self._config.refresh_interval_second:
                self._lane.schedule(retry, self._first_fetch)

    def _first_fetch(self) -> None:
        if not self.is_fetched and time.monotonic() >= self._not_before:  # a poll may have come before
            self.fetch(None, Source.POLLING)


def _spread(share: float) -> float:
    return random.uniform(1 - share, 1 + share)
