"""The real-time event stream (spec 4 §2), on a thread of its own while it is wanted."""

from __future__ import annotations

import json
import random
import threading
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

from sseclient import SSEClient

from kameleoon.logging.kameleoon_logger import KameleoonLogger

if TYPE_CHECKING:
    from kameleoon._network.endpoints import Endpoints
    from kameleoon._network.http import HttpService

_EVENT = "configuration-update-event"
_FIRST_PAUSE_SECONDS = 3.0
_LONGEST_PAUSE_SECONDS = 60.0


class EventStream:
    """Listens for updates of the configuration; a lost stream is opened again after a pause."""

    def __init__(
        self, http: HttpService, endpoints: Endpoints, timeout: float, on_update: Callable[[int | None], None]
    ) -> None:
        self._http = http
        self._endpoints = endpoints
        self._timeout = timeout
        self._on_update = on_update
        self._stopped = threading.Event()
        self._response: Any = None
        self._thread = threading.Thread(target=self._run, name="kameleoon-stream", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Closes the stream; the thread ends soon."""
        self._stopped.set()
        response = self._response
        if response is not None:
            _interrupt(response)

    def _run(self) -> None:
        pause = _FIRST_PAUSE_SECONDS
        while not self._stopped.is_set():
            try:
                self._response = self._http.open_stream(self._endpoints.event_stream(), self._timeout)
                pause = _FIRST_PAUSE_SECONDS
                self._listen()
                reason = "it was closed"
            except Exception as error:  # noqa: BLE001  # whatever happened: open it again
                reason = type(error).__name__
            finally:
                response, self._response = self._response, None
                if response is not None:
                    response.close()
            if self._stopped.is_set():
                return
            KameleoonLogger.info("the event stream was lost (%s); it is opened again in about %.0f s", reason, pause)
            self._stopped.wait(pause * random.uniform(0.8, 1.2))
            pause = min(pause * 1.6, _LONGEST_PAUSE_SECONDS)

    def _listen(self) -> None:
        for event in SSEClient(_parts(self._response)).events():
            if self._stopped.is_set():
                return
            if event.event == _EVENT:
                self._on_update(_timestamp(event.data))


def _parts(response: Any) -> Iterator[bytes]:
    """The stream as it comes in: the response's own iterator would wait for a full buffer."""
    while part := response.raw.read1(65536):
        yield part


def _timestamp(data: str) -> int | None:
    try:
        timestamp = json.loads(data)["ts"]
    except (ValueError, TypeError, KeyError, RecursionError):
        KameleoonLogger.warning("an event of the stream has no readable timestamp; the data file is fetched without")
        return None
    return timestamp if isinstance(timestamp, int) else None


def _interrupt(response: Any) -> None:
    """Ends a blocking read of the response from another thread."""
    try:
        response.raw.shutdown()
    except Exception:  # noqa: BLE001  # an older urllib3, or already closed: closing does in the end
        response.close()
