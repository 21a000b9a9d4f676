"""A platform, a Redis server of one's own, and worker processes that share a data file."""

from __future__ import annotations

import itertools
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from kameleoon import KameleoonClient, KameleoonClientConfig
from kameleoon.testing import Platform
from tests.data_files import data_file, flag

ROOT = Path(__file__).parents[2]
_sites = itertools.count()


def eventually(condition: Callable[[], Any], seconds: float = 30) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.02)


def file_with(*keys: str, real_time: bool = True) -> dict[str, Any]:
    return data_file(*(flag(key) for key in keys), configuration={"realTimeUpdate": real_time})


@pytest.fixture
def platform() -> Iterator[Platform]:
    with Platform(file_with("first")) as running:
        yield running


def fetches(platform: Platform) -> int:
    return sum(path.startswith("/v3/") for _, path, _ in platform.requests)


@pytest.fixture
def make_client(platform: Platform) -> Iterator[Callable[..., KameleoonClient]]:
    clients: list[KameleoonClient] = []

    def make(site_code: str = "site", **options: Any) -> KameleoonClient:
        options.setdefault("default_timeout_millisecond", 2000)
        options.setdefault("endpoint", platform.origin)
        client = KameleoonClient(site_code, KameleoonClientConfig("client-0123456789", "secret-0123456789", **options))
        clients.append(client)
        return client

    yield make
    for client in clients:
        client.close(0.5)


class Redis:
    """A server that can be ended, started again, suspended and emptied."""

    def __init__(self, directory: Path) -> None:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self._directory = directory
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def address(self) -> str:
        return f"redis://127.0.0.1:{self.port}/0"

    @property
    def connection(self) -> Any:
        import redis

        return redis.Redis(port=self.port)

    def start(self) -> None:
        command = ["redis-server", "--port", str(self.port), "--save", "", "--dir", str(self._directory)]
        self._process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
        connection = self.connection
        eventually(lambda: _answers(connection))
        connection.close()

    def stop(self) -> None:
        if self._process is not None:
            self._process.send_signal(signal.SIGCONT)
            self._process.kill()
            self._process.wait()
            self._process = None

    def suspend(self) -> None:
        """Takes connections, and answers nothing: as behind a partition."""
        assert self._process is not None
        self._process.send_signal(signal.SIGSTOP)

    def go_on(self) -> None:
        assert self._process is not None
        self._process.send_signal(signal.SIGCONT)

    def wipe(self) -> None:
        connection = self.connection
        connection.flushall()
        connection.close()


def _answers(connection: Any) -> bool:
    try:
        return bool(connection.ping())
    except OSError:
        return False
    except Exception as error:
        if type(error).__name__ in {"ConnectionError", "BusyLoadingError"}:
            return False
        raise


@pytest.fixture
def redis_server(tmp_path: Path) -> Iterator[Redis]:
    if shutil.which("redis-server") is None:
        pytest.skip("redis-server is not installed")
    pytest.importorskip("redis")
    server = Redis(tmp_path)
    server.start()
    yield server
    server.stop()


class Workers:
    """Processes with a client each, and what they last told."""

    def __init__(self, count: int, options: dict[str, Any]) -> None:
        self.count = count
        self._told: dict[int, dict[str, Any]] = {}
        self._lock = threading.Lock()
        self.killed: set[int] = set()
        command = [sys.executable, "-m", "tests.sharing.workers", str(count), json.dumps(options)]
        self._process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE)
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            told = json.loads(line)
            with self._lock:
                self._told[told["process"]] = told

    def living(self) -> list[dict[str, Any]]:
        with self._lock:
            return [told for process, told in self._told.items() if process not in self.killed]

    def have(self, *flags: str) -> bool:
        """Whether each of them has these feature flags."""
        living = self.living()
        expected = self.count - len(self.killed)
        return len(living) == expected and all(sorted(told["flags"]) == sorted(flags) for told in living)

    def leaders(self) -> list[int]:
        return [told["process"] for told in self.living() if told["state"] in {"streaming", "polling"}]

    def kill(self, process: int) -> None:
        self.killed.add(process)
        os.kill(process, signal.SIGKILL)

    def last_change(self) -> float:
        """When the last of them told something, in seconds since the epoch."""
        return max(told["at"] for told in self.living())

    def end(self) -> None:
        self._process.terminate()
        self._process.wait()
        assert self._process.stdout is not None
        for process in list(self._told):
            eventually(lambda: not _lives(process))  # noqa: B023  # it is called here
        self._process.stdout.close()


def _lives(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    try:
        return Path(f"/proc/{process}/stat").read_text().split(")")[1].split()[0] != "Z"
    except OSError:
        return False


@pytest.fixture
def start_workers(platform: Platform) -> Iterator[Callable[..., Workers]]:
    started: list[Workers] = []

    def start(count: int, **options: Any) -> Workers:
        options = {"site_code": f"site{next(_sites)}", "endpoint": platform.origin, **options}
        workers = Workers(count, options)
        started.append(workers)
        return workers

    yield start
    for workers in started:
        workers.end()
