"""What a program does with the client for one visitor, each call timed."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable
from typing import Any

from kameleoon import CustomData, KameleoonClient, PageView
from tests.soak.durations import CLASSES, class_of

__all__ = ["Visits", "visit"]


class Watched:
    """The calls of one thread."""

    def __init__(self) -> None:
        self.counts = [0] * CLASSES
        self.worst = 0.0
        self.since: float | None = None
        """When the call began that has not ended."""

    def call(self, function: Callable[..., Any], *arguments: Any) -> Any:
        self.since = time.monotonic()
        begin = time.perf_counter_ns()
        result = function(*arguments)
        duration = time.perf_counter_ns() - begin
        self.since = None
        self.counts[class_of(duration)] += 1
        self.worst = max(self.worst, duration / 1e9)
        return result


def visit(client: KameleoonClient, code: str, watched: Watched) -> str:
    """The variation that the visitor has. It leaves one exposure and one conversion."""
    watched.call(client.add_data, code, CustomData(1, code), PageView("https://shop.example/", "Shop"))
    key = str(watched.call(client.get_variation, code, "checkout").key)
    watched.call(client.is_feature_active, code, "for-some", None, False)
    watched.call(client.track_conversion, code, 7)
    return key


class Visits:
    """Threads that serve one new visitor after the other, and now and then one whom they have seen."""

    def __init__(self, client: KameleoonClient, name: str, threads: int, per_second: float) -> None:
        self._client = client
        self._name = name
        self._begun = 0
        self._pause = threads / per_second
        self._end = threading.Event()
        self.watched = [Watched() for _ in range(threads)]
        self.wrong = 0
        self.errors: deque[str] = deque(maxlen=5)
        self._lock = threading.Lock()
        self._threads = [threading.Thread(target=self._serve, args=(watched,)) for watched in self.watched]
        for thread in self._threads:
            thread.start()

    def _serve(self, watched: Watched) -> None:
        seen: deque[tuple[str, str]] = deque(maxlen=500)
        due = time.monotonic()
        while not self._end.is_set():
            with self._lock:
                number = self._begun
                self._begun += 1
            code = f"{self._name}-{number}"
            try:
                key = visit(self._client, code, watched)
                earlier, expected = seen[0] if seen else (code, key)
                # Asking without tracking would take an exposure back that has not been sent yet.
                variation = watched.call(self._client.explain, earlier, "checkout").variation
                self.wrong += variation is None or variation.key != expected
                seen.append((code, key))
            except Exception as error:  # noqa: BLE001  # whatever it is, the verdict names it
                self.errors.append(f"{type(error).__name__}: {error}")
            due = max(due + self._pause, time.monotonic() - 1)
            self._end.wait(max(due - time.monotonic(), 0))

    def stuck_for(self) -> float:
        """For how many seconds a call has been going on, the one that has for longest."""
        began = [since for since in (watched.since for watched in self.watched) if since is not None]
        return time.monotonic() - min(began) if began else 0.0

    def end(self, timeout: float) -> tuple[int, bool]:
        """How many visitors there were, and whether all threads have ended."""
        self._end.set()
        until = time.monotonic() + timeout
        for thread in self._threads:
            thread.join(max(until - time.monotonic(), 0))
        return self._begun, not any(thread.is_alive() for thread in self._threads)
