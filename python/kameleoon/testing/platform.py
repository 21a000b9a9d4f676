"""``Platform``: every service of the Kameleoon platform on loopback, from one origin."""

from __future__ import annotations

import json
import os
import threading
from types import TracebackType
from typing import Any

from kameleoon.testing.server import PlatformServer
from kameleoon.testing.services import Services

_WATCH_SECONDS = 0.2


class Platform(Services):
    """A local stand-in for the Kameleoon platform. A context manager; serves from ``with`` on.

    ``data_file``: the data file as a mapping, or the path of one, which is read again whenever it changes on disk.
    ``port``: 0 for any free one. Give a client ``endpoint=platform.origin``.
    ``event_limit``, ``request_limit``: how many events and requests are kept, the latest ones; ``received.dropped`` and
    ``requests_dropped`` count the others.
    Raises ``ValueError`` where the data file is no mapping, ``OSError`` where it cannot be read or the port is taken.

    >>> with Platform({"featureFlags": []}) as platform:
    ...     platform.origin.startswith("http://127.0.0.1:")
    True
    """

    def __init__(
        self,
        data_file: dict[str, Any] | str | os.PathLike[str] | None = None,
        port: int = 0,
        *,
        event_limit: int = 500_000,
        request_limit: int = 20_000,
    ) -> None:
        super().__init__(event_limit=event_limit, request_limit=request_limit)
        self._path = None if data_file is None or isinstance(data_file, dict) else os.fspath(data_file)
        self._path_changed = 0.0
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
        self.end()
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

    def _read_path(self) -> None:
        assert self._path is not None  # noqa: S101  # by construction
        self._path_changed = os.stat(self._path).st_mtime_ns
        with open(self._path, encoding="utf-8") as file:
            self.set_data_file(json.load(file))

    def _watch(self) -> None:
        assert self._path is not None  # noqa: S101  # by construction
        while not self.wait(_WATCH_SECONDS):
            try:
                if os.stat(self._path).st_mtime_ns != self._path_changed:
                    self._read_path()
            except (OSError, ValueError):
                continue  # being written; the next look finds it whole
