"""Looks names up without waiting for ever: the system's own look-up cannot be interrupted, and may take minutes.

Each look-up runs on a thread of its own, and whoever waits for it leaves at his deadline. Those who ask for the same
name meanwhile share it.
"""

from __future__ import annotations

import socket
import threading
import time
from concurrent.futures import Future
from concurrent.futures import TimeoutError as FutureTimeoutError
from typing import Any

from kameleoon._network.deadline import Deadline

__all__ = ["Address", "Resolver"]

Address = tuple[Any, Any, int, str, Any]
"""Family, type, protocol, canonical name and address, as ``socket.getaddrinfo`` gives them."""

_MOST_THREADS = 8
_SHARED_SECONDS = 5.0
"""A look-up that has taken longer is not joined any more: it may never end, and the next one may be well."""


class _Lookup:
    __slots__ = ("future", "started")

    def __init__(self) -> None:
        self.future: Future[list[Address]] = Future()
        self.future.set_running_or_notify_cancel()  # nobody who waits can cancel it for the others
        self.started = time.monotonic()


class Resolver:
    """Looks up the names of one client's services."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._under_way: dict[tuple[str, int, int], _Lookup] = {}
        self._threads = 0

    def resolve(self, host: str, port: int, family: int, deadline: Deadline) -> list[Address]:
        """The addresses of a name. Raises ``socket.timeout`` at the deadline, and ``OSError`` if there are none."""
        try:
            return self.begin(host, port, family).result(deadline.remaining())
        except FutureTimeoutError:
            raise socket.timeout(f"the name {host!r} could not be looked up in time") from None

    def begin(self, host: str, port: int, family: int) -> Future[list[Address]]:
        """Looks a name up; its addresses, or an ``OSError``, are the result of the future."""
        numeric = _numeric(host, port)
        if numeric is not None:
            return numeric
        key = (host, port, family)
        with self._lock:
            shared = self._under_way.get(key)
            if shared is not None and time.monotonic() - shared.started < _SHARED_SECONDS:
                return shared.future
            if self._threads >= _MOST_THREADS:
                if shared is not None:
                    return shared.future
                raise OSError(f"the name {host!r} cannot be looked up: {_MOST_THREADS} other look-ups do not end")
            self._threads += 1
            lookup = self._under_way[key] = _Lookup()
        thread = threading.Thread(target=self._look_up, args=(key, lookup), name="kameleoon-resolver", daemon=True)
        try:
            thread.start()
        except RuntimeError as error:
            self._ended(key, lookup)
            lookup.future.set_exception(OSError(f"the name {host!r} cannot be looked up: {error}"))
        return lookup.future

    def _look_up(self, key: tuple[str, int, int], lookup: _Lookup) -> None:
        host, port, family = key
        try:
            addresses: list[Address] = socket.getaddrinfo(host, port, family, socket.SOCK_STREAM)
        except OSError as error:
            self._ended(key, lookup)
            lookup.future.set_exception(error)
        except BaseException as error:  # noqa: BLE001  # a name that cannot be encoded is a UnicodeError
            self._ended(key, lookup)
            lookup.future.set_exception(OSError(f"the name {host!r} cannot be looked up: {error}"))
        else:
            self._ended(key, lookup)
            lookup.future.set_result(addresses)

    def _ended(self, key: tuple[str, int, int], lookup: _Lookup) -> None:
        with self._lock:
            self._threads -= 1
            if self._under_way.get(key) is lookup:
                del self._under_way[key]


def _numeric(host: str, port: int) -> Future[list[Address]] | None:
    """The address that a host is already, if it is one."""
    for family, address in ((socket.AF_INET, (host, port)), (socket.AF_INET6, (host, port, 0, 0))):
        try:
            socket.inet_pton(family, host)
        except (OSError, ValueError):
            continue
        found: Future[list[Address]] = Future()
        found.set_result([(family, socket.SOCK_STREAM, socket.IPPROTO_TCP, "", address)])
        return found
    return None
