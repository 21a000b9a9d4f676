"""Visitors who come all the time, and what each of them was answered."""

from __future__ import annotations

import abc
import contextlib
import http.client
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from tests.servers.programs import CONFIRM

_THREADS = 6
_PAUSE_SECOND = 0.01


class Answer(NamedTuple):
    """What a visitor was answered."""

    visitor_code: str
    is_active: bool
    process: int
    is_confirmed: bool
    """Whether ``flush`` had confirmed the conversion before."""

    @classmethod
    def read(cls, visitor_code: str, text: str) -> Answer:
        is_active, process, is_confirmed = text.split(" ")
        return cls(visitor_code, is_active == "True", int(process), is_confirmed == "True")


class Load(abc.ABC):
    """Visits all the time from ``start`` to ``stop``; each visitor comes once."""

    @abc.abstractmethod
    def start(self) -> None: ...

    @abc.abstractmethod
    def stop(self) -> None: ...

    @abc.abstractmethod
    def answers(self) -> list[Answer]:
        """All so far, in the order in which they came."""

    @abc.abstractmethod
    def mistakes(self) -> list[str]:
        """Answers that are none."""


class HttpLoad(Load):
    """Requests from several threads, each over a connection of its own."""

    def __init__(self, port: int, *, confirm: bool = False) -> None:
        """``confirm``: half of the visitors are answered only once ``flush`` has confirmed."""
        self._port = port
        self._confirm = confirm
        self._ends = threading.Event()
        self._answers: list[Answer] = []
        self._mistakes: list[str] = []
        self._threads = [threading.Thread(target=self._visit, args=(name,)) for name in range(_THREADS)]

    def start(self) -> None:
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        self._ends.set()
        for thread in self._threads:
            thread.join()

    def answers(self) -> list[Answer]:
        return self._answers.copy()

    def mistakes(self) -> list[str]:
        return self._mistakes.copy()

    def _visit(self, name: int) -> None:
        number = 0
        while not self._ends.is_set():
            number += 1
            code = f"visitor-{name}-{number}"
            query = code + CONFIRM if self._confirm and name % 2 == 0 else code
            with contextlib.suppress(OSError, http.client.HTTPException):  # it does not serve yet, or no more
                self._take(code, *get(self._port, query))
            time.sleep(_PAUSE_SECOND)

    def _take(self, code: str, status: int, text: str) -> None:
        if status == 200 and text.count(" ") == 2:  # else it was killed in the midst of it
            self._answers.append(Answer.read(code, text))
        elif status not in (200, 503):  # 503: not now
            self._mistakes.append(f"{status} {text}")


class FileLoad(Load):
    """A program that visits itself, or takes visits from a queue, and writes its answers into a file."""

    def __init__(self, file: Path) -> None:
        self._file = file

    def start(self) -> None:
        pass

    def stop(self) -> None:
        pass

    def answers(self) -> list[Answer]:
        if not self._file.exists():
            return []
        text = self._file.read_text()
        lines = text[: text.rfind("\n") + 1].splitlines()  # the last one may not be whole yet
        return [Answer.read(line.partition(" ")[0].partition("&")[0], line.partition(" ")[2]) for line in lines]

    def mistakes(self) -> list[str]:
        return []


def get(port: int, query: str, seconds: float = 20) -> tuple[int, str]:
    """Status and text of one request."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=seconds)
    try:
        connection.request("GET", f"/?{query}", headers={"Connection": "close"})
        response = connection.getresponse()
        return response.status, response.read().decode(errors="replace")
    finally:
        connection.close()


def wait_until(condition: Callable[[], bool], what: Callable[[], str], seconds: float = 60) -> None:
    """Waits until the condition holds. ``what``: what is said where it does not come to hold."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, what()
        time.sleep(0.02)
