"""The processes of a server: started, told to end, killed, frozen. They are a process group."""

from __future__ import annotations

import contextlib
import os
import random
import signal
import socket
import subprocess
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

from tests.servers.harness import ROOT

_LOG_TAIL = 6000
_END_SECONDS = 60


class Running:
    """A server program and what it started. Whatever happens, nothing of it is left after the ``with``."""

    def __init__(self, command: Sequence[str], environment: Mapping[str, str], log: Path) -> None:
        self._log = log
        with log.open("ab") as file:
            self._process = subprocess.Popen(
                command,
                cwd=ROOT,
                env=dict(environment),
                stdout=file,
                stderr=subprocess.STDOUT,
                stdin=subprocess.DEVNULL,
                start_new_session=True,
                preexec_fn=_be_interruptible,  # noqa: PLW1509  # it takes no lock
            )

    def __enter__(self) -> Running:
        return self

    def __exit__(self, *_: object) -> None:
        self.kill()

    @property
    def log(self) -> str:
        """The end of what it has written."""
        return self._log.read_text(errors="replace")[-_LOG_TAIL:]

    @property
    def has_ended(self) -> bool:
        """Whether its first process has ended."""
        return self._process.poll() is not None

    def tell(self, number: int, *, everybody: bool = False) -> None:
        """Sends a signal to the first process, or to all of them, as a terminal and systemd do."""
        if everybody:
            os.killpg(self._process.pid, number)
        else:
            self._process.send_signal(number)

    def wait(self) -> None:
        """Until none of its processes is left."""
        deadline = time.monotonic() + _END_SECONDS
        while not self.has_ended or self._is_any_left():
            assert time.monotonic() < deadline, f"processes are left:\n{self.log}"
            time.sleep(0.02)

    def kill(self) -> None:
        """Ends all of it at once, by ``SIGKILL``."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait(10)

    def _is_any_left(self) -> bool:
        try:
            os.killpg(self._process.pid, 0)
        except ProcessLookupError:
            return False
        return True


def _be_interruptible() -> None:
    """Whoever runs the tests in the background of a shell has Ctrl-C ignored, and hands that on."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def free_port() -> int:
    """A port below those that the system gives to connections, so that none takes it before the server does."""
    while True:
        port = random.SystemRandom().randrange(20_000, 32_000)
        with contextlib.suppress(OSError), socket.socket() as tried:
            tried.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            tried.bind(("127.0.0.1", port))
            return port
