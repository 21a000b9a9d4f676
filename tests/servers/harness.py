"""Starts a server on loopback, visits it, stops it; says what arrived at the platform."""

from __future__ import annotations

import contextlib
import http.client
import os
import re
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import NamedTuple

from kameleoon.testing import Platform

ROOT = Path(__file__).parents[2]
BIN = Path(sys.executable).parent
_VISITORS_AT_A_TIME = 8


UNANSWERED = "-again"
"""What is added to a visitor code with each request that was reset."""


class Answer(NamedTuple):
    """What the application answered."""

    visitor_code: str
    is_active: str
    """``True``, ``False``, or ``None`` where the flag was unknown."""
    process: int


class Server:
    """A server program. Its address is found in what it logs, so that it can choose a free port itself."""

    def __init__(
        self, command: Sequence[str | Path], platform: Platform, log: Path, stop: int = signal.SIGTERM
    ) -> None:
        """``stop``: the signal that ends the server gracefully."""
        self._stop = stop
        self._log = log
        self._file = log.open("wb")
        self._process = subprocess.Popen(
            [str(part) for part in command],
            cwd=ROOT,
            env=environment(platform),
            stdout=self._file,
            stderr=subprocess.STDOUT,
            stdin=subprocess.DEVNULL,
            start_new_session=True,  # so that nothing is left of it, whatever goes wrong
        )
        self._port = 0

    def __enter__(self) -> Server:
        return self

    def __exit__(self, *_: object) -> None:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait(10)
        self._file.close()

    @property
    def log(self) -> str:
        """What it has written so far."""
        return self._log.read_text(errors="replace")

    def wait_for(self, pattern: str, count: int = 1, seconds: float = 30) -> list[str]:
        """What the pattern finds in the log, as soon as that is so many places."""
        deadline = time.monotonic() + seconds
        while True:
            found = re.findall(pattern, self.log)
            if len(found) >= count:
                return found
            assert self._process.poll() is None, f"the server has ended:\n{self.log}"
            assert time.monotonic() < deadline, f"no {pattern!r} in:\n{self.log}"
            time.sleep(0.05)

    def listens(self, address: str) -> None:
        """Waits until the log tells its port: the group of the pattern ``address``."""
        self._port = int(self.wait_for(address)[0])

    def visit(self, codes: Sequence[str]) -> list[Answer]:
        """Each visitor makes one request, over a connection of its own; another one where that is reset.

        Servers that end a process after so many requests reset what it had accepted and not yet read. Whether such a
        request was served nobody knows, so the next one has another visitor code: that of the answer.
        """
        with ThreadPoolExecutor(_VISITORS_AT_A_TIME) as visitors:
            return list(visitors.map(self._visit, codes))

    def _visit(self, visitor_code: str) -> Answer:
        deadline = time.monotonic() + 30
        while True:
            connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=30)
            try:
                connection.connect()
            except ConnectionRefusedError:  # it has told its port, and begins to listen
                assert time.monotonic() < deadline, self.log
                time.sleep(0.02)
                continue
            try:
                connection.request("GET", f"/?{visitor_code}", headers={"Connection": "close"})
                answer = connection.getresponse()
                assert answer.status == 200, self.log
                is_active, process, _ = answer.read().decode().split(" ")
                return Answer(visitor_code, is_active, int(process))
            except ConnectionError:
                assert time.monotonic() < deadline, self.log
                visitor_code += UNANSWERED
            finally:
                connection.close()

    def stop(self, seconds: float = 30, *, everybody: bool = False) -> None:
        """Ends it gracefully; returns once it has ended. ``everybody``: all of its processes get the signal, as from a
        terminal or systemd, for servers whose first process does not pass it on.
        """
        if not everybody:
            self._process.send_signal(self._stop)
            self._process.wait(seconds)
            return
        os.killpg(self._process.pid, self._stop)
        self._process.wait(seconds)
        deadline = time.monotonic() + seconds
        with contextlib.suppress(ProcessLookupError):  # none is left
            while time.monotonic() < deadline:
                os.killpg(self._process.pid, 0)
                time.sleep(0.05)


def environment(platform: Platform) -> dict[str, str]:
    """The environment of programs that use the platform."""
    path = os.pathsep.join(filter(None, [str(ROOT), str(ROOT / "python"), os.environ.get("PYTHONPATH")]))
    return {**os.environ, "ORIGIN": platform.origin, "PYTHONPATH": path, "PYTHONUNBUFFERED": "1"}


def visitors(count: int) -> list[str]:
    """So many visitor codes."""
    return [f"visitor-{number:03}" for number in range(count)]


def assert_each_arrived_once(platform: Platform, codes: Sequence[str], log: str = "") -> None:
    """The conversions that the platform has received are one of each visitor code, and no event came twice."""
    expected, arrived = Counter(codes), _conversions(platform)
    counted = f"{sum((expected & arrived).values())} of {len(codes)} arrived, {sum(arrived.values())} in all"
    assert arrived == expected, f"{counted}\n{log}"
    assert platform.received.duplicated == 0


def assert_each_answered_arrived_once(platform: Platform, answers: Sequence[Answer], log: str = "") -> None:
    """As above, of the requests that were answered; those that were reset may have been served or not."""
    known = {answer.visitor_code for answer in answers}
    reset = {code for code in _conversions(platform) if any(name.startswith(code + UNANSWERED) for name in known)}
    codes = [*known, *reset]
    assert_each_arrived_once(platform, codes, log)


def _conversions(platform: Platform) -> Counter[str]:
    """How many conversions of each visitor code have arrived."""
    events = platform.received.events
    return Counter(event["visitorCode"] for event in events if event["eventType"] == "conversion")
