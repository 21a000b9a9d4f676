"""One deadline for an answer's status, headers and body: a time-out of a socket bounds each of its reads only.

``within(deadline)`` holds for the requests that the thread makes meanwhile, if its session has ``DeadlineAdapter``s.
"""

from __future__ import annotations

import http.client
import io
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool

_current = threading.local()


@contextmanager
def within(deadline: float) -> Iterator[None]:
    """Bounds the answers that this thread reads meanwhile by a deadline, in seconds of ``time.monotonic``."""
    _current.deadline = deadline
    try:
        yield
    finally:
        _current.deadline = None


class _DeadlineReader(io.RawIOBase):
    """Reads a socket until a deadline."""

    def __init__(self, reader: io.RawIOBase, connection: socket.socket, deadline: float) -> None:
        self._reader = reader
        self._connection = connection
        self._deadline = deadline

    def readinto(self, buffer: Any) -> int | None:
        remaining = self._deadline - time.monotonic()
        if remaining <= 0:
            raise socket.timeout("the answer took too long")
        usual = self._connection.gettimeout()
        self._connection.settimeout(remaining)
        try:
            return self._reader.readinto(buffer)
        finally:
            if self._connection.fileno() >= 0:
                self._connection.settimeout(usual)  # the connection may serve another request

    def readable(self) -> bool:
        return True

    def fileno(self) -> int:
        return self._reader.fileno()

    def close(self) -> None:
        self._reader.close()
        super().close()


class _Response(http.client.HTTPResponse):
    def __init__(self, sock: socket.socket, *arguments: Any, **options: Any) -> None:
        super().__init__(sock, *arguments, **options)
        deadline: float | None = getattr(_current, "deadline", None)
        if deadline is not None:
            reader = self.fp.detach()
            self.fp = io.BufferedReader(_DeadlineReader(reader, sock, deadline))


class _Connection(HTTPConnection):
    response_class = _Response


class _SecureConnection(HTTPSConnection):
    response_class = _Response


class _Pool(HTTPConnectionPool):
    ConnectionCls = _Connection  # pyright: ignore[reportAssignmentType]  # as urllib3 does


class _SecurePool(HTTPSConnectionPool):
    ConnectionCls = _SecureConnection  # pyright: ignore[reportAssignmentType]  # as above


_POOLS = {"http": _Pool, "https": _SecurePool}


class DeadlineAdapter(HTTPAdapter):
    """Opens connections that heed ``within``; those of a SOCKS proxy heed the socket's time-out alone."""

    def init_poolmanager(self, *arguments: Any, **options: Any) -> None:
        """The connections without a proxy."""
        super().init_poolmanager(*arguments, **options)  # type: ignore[no-untyped-call, unused-ignore]
        self.poolmanager.pool_classes_by_scheme = _POOLS

    def proxy_manager_for(self, proxy: str, **options: Any) -> Any:
        """The connections of a proxy."""
        manager = super().proxy_manager_for(proxy, **options)  # type: ignore[no-untyped-call, unused-ignore]
        if not proxy.lower().startswith("socks"):
            manager.pool_classes_by_scheme = _POOLS
        return manager
