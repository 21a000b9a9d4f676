"""What the clients under comparison talk to, on loopback: data files by name, tokens, and an ear for events."""

from __future__ import annotations

import subprocess
import sys
import threading
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from tests.loopback import JsonHandler, QuietServer

from benches import work
from benches.players.statsig import specs

if TYPE_CHECKING:
    from collections.abc import Iterator


ROOT = Path(__file__).parents[1]


class Service(JsonHandler):
    """``/…/ONE.a`` is the data file ``work.ONE``: what stands after the point tells apart the clients of a process."""

    def do_GET(self) -> None:
        parts = self.path.split("?")[0].split("/")
        if parts[1] == "statsig":
            self.answer(specs(parts[2]))  # the client adds its key to the path
        else:
            self.answer(getattr(work, parts[-1].split(".")[0], {}))

    def do_POST(self) -> None:
        self.body()
        self.answer({"success": True, "access_token": "token", "expires_in": 7200})


@contextmanager
def serving() -> Iterator[str]:
    """Serves from a process of its own; yields the origin."""
    command = [sys.executable, "-m", "benches.service"]
    process = subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    try:
        yield f"http://127.0.0.1:{int(process.stdout.readline())}"
    finally:
        process.kill()
        process.communicate()


if __name__ == "__main__":
    server = QuietServer(("127.0.0.1", 0), Service)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    print(server.server_address[1], flush=True)
    sys.stdin.read()  # until the parent ends
