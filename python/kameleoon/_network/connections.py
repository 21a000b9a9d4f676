"""Connections of ``requests`` that keep one deadline from the name's look-up to the body's last byte.

By itself a time-out bounds each wait alone: each address that is connected to, each read, and no look-up at all.
``within(bounds)`` holds for the requests that the thread makes meanwhile, if its session has a ``BoundedAdapter``.
"""

from __future__ import annotations

import enum
import http.client
import io
import socket
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.exceptions import ConnectTimeoutError, NewConnectionError
from urllib3.util.connection import allowed_gai_family

from kameleoon._network.deadline import Deadline
from kameleoon._network.idle import IdleConnections
from kameleoon._network.resolver import Resolver
from kameleoon._network.trust import Trust

__all__ = ["BoundedAdapter", "Bounds", "Stage", "within"]

_HOSTS = 16
"""So many services keep connections. A client talks to four, and to others if the data file names another domain."""
_PIECE_BYTES = 64 * 1024

_current = threading.local()


class Stage(enum.Enum):
    """What a request goes through, in this order. On a connection that was kept, ``FIRST_BYTE`` alone."""

    NAME = "name"
    """The name has been looked up: of the host, or of its proxy."""
    CONNECTION = "connection"
    """The connection is there."""
    TLS = "tls"
    """The handshake is over."""
    FIRST_BYTE = "first byte"
    """The answer begins: its head is there."""


class Bounds:
    """What holds for one request: its deadline, who looks its name up, and whom it trusts.

    ``on_socket`` is given each socket before it is connected, and before the answer is waited for, so that another
    thread can end that; what it raises, an ``OSError``, ends the attempt. ``on_stage`` learns of each stage when it is
    reached. ``lift`` takes the deadline away, for an answer that is a stream without an end.
    """

    __slots__ = ("_deadline", "_on_stage", "on_socket", "resolver", "trust")

    def __init__(
        self,
        deadline: Deadline,
        resolver: Resolver,
        trust: Trust,
        on_socket: Callable[[socket.socket], object] | None = None,
        on_stage: Callable[[Stage], object] | None = None,
    ) -> None:
        self._deadline: Deadline | None = deadline
        self._on_stage = on_stage
        self.resolver = resolver
        self.trust = trust
        self.on_socket = on_socket

    @property
    def deadline(self) -> Deadline | None:
        """The deadline, if one holds."""
        return self._deadline

    def reach(self, stage: Stage) -> None:
        """Notes that a stage is reached."""
        if self._on_stage is not None:
            self._on_stage(stage)

    def lift(self) -> None:
        """From now on the request may take as long as it will."""
        self._deadline = None

    def remaining(self) -> float | None:
        """The seconds that are left, more than 0; ``None`` without a deadline. Raises ``socket.timeout``."""
        if self._deadline is None:
            return None
        remaining = self._deadline.remaining()
        if remaining <= 0:
            raise socket.timeout("the request took too long")
        return remaining


@contextmanager
def within(bounds: Bounds) -> Iterator[None]:
    """Bounds the requests that this thread makes meanwhile."""
    before = _bounds()
    _current.bounds = bounds
    try:
        yield
    finally:
        _current.bounds = before


def _bounds() -> Bounds | None:
    return getattr(_current, "bounds", None)


class _BoundedReader(io.RawIOBase):
    """Reads a socket until a deadline."""

    def __init__(self, reader: io.RawIOBase, connection: socket.socket, bounds: Bounds) -> None:
        self._reader = reader
        self._connection = connection
        self._bounds = bounds

    def readinto(self, buffer: Any) -> int | None:
        if self._bounds.deadline is None:
            return self._reader.readinto(buffer)
        usual = self._connection.gettimeout()
        self._connection.settimeout(self._bounds.remaining())
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
        bounds = _bounds()
        if bounds is not None:
            self._show(sock, bounds)
            reader = self.fp.detach()
            self.fp = io.BufferedReader(_BoundedReader(reader, sock, bounds))

    def _show(self, sock: socket.socket, bounds: Bounds) -> None:
        """Once more: the connection may have been made for another request."""
        if bounds.on_socket is not None:
            try:
                bounds.on_socket(sock)
            except BaseException:
                self.close()  # nobody else has got hold of it yet
                raise


class _Bounded(HTTPConnection):
    """What connections with and without TLS share."""

    response_class = _Response

    def _new_conn(self) -> socket.socket:
        bounds = _bounds()
        return super()._new_conn() if bounds is None else _connected(self, bounds)

    def _tunnel(self) -> None:
        super()._tunnel()  # pyright: ignore[reportAttributeAccessIssue]  # http.client's
        bounds = _bounds()
        if bounds is not None and self.sock is not None:
            self.sock.settimeout(bounds.remaining())  # for the TLS handshake, which comes next

    def send(self, data: Any) -> None:
        """Sends in pieces, each with what is left of the time."""
        bounds = _bounds()
        if bounds is None or not isinstance(data, (bytes, bytearray)):
            super().send(data)
            return
        for start in range(0, len(data), _PIECE_BYTES):
            if self.sock is not None:  # else the first piece opens the connection
                self.sock.settimeout(bounds.remaining())
            super().send(data[start : start + _PIECE_BYTES])


class _Connection(_Bounded):
    pass


class _SecureConnection(_Bounded, HTTPSConnection):
    def connect(self) -> None:
        """Connects. The certificates are read before, not between the connection and its handshake."""
        bounds = _bounds()
        bundle = self.ca_certs or self.ca_cert_dir
        if bounds is not None and bundle and self.proxy is None:  # of a proxy, the proxy itself needs them too
            self.ssl_context = bounds.trust.context(bundle)
            self.ca_certs = self.ca_cert_dir = None
        super().connect()
        if bounds is not None:
            bounds.reach(Stage.TLS)


class _Pool(HTTPConnectionPool):
    ConnectionCls = _Connection  # pyright: ignore[reportAssignmentType]  # as urllib3 does
    QueueCls = IdleConnections


class _SecurePool(HTTPSConnectionPool):
    ConnectionCls = _SecureConnection  # pyright: ignore[reportAssignmentType]  # as above
    QueueCls = IdleConnections


_POOLS = {"http": _Pool, "https": _SecurePool}


class BoundedAdapter(HTTPAdapter):
    """Opens connections that heed ``within``, as many as there are callers; those of a SOCKS proxy heed the socket's
    time-out alone.
    """

    def __init__(self) -> None:
        super().__init__(pool_connections=_HOSTS, pool_maxsize=1)

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


def _connected(connection: HTTPConnection, bounds: Bounds) -> socket.socket:
    """A socket that is connected to the host of ``connection``, or to its proxy. All addresses share the deadline."""
    host = connection.host.strip("[]")
    deadline = bounds.deadline or Deadline.after(connection.timeout or socket.getdefaulttimeout() or 60.0)
    try:
        addresses = bounds.resolver.resolve(host, connection.port or 0, allowed_gai_family(), deadline)
        bounds.reach(Stage.NAME)
        error: OSError = OSError(f"the name {host!r} has no address")
    except OSError as failure:
        addresses, error = [], failure
    for position, (family, kind, protocol, _, address) in enumerate(addresses):
        remaining = deadline.remaining()
        if remaining <= 0:
            error = socket.timeout("the connection took too long")
            break
        connected = None
        try:
            connected = socket.socket(family, kind, protocol)
            _set_options(connected, connection)
            if bounds.on_socket is not None:
                bounds.on_socket(connected)
            connected.settimeout(remaining / (len(addresses) - position))  # one that is silent leaves time for the next
            connected.connect(address)
            connected.settimeout(bounds.remaining())  # for the TLS handshake, which comes next
            bounds.reach(Stage.CONNECTION)
        except OSError as failure:
            error = failure
            if connected is not None:
                connected.close()
        else:
            sys.audit("http.client.connect", connection, connection.host, connection.port)
            return connected
    text = f"no connection to {host}: {error}"
    if isinstance(error, socket.timeout):
        raise ConnectTimeoutError(connection, text)
    raise NewConnectionError(connection, text)


def _set_options(connected: socket.socket, connection: HTTPConnection) -> None:
    for option in connection.socket_options or ():
        connected.setsockopt(*option)
    connected.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    if connection.source_address:
        connected.bind(connection.source_address)
