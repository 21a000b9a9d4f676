"""A service for many connections at once, in a process of its own: data requests are answered after a while.

``python -m tests.slow_service SECONDS`` prints its port.
"""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

_ANSWERS = {"/v3/": {"featureFlags": []}, "/oauth/": {"access_token": "token", "expires_in": 7200}}


async def _serve(seconds: float) -> None:
    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                path = head.split(b" ", 2)[1].decode()
                length = head.lower().partition(b"content-length:")[2].split(b"\r\n", 1)[0]
                if length:
                    await reader.readexactly(int(length))
                answer = next((answer for prefix, answer in _ANSWERS.items() if path.startswith(prefix)), None)
                if answer is None:
                    await asyncio.sleep(seconds)
                body = json.dumps(answer or {}).encode()
                writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%b" % (len(body), body))
        except (OSError, asyncio.IncompleteReadError):
            writer.close()

    server = await asyncio.start_server(handle, "127.0.0.1", 0, backlog=2048)
    print(server.sockets[0].getsockname()[1], flush=True)
    async with server:
        await server.serve_forever()


@contextmanager
def slow_service(seconds: float) -> Iterator[str]:
    """Serves; the origin."""
    command = [sys.executable, "-m", "tests.slow_service", str(seconds)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            yield f"http://127.0.0.1:{int(process.stdout.readline())}"
        finally:
            process.kill()


if __name__ == "__main__":
    asyncio.run(_serve(float(sys.argv[1])))
