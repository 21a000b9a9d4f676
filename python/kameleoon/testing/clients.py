"""Which clients talk to the local platform, as far as their requests tell: no thread, no clock of its own.

A request for the data file names the site code, the environment and the SDK. Others name less, and count for the client
that the same connection named last, else for the one of that site that asked last. Two processes with the same site
code, environment and SDK cannot be told apart: they are one client here, with two streams.

>>> clients = Clients()
>>> key = clients.polled("shop", "production", "PYTHON 3.22.2", "", revision=1, is_pushed=False, now=0.0)
>>> [(client["site"], client["state"]) for client in clients.to_json(now=5.0)]
[('shop', 'polling')]
"""

from __future__ import annotations

import collections
import threading
from dataclasses import dataclass, field
from typing import Any, NamedTuple

__all__ = ["ClientKey", "Clients"]

_MOST_CLIENTS = 100
"""So many are remembered: those that were seen last."""
_USUAL_INTERVAL = 3600.0
"""Seconds from one poll to the next of a client that has polled once, as it polls if it is not told otherwise."""
_SHORTEST_INTERVAL = 60.0
"""Polls that come quicker are those of a client that began anew, or of several."""
_PATIENCE = 1.25
"""A poll may be so much later than expected: clients spread their polls by a tenth each way, as do their pauses."""
_GAPS_KEPT = 5
_LAST_WORDS = 5.0
"""Seconds after the end of its last stream in which a client that ends sends what it has left."""


class ClientKey(NamedTuple):
    """What tells clients apart: the ``site`` code, the ``environment`` ("" for the default one), the ``sdk``."""

    site: str
    environment: str
    sdk: str


@dataclass
class _Client:
    key: ClientKey
    agent: str
    first_seen: float
    last_seen: float
    last_request: float
    requests: int = 0
    streams: int = 0
    revision: int | None = None
    last_poll: float | None = None
    stream_ended: float | None = None
    gaps: collections.deque[float] = field(default_factory=lambda: collections.deque(maxlen=_GAPS_KEPT))

    def interval(self) -> float:
        """The seconds from one poll to the next, as far as they are known."""
        return max((gap for gap in self.gaps if gap >= _SHORTEST_INTERVAL), default=_USUAL_INTERVAL)

    def state(self, now: float) -> str:
        if self.streams:
            return "streaming"
        if self.stream_ended is not None and self.last_request <= self.stream_ended + _LAST_WORDS:
            return "gone"
        is_due = self.last_poll is not None and now <= self.last_poll + self.interval() * _PATIENCE
        return "polling" if is_due else "gone"


class Clients:
    """The clients that were seen. Any thread may call it. Times are seconds, of any one clock."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._clients: dict[ClientKey, _Client] = {}

    def polled(
        self,
        site: str,
        environment: str,
        sdk: str,
        agent: str,
        *,
        revision: int | None,
        is_pushed: bool,
        now: float,
    ) -> ClientKey:
        """A client has asked for the data file, and was given ``revision``, or ``None`` where that went wrong.
        ``is_pushed``: it asks because an event told it to. ``agent`` is shown where no SDK was named.
        """
        key = ClientKey(site, environment, sdk)
        with self._lock:
            client = self._seen(key, agent, now)
            if not is_pushed:
                if client.last_poll is not None:
                    client.gaps.append(now - client.last_poll)
                client.last_poll = now
            client.revision = client.revision if revision is None else revision
        return key

    def seen(self, site: str, sdk: str, known: ClientKey | None, agent: str, now: float) -> ClientKey:
        """A client has asked something else. ``known``: whom the same connection named last; ``sdk``: "" if unnamed."""
        with self._lock:
            return self._seen(self._found(site, sdk, known), agent, now).key

    def stream_began(self, site: str, known: ClientKey | None, agent: str, now: float) -> ClientKey:
        """A client streams from now on, until ``stream_ended`` with the key that is returned."""
        with self._lock:
            client = self._seen(self._found(site, "", known), agent, now)
            client.streams += 1
            return client.key

    def stream_ended(self, key: ClientKey, now: float, *, goes_on: bool = False) -> None:
        """A stream has ended. ``goes_on``: the data file does not ask for streams any more, and the client polls."""
        with self._lock:
            client = self._clients.get(key)
            if client is not None:
                client.streams = max(client.streams - 1, 0)
                client.last_seen = max(client.last_seen, now)
                client.stream_ended = None if goes_on else now

    def to_json(self, now: float) -> list[dict[str, Any]]:
        """The clients: those that are connected first, then by when they were seen.

        ``state`` is "streaming", "polling" (its next poll is not overdue) or "gone" (nothing came since its stream
        ended, or for too long); ``seen`` and ``since`` are seconds ago; ``revision`` is the last one that it was given,
        or ``None``; ``interval`` is in seconds.
        """
        with self._lock:
            found = [
                {
                    "site": client.key.site,
                    "environment": client.key.environment,
                    "sdk": client.key.sdk,
                    "agent": client.agent,
                    "state": client.state(now),
                    "streams": client.streams,
                    "requests": client.requests,
                    "revision": client.revision,
                    "seen": 0.0 if client.streams else max(now - client.last_seen, 0.0),
                    "since": max(now - client.first_seen, 0.0),
                    "interval": client.interval(),
                }
                for client in self._clients.values()
            ]
        order = ("streaming", "polling", "gone")
        return sorted(found, key=lambda client: (order.index(client["state"]), client["seen"], client["site"]))

    def _found(self, site: str, sdk: str, known: ClientKey | None) -> ClientKey:
        """The client that a request is of which does not say all."""
        if known is not None and known.site == site and known in self._clients and sdk in ("", known.sdk):
            return known
        alike = [client for key, client in self._clients.items() if key.site == site and sdk in ("", key.sdk)]
        return max(alike, key=lambda client: client.last_seen).key if alike else ClientKey(site, "", sdk)

    def _seen(self, key: ClientKey, agent: str, now: float) -> _Client:
        client = self._clients.get(key)
        if client is None:
            if len(self._clients) >= _MOST_CLIENTS:
                idle = min(self._clients.values(), key=lambda one: (one.streams > 0, one.last_seen))
                del self._clients[idle.key]
            client = self._clients[key] = _Client(key, agent, now, now, now)
        client.requests += 1
        client.last_seen = client.last_request = now
        client.agent = agent
        return client
