"""``Services``: what the services of a local platform hold, have received, and do wrong."""

from __future__ import annotations

import collections
import copy
import json
import queue
import random
import threading
import time
from email.utils import formatdate
from typing import Any

from kameleoon.testing.clients import Clients
from kameleoon.testing.faults import Fault, FaultKind, Faults, ServiceName
from kameleoon.testing.received import Received

_TOKEN_LIMIT = 10_000
"""So many tokens are valid: the latest ones."""


class Services:
    """The state behind every service of the platform; a server answers from it. Any thread may call its methods."""

    def __init__(self, *, event_limit: int, request_limit: int) -> None:
        self._lock = threading.RLock()
        self._version = 0
        # Of this platform alone: a client that goes on with another one must not be told that nothing has changed.
        self._first_date = 1_000_000_000 + random.SystemRandom().randrange(500_000_000)
        self._data_file: dict[str, Any] = {}
        self._listeners: list[queue.Queue[bytes | None]] = []
        self.faults: Faults = Faults(random.Random(1).random)
        self.received: Received = Received(event_limit)
        self.clients: Clients = Clients()
        """The clients that were seen."""
        self.remote_data: dict[str, Any] = {}
        """What remote data answers, by key."""
        self.visitor_data: dict[str, Any] = {}
        """What remote visitor data answers, by code; others are answered from the events received."""
        self.requests: list[tuple[str, str, dict[str, str]]] = []
        """The latest requests to services: method, path with query, headers."""
        self.requests_dropped: int = 0
        """How many requests are no longer in ``requests``."""
        self._request_limit = request_limit
        self.tokens: set[str] = set()
        """The access tokens that are accepted; empty accepts none, and asks for none."""
        self.requires_token = False
        self._issued: collections.deque[str] = collections.deque()
        self._stopped = threading.Event()

    @property
    def is_stopped(self) -> bool:
        """Whether it has ended."""
        return self._stopped.is_set()

    def wait(self, seconds: float | None = None) -> bool:
        """Until it ends, for so many seconds at most; returns whether it has."""
        return self._stopped.wait(seconds)

    def end(self) -> None:
        """Ends it, and every stream."""
        self._stopped.set()
        self.drop_streams()

    # The data file

    def served_data_file(self) -> tuple[int, bytes, str]:
        """The data file as it is served: its revision, its text, its ``Last-Modified``."""
        with self._lock:
            # Each version has a date of its own: HTTP dates are of whole seconds.
            date = formatdate(self._first_date + self._version, usegmt=True)
            return self._version, json.dumps(self._data_file).encode(), date

    def data_file(self) -> tuple[bytes, str]:
        """The data file as it is served, and its ``Last-Modified``."""
        return self.served_data_file()[1:]

    def numbered_data_file(self) -> tuple[int, dict[str, Any]]:
        """The revision and the data file, which is the caller's own."""
        with self._lock:
            return self._version, copy.deepcopy(self._data_file)

    @property
    def revision(self) -> int:
        """How many data files were served, this one included."""
        return self._version

    @property
    def asks_for_streams(self) -> bool:
        """Whether the data file asks clients to stream (``realTimeUpdate``)."""
        with self._lock:
            configuration = self._data_file.get("configuration")
        return isinstance(configuration, dict) and configuration.get("realTimeUpdate") is True

    def set_data_file(self, data_file: dict[str, Any]) -> None:
        """Serves another data file from now on, and tells streaming clients. Raises ``ValueError`` for no mapping."""
        if not isinstance(data_file, dict):
            raise ValueError(f"the data file must be a mapping, not {type(data_file).__name__!r}")
        with self._lock:
            self._data_file = copy.deepcopy(data_file)
            self._version += 1
        self.push_update()

    def update_data_file(self, change: Any) -> None:
        """Changes the data file by calling ``change`` with it, sets ``dateModified``, and tells streaming clients."""
        with self._lock:
            changed = copy.deepcopy(self._data_file)
            change(changed)
            changed["dateModified"] = max(round(time.time() * 1000), changed.get("dateModified", 0) + 1)
            self.set_data_file(changed)

    def set_environment_enabled(self, feature_key: str, is_enabled: bool) -> None:
        """Switches a flag on or off in the environment. Raises ``KeyError`` where there is no such flag."""
        self.update_data_file(lambda file: _flag(file, feature_key).update(environmentEnabled=is_enabled))

    def set_exposition(
        self, feature_key: str, rule_id: int, exposition: float, variation_key: str | None = None
    ) -> None:
        """Changes a rule's exposition or, with a key, that of one of its variations. Raises ``KeyError``."""

        def change(data_file: dict[str, Any]) -> None:
            rules = {rule["id"]: rule for rule in _flag(data_file, feature_key)["rules"]}
            if variation_key is None:
                rules[rule_id]["exposition"] = exposition
                return
            shares = {item["variationKey"]: item for item in rules[rule_id]["variationByExposition"]}
            shares[variation_key]["exposition"] = exposition

        self.update_data_file(change)

    def push_update(self, timestamp: int | None = None) -> None:
        """Tells streaming clients that there is another data file."""
        data = json.dumps({"ts": round(time.time() * 1000) if timestamp is None else timestamp})
        event = f"event: configuration-update-event\ndata: {data}\n\n".encode()
        with self._lock:
            for listener in self._listeners:
                listener.put(event)

    # Streaming clients

    def listen(self) -> queue.Queue[bytes | None]:
        """A new listener; ``None`` in its queue ends it."""
        listener: queue.Queue[bytes | None] = queue.Queue()
        with self._lock:
            self._listeners.append(listener)
        return listener

    def unlisten(self, listener: queue.Queue[bytes | None]) -> None:
        """A listener has gone."""
        with self._lock:
            if listener in self._listeners:
                self._listeners.remove(listener)

    @property
    def listeners(self) -> int:
        """How many clients stream."""
        return len(self._listeners)

    def drop_streams(self) -> None:
        """Closes every stream, as a restart of the service would."""
        with self._lock:
            for listener in self._listeners:
                listener.put(None)

    # Requests

    def note_request(self, method: str, path: str, headers: dict[str, str]) -> None:
        """A request to a service has come in."""
        with self._lock:
            self.requests.append((method, path, headers))
            surplus = max(len(self.requests) - self._request_limit, 0)
            del self.requests[:surplus]
            self.requests_dropped += surplus

    def issue_token(self, token: str) -> None:
        """Accepts a token from now on."""
        with self._lock:
            self.tokens.add(token)
            self._issued.append(token)
            if len(self._issued) > _TOKEN_LIMIT:
                self.tokens.discard(self._issued.popleft())

    # Faults

    def misbehave(self, service: ServiceName | str, kind: FaultKind | str, **details: Any) -> None:
        """Makes a service misbehave, until ``behave``. See ``Fault`` for the details.

        Raises ``ValueError`` where there is no such service or kind of fault, ``TypeError`` for other details.

        >>> from kameleoon.testing import Platform
        >>> with Platform() as platform:
        ...     platform.misbehave("tracking", "status", status=503, times=2)
        """
        self.faults.set(ServiceName(service), Fault(FaultKind(kind), **details))

    def behave(self, service: ServiceName | str | None = None) -> None:
        """Everything is well again: a service, or all."""
        self.faults.clear(None if service is None else ServiceName(service))

    def counts(self) -> dict[str, Any]:
        """What is counted: streams and requests; and the faults in force."""
        return {
            "streaming": self.listeners,
            "faults": self.faults.to_json(),
            "requests": len(self.requests) + self.requests_dropped,
            "requestsDropped": self.requests_dropped,
        }

    def state(self) -> dict[str, Any]:
        """The data file, what is counted, what was received, and the clients."""
        revision, data_file = self.numbered_data_file()
        return {
            "dataFile": data_file,
            "revision": revision,
            **self.counts(),
            "received": self.received.summary(),
            "clients": self.clients.to_json(time.time()),
        }


def _flag(data_file: dict[str, Any], feature_key: str) -> dict[str, Any]:
    for flag in data_file.get("featureFlags", []):
        if isinstance(flag, dict) and flag.get("featureKey") == feature_key:
            found: dict[str, Any] = flag
            return found
    raise KeyError(feature_key)
