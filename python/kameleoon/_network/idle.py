"""Connections that nobody uses at the moment."""

from __future__ import annotations

import threading
import time
from collections import deque
from queue import Empty, LifoQueue
from typing import Any

__all__ = ["IdleConnections"]

_MOST = 64
_LONGEST_SECONDS = 60.0


class IdleConnections(LifoQueue[Any]):
    """The queue of a connection pool of urllib3, without a bound on the connections in use.

    Whoever finds no connection opens one. Of those that come back, the ones used last are kept, so many and for so
    long; the others are closed. (urllib3's own queue closes those beyond its size, with a warning in the log for each.)
    """

    def __init__(self, maxsize: int = 0) -> None:
        """``maxsize`` is the pool's, which does not matter here."""
        super().__init__(maxsize)
        self._lock = threading.Lock()
        self._idle: deque[tuple[float, Any]] = deque()  # the one used last at the right

    def get(self, block: bool = True, timeout: float | None = None) -> Any:  # noqa: ARG002  # as the base class's
        """The connection used last. Raises ``Empty``; never waits."""
        with self._lock:
            if not self._idle:
                raise Empty
            return self._idle.pop()[1]

    def put(self, item: Any, block: bool = True, timeout: float | None = None) -> None:  # noqa: ARG002  # as above
        """Keeps a connection; ``None``, urllib3's sign for a free place, is nothing to keep."""
        if item is None:
            return
        now = time.monotonic()
        too_old = []
        with self._lock:
            self._idle.append((now, item))
            while len(self._idle) > _MOST or self._idle[0][0] < now - _LONGEST_SECONDS:
                too_old.append(self._idle.popleft()[1])
        for connection in too_old:
            connection.close()

    def qsize(self) -> int:
        """How many are kept."""
        return len(self._idle)
