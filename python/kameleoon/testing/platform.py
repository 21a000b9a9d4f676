"""``Platform``: every service of spec 4 on loopback, from one origin."""

from __future__ import annotations

import collections
import copy
import json
import os
import queue
import random
import threading
import time
from email.utils import formatdate
from typing import TYPE_CHECKING, Any

from kameleoon.testing.faults import Fault, FaultKind, Faults, ServiceName
from kameleoon.testing.received import Received
from kameleoon.testing.server import PlatformServer

if TYPE_CHECKING:
    from types import TracebackType

_WATCH_SECONDS = 0.2
_TOKEN_LIMIT = 10_000
"""So many tokens are valid: the latest ones."""


class Platform:
    """A local stand-in for the Kameleoon platform. A context manager; serves from ``with`` on.

    ``data_file``: the data file as a mapping, or the path of one, which is read again whenever it changes on disk.
    ``port``: 0 for any free one. Give a client ``endpoint=platform.origin``.
    ``event_limit``, ``request_limit``: how many events and requests are kept, the latest ones; ``received.dropped`` and
    ``requests_dropped`` count the others.
    Raises ``ValueError`` where the data file is no mapping.
    """

    def __init__(
        self,
        data_file: dict[str, Any] | str | os.PathLike[str] | None = None,
        port: int = 0,
        *,
        event_limit: int = 500_000,
        request_limit: int = 20_000,
    ) -> None:
        self._lock = threading.RLock()
        self._path = None if data_file is None or isinstance(data_file, dict) else os.fspath(data_file)
        self._path_changed = 0.0
        self._version = 0
        self._data_file: dict[str, Any] = {}
        self._listeners: list[queue.Queue[bytes | None]] = []
        self.faults = Faults(random.Random(1).random)
        self.received = Received(event_limit)
        self.remote_data: dict[str, Any] = {}
        """What remote data answers, by key."""
        self.visitor_data: dict[str, Any] = {}
        """What remote visitor data answers, by code; others are answered from the events received."""
        self.requests: list[tuple[str, str, dict[str, str]]] = []
        """The latest requests to services: method, path with query, headers."""
        self.requests_dropped = 0
        """How many requests are no longer in ``requests``."""
        self._request_limit = request_limit
        self.tokens: set[str] = set()
        """The access tokens that are accepted; empty accepts none, and asks for none."""
        self.requires_token = False
        self._issued: collections.deque[str] = collections.deque()
        self._stopped = threading.Event()
        if self._path is not None:
            self._read_path()
        else:
            self.set_data_file(data_file if isinstance(data_file, dict) else {})
        self._server = PlatformServer(self, port)

    # Life

    def start(self) -> Platform:
        """Begins to serve."""
        self._server.start()
        if self._path is not None:
            threading.Thread(target=self._watch, name="platform-watch", daemon=True).start()
        return self

    def stop(self) -> None:
        """Ends serving and closes every connection."""
        self._stopped.set()
        with self._lock:
            for listener in self._listeners:
                listener.put(None)
        self._server.stop()

    def __enter__(self) -> Platform:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.stop()

    @property
    def origin(self) -> str:
        """Where it serves, for ``KameleoonClientConfig(endpoint=…)``."""
        return f"http://127.0.0.1:{self._server.port}"

    @property
    def port(self) -> int:
        """The port."""
        return self._server.port

    @property
    def is_stopped(self) -> bool:
        """Whether it has ended."""
        return self._stopped.is_set()

    def wait(self) -> None:
        """Until it ends."""
        self._stopped.wait()

    # The data file

    def data_file(self) -> tuple[bytes, str]:
        """The data file as it is served, and its ``Last-Modified``."""
        with self._lock:
            # Each version has a date of its own: HTTP dates are of whole seconds.
            return json.dumps(self._data_file).encode(), formatdate(1_000_000_000 + self._version, usegmt=True)

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

    def _read_path(self) -> None:
        assert self._path is not None  # noqa: S101  # by construction
        self._path_changed = os.stat(self._path).st_mtime_ns
        with open(self._path, encoding="utf-8") as file:
            self.set_data_file(json.load(file))

    def _watch(self) -> None:
        assert self._path is not None  # noqa: S101  # by construction
        while not self._stopped.wait(_WATCH_SECONDS):
            try:
                if os.stat(self._path).st_mtime_ns != self._path_changed:
                    self._read_path()
            except (OSError, ValueError):
                continue  # being written; the next look finds it whole

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
        """Makes a service misbehave, until ``behave``. See ``Fault`` for the details."""
        self.faults.set(ServiceName(service), Fault(FaultKind(kind), **details))

    def behave(self, service: ServiceName | str | None = None) -> None:
        """Everything is well again: a service, or all."""
        self.faults.clear(None if service is None else ServiceName(service))

    def state(self) -> dict[str, Any]:
        """What the page shows."""
        with self._lock:
            data_file = copy.deepcopy(self._data_file)
        return {
            "dataFile": data_file,
            "streaming": self.listeners,
            "faults": self.faults.to_json(),
            "requests": len(self.requests) + self.requests_dropped,
            "requestsDropped": self.requests_dropped,
            "received": self.received.summary(),
        }


def _flag(data_file: dict[str, Any], feature_key: str) -> dict[str, Any]:
    for flag in data_file.get("featureFlags", []):
        if isinstance(flag, dict) and flag.get("featureKey") == feature_key:
            found: dict[str, Any] = flag
            return found
    raise KeyError(feature_key)
