"""One ``aiohttp`` session for each event loop, closed before its loop is."""

from __future__ import annotations

import asyncio
import contextlib
import os
import socket
from collections.abc import AsyncGenerator
from typing import Any

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult

from kameleoon._network.decoding import ACCEPTED
from kameleoon._network.resolver import Resolver

__all__ = ["Sessions"]

_MOST_CONNECTIONS = 1024
_KEEP_ALIVE_SECONDS = 15.0


class _Names(AbstractResolver):
    """Looks names up as the threaded side does: the loop's own threads could be held up for ever."""

    def __init__(self, resolver: Resolver) -> None:
        self._resolver = resolver

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        """The addresses of a name. Raises ``OSError``."""
        addresses = await asyncio.wrap_future(self._resolver.begin(host, port, family))
        return [
            {
                "hostname": host,
                "host": address[0],
                "port": address[1],
                "family": kind,
                "proto": protocol,
                "flags": socket.AI_NUMERICHOST | socket.AI_NUMERICSERV,
            }
            for kind, _, protocol, _, address in addresses
        ]

    async def close(self) -> None:
        """There is nothing to close."""


class _Entry:
    """The session of one loop, and what keeps it open."""

    __slots__ = ("keeper", "loop", "session")

    def __init__(
        self,
        loop: asyncio.AbstractEventLoop,
        session: aiohttp.ClientSession,
        keeper: AsyncGenerator[aiohttp.ClientSession, None],
    ) -> None:
        self.loop = loop
        self.session = session
        self.keeper = keeper


_held: dict[int, dict[int, _Entry]] = {}
"""The entries of all ``Sessions``, by their own ``id``, and those of a parent process.

A forked child must neither close nor free the sessions of its parent: it shares their connections, and what the loop
watches them with. So it is not ``Sessions`` that keeps them alive.
"""


class Sessions:
    """The sessions of one client."""

    def __init__(self, resolver: Resolver) -> None:
        self._resolver = resolver
        self._entries: dict[int, _Entry] = {}  # by the loop's ``id``
        self._process = os.getpid()
        _held[id(self._entries)] = self._entries
        self._closing: set[Any] = set()

    async def session(self) -> aiohttp.ClientSession:
        """The session of the running loop."""
        loop = asyncio.get_running_loop()
        entry = self._entries.get(id(loop))
        if entry is not None and entry.loop is loop and not entry.session.closed:
            return entry.session
        self._abandon_closed()
        keeper = _keep(self._resolver)
        session = await keeper.__anext__()
        self._entries[id(loop)] = _Entry(loop, session, keeper)
        return session

    def close(self) -> None:
        """Closes all of them soon, on their loops. May be called from any thread."""
        for entry in list(self._entries.values()):
            try:
                entry.loop.call_soon_threadsafe(self._close_soon, entry)
            except RuntimeError:  # the loop is closed
                self._abandon_closed()

    async def aclose(self) -> None:
        """Closes the running loop's session, and the others as ``close`` does."""
        entry = self._entries.pop(id(asyncio.get_running_loop()), None)
        self.close()
        if entry is not None:
            await _close(entry.session)

    def _close_soon(self, entry: _Entry) -> None:
        closing = entry.loop.create_task(_close(entry.session))
        self._closing.add(closing)  # the loop itself holds tasks weakly
        closing.add_done_callback(self._closing.discard)

    def _abandon_closed(self) -> None:
        """Lets go of the sessions whose loops were closed without a word to their asynchronous generators."""
        for key, entry in list(self._entries.items()):
            if entry.loop.is_closed() and self._entries.pop(key, None) is not None:
                _abandon(entry.session)

    def __del__(self) -> None:
        if os.getpid() == self._process:
            self._abandon_closed()
            _held.pop(id(self._entries), None)


async def _keep(resolver: Resolver) -> AsyncGenerator[aiohttp.ClientSession, None]:
    """Gives a session, and waits to be closed.

    What ends a loop (``asyncio.run``, or whoever calls ``shutdown_asyncgens``) ends its asynchronous generators
    first, and with this one the session.
    """
    connector = aiohttp.TCPConnector(
        resolver=_Names(resolver),
        use_dns_cache=False,
        limit=_most_connections(),
        keepalive_timeout=_KEEP_ALIVE_SECONDS,
    )
    session = aiohttp.ClientSession(
        connector=connector,
        headers={"Accept-Encoding": ACCEPTED},
        cookie_jar=aiohttp.DummyCookieJar(),
        auto_decompress=False,
        trust_env=False,  # it would apply .netrc; proxies are looked up by ourselves
    )
    try:
        yield session
    finally:
        await _close(session)


async def _close(session: aiohttp.ClientSession) -> None:
    await session.close()
    await asyncio.sleep(0)  # the loop closes the sockets in its next step


def _abandon(session: aiohttp.ClientSession) -> None:
    """Closes a session of a closed loop, which can wait for nothing; else it would log an error when it is freed."""
    connector = session.connector
    session.detach()
    if connector is not None:
        with contextlib.suppress(StopIteration, RuntimeError):
            next(iter(connector.close().__await__()))


def _most_connections() -> int:
    """As many as callers need, up to half of the files that the process may open."""
    try:
        import resource  # here: there is none on Windows
    except ImportError:
        return _MOST_CONNECTIONS // 2
    allowed, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return _MOST_CONNECTIONS if allowed == resource.RLIM_INFINITY else max(16, min(_MOST_CONNECTIONS, allowed // 2))
