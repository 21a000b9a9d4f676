"""The event stream: one connection of it, read on a thread of its own."""

from __future__ import annotations

import contextlib
import json
import socket
import threading
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Protocol, Union

from kameleoon._network.decoding import decoder
from kameleoon._network.request import RequestError
from kameleoon._source.event_parser import EventParser, EventTooLarge
from kameleoon._source.events import StreamEvent, StreamHeartbeat, StreamLost, StreamOpened, StreamRefused

__all__ = ["EventStream", "OpenedStream", "Report", "StreamReport", "keep_alive"]

_EVENT = "configuration-update-event"
_LARGEST_EVENT_BYTES = 1024 * 1024
_READ_BYTES = 64 * 1024
_OPTIONS = {"TCP_KEEPIDLE": 30, "TCP_KEEPALIVE": 30, "TCP_KEEPINTVL": 10, "TCP_KEEPCNT": 3}
"""Seconds, and a count: a peer that does not answer is given up after a minute. macOS names the first one otherwise."""

StreamReport = Union[StreamOpened, StreamEvent, StreamHeartbeat, StreamLost, StreamRefused]
Report = Callable[[StreamReport], object]


class HasDescriptor(Protocol):
    """A socket, or what has one."""

    def fileno(self) -> int:
        """The descriptor."""
        ...


class OpenedStream(Protocol):
    """An answer whose head has come, as ``requests.Response`` is one."""

    raw: Any

    @property
    def headers(self) -> Mapping[str, str]:
        """By name, in any case."""
        ...

    def close(self) -> None:
        """Closes the connection."""


StreamOpener = Callable[[Callable[[HasDescriptor], object]], OpenedStream]
"""Connects the stream. Raises where there is none, ``RequestError`` if it knows when to come back. It gives each socket
to what it is called with, before it waits for it, and lets through what that raises; without that the stream can be
stopped only once it is connected.
"""


class EventStream:
    """Connects, reads, and reports what comes under its number; at last that it was refused or lost, whatever happened.

    Reports come from the stream's own thread. An event or a line above 1 MiB ends it. Opening it has a time limit of
    its own; reading has none: a peer that has gone without a word is noticed by the system's keep-alive.
    """

    def __init__(self, number: int, open_stream: StreamOpener, report: Report) -> None:
        self._number = number
        self._open_stream = open_stream
        self._report = report
        self._lock = threading.Lock()
        self._connection: socket.socket | None = None
        self._is_stopped = False

    def start(self) -> None:
        """Connects. Raises ``RuntimeError`` where no thread can be started."""
        threading.Thread(target=self._run, name="kameleoon-stream", daemon=True).start()

    def stop(self) -> None:
        """Ends the connecting or the read under way. Never waits."""
        with self._lock:
            self._is_stopped = True
            if self._connection is not None:
                _shut_down(self._connection)

    def _run(self) -> None:
        try:
            opened = self._open_stream(self._hold)
        except BaseException as error:  # noqa: BLE001  # whatever it is, the data source has to know
            retry_after = error.retry_after if isinstance(error, RequestError) else None
            self._let_go()
            self._report(StreamRefused(self._number, _shown(error), retry_after))
            return
        reason = "it was closed"
        try:
            self._hold(opened.raw)
            self._report(StreamOpened(self._number))
            self._read(opened)
        except BaseException as error:  # noqa: BLE001  # as above
            reason = _shown(error)
        finally:
            self._let_go()
            with contextlib.suppress(Exception):  # it is lost in any case
                opened.close()
            self._report(StreamLost(self._number, reason))

    def _hold(self, connection: HasDescriptor) -> None:
        """Keeps a handle of the connection, by which another thread can end it. Raises ``OSError`` after the end."""
        handle = _duplicate(connection.fileno())
        keep_alive(handle)
        with self._lock:
            former, self._connection = self._connection, handle
            is_stopped = self._is_stopped
        if former is not None:
            former.close()
        if is_stopped:
            raise ConnectionAbortedError("the stream was stopped")

    def _let_go(self) -> None:
        with self._lock:
            connection, self._connection = self._connection, None
        if connection is not None:
            connection.close()

    def _read(self, opened: OpenedStream) -> None:
        unpack = decoder(opened.headers.get("Content-Encoding"))
        parser = EventParser(_LARGEST_EVENT_BYTES)
        for part in _parts(opened):
            for piece in unpack.feed(part):
                for event in parser.feed(piece):
                    if event.name == _EVENT:
                        self._report(StreamEvent(self._number, _timestamp(event.data)))
                    else:
                        self._report(StreamHeartbeat(self._number))


def keep_alive(connection: socket.socket) -> None:
    """Has the system ask the peer whether it is there, as far as the system lets itself be told how often."""
    with contextlib.suppress(OSError):
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    for name, value in _OPTIONS.items():
        option = getattr(socket, name, None)
        if option is not None:
            with contextlib.suppress(OSError):
                connection.setsockopt(socket.IPPROTO_TCP, option, value)


def _duplicate(descriptor: int) -> socket.socket:
    """A second handle of a connection: its options and its end are those of both."""
    connection = socket.fromfd(descriptor, socket.AF_INET, socket.SOCK_STREAM)  # neither is looked at
    if socket.getdefaulttimeout() is not None:
        connection.setblocking(True)  # else the default time-out has made both of them non-blocking
    return connection


def _shut_down(connection: socket.socket) -> None:
    with contextlib.suppress(OSError):  # the peer was quicker
        connection.shutdown(socket.SHUT_RDWR)


def _parts(opened: OpenedStream) -> Iterator[bytes]:
    """The stream as it comes in: the answer's own iterator would wait for a full buffer."""
    while part := opened.raw.read1(_READ_BYTES, decode_content=False):
        yield part


def _timestamp(data: str) -> int | None:
    """The event's timestamp; ``None`` where it cannot be read: the data file is fetched all the same."""
    try:
        timestamp = json.loads(data)["ts"]
    except (ValueError, TypeError, KeyError, RecursionError):
        return None
    return timestamp if isinstance(timestamp, int) else None


def _shown(error: BaseException) -> str:
    """A reason without addresses, which may hold credentials of a proxy."""
    if isinstance(error, RequestError):
        return error.reason
    if isinstance(error, (EventTooLarge, ValueError)):
        return str(error)
    return type(error).__name__
