"""One ``aiohttp`` session for each event loop, closed before its loop is."""

from __future__ import annotations

import asyncio
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


_of_parents: list[dict[int, _Entry]] = []
"""After a fork: sessions of the parent, which the child must not close, nor free: it shares their connections."""


class Sessions:
    """The sessions of one client."""

    def __init__(self, resolver: Resolver) -> None:
        self._resolver = resolver
        self._entries: dict[int, _Entry] = {}  # by the loop's ``id``
        self._process = os.getpid()
        self._closing: set[Any] = set()

    async def session(self) -> aiohttp.ClientSession:
        """The session of the running loop."""
        loop = asyncio.get_running_loop()
        entry = self._entries.get(id(loop))
        if entry is not None and entry.loop is loop and not entry.session.closed:
            return entry.session
        for key, other in list(self._entries.items()):
            if other.loop.is_closed():
                del self._entries[key]
        keeper = self._keep()
        session = await keeper.__anext__()
        self._entries[id(loop)] = _Entry(loop, session, keeper)
        return session

    def close(self) -> None:
        """Closes all of them soon, on their loops. May be called from any thread."""
        for entry in list(self._entries.values()):
            try:
                entry.loop.call_soon_threadsafe(self._close_soon, entry)
            except RuntimeError:  # the loop is closed
                self._entries.pop(id(entry.loop), None)

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

    async def _keep(self) -> AsyncGenerator[aiohttp.ClientSession, None]:
        """Gives a session, and waits to be closed.

        What ends a loop (``asyncio.run``, or whoever calls ``shutdown_asyncgens``) ends its asynchronous generators
        first, and with this one the session.
        """
        connector = aiohttp.TCPConnector(
            resolver=_Names(self._resolver),
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

    def __del__(self) -> None:
        if self._entries and os.getpid() != self._process:
            _of_parents.append(self._entries)


async def _close(session: aiohttp.ClientSession) -> None:
    await session.close()
    await asyncio.sleep(0)  # the loop closes the sockets in its next step


def _most_connections() -> int:
    """As many as callers need, up to half of the files that the process may open."""
    try:
        import resource  # here: there is none on Windows
    except ImportError:
        return _MOST_CONNECTIONS // 2
    allowed, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return _MOST_CONNECTIONS if allowed == resource.RLIM_INFINITY else max(16, min(_MOST_CONNECTIONS, allowed // 2))
