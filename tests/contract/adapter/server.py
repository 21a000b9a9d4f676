"""The HTTP side of an adapter: docs/contract.md#the-protocol. What a command does is ``commands``'."""

from __future__ import annotations

import itertools
import json
import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


class Unsupported(Exception):
    """The adapter has no such command, or no such option."""


class AdaptedClient:
    """A client that commands are given to."""

    is_ready: bool

    def run(self, command: str, parameters: dict[str, Any]) -> Any:
        """What a command returns, as JSON. Raises what the client raises, or ``Unsupported``."""
        raise NotImplementedError

    def close(self) -> None:
        """Ends the client; what it has to send is sent."""
        raise NotImplementedError


class AdapterServer(ThreadingHTTPServer):
    """Serves an adapter on loopback. ``about``: the answer of ``GET /``; ``make``: a client of the body of ``POST /``."""

    daemon_threads = True

    def __init__(self, about: dict[str, Any], make: Callable[[dict[str, Any]], AdaptedClient], port: int = 0) -> None:
        self.about, self.make = about, make
        self.clients: dict[str, AdaptedClient] = {}
        self.numbers = itertools.count(1)
        super().__init__(("127.0.0.1", port), _Handler)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A harness that has gone is no news."""

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True  # head and body are two writes
    server: AdapterServer

    def log_message(self, *_: Any) -> None:
        pass

    def do_GET(self) -> None:
        self._answer(200 if self.path == "/" else 404, self.server.about)

    def do_POST(self) -> None:
        try:
            body = json.loads(self.rfile.read(int(self.headers.get("Content-Length", 0))))
            if self.path == "/":
                self._make(body)
            elif self.path in self.server.clients:
                self._answer(200, self._run(self.server.clients[self.path], body))
            else:
                self._answer(404, {"problem": f"no client {self.path!r}"})
        except Unsupported as error:
            self._answer(501, {"problem": str(error)})
        except (KeyError, TypeError, ValueError) as error:
            self._answer(400, {"problem": repr(error)})

    def _make(self, body: dict[str, Any]) -> None:
        client = self.server.make(body)
        path = f"/clients/{next(self.server.numbers)}"
        self.server.clients[path] = client
        self._answer(201, {"client": path, "ready": client.is_ready})

    def _run(self, client: AdaptedClient, body: dict[str, Any]) -> dict[str, Any]:
        command, parameters = body["command"], body["parameters"]
        try:
            return {"ok": client.run(command, parameters)}
        except Unsupported:
            raise
        except Exception as error:  # noqa: BLE001  # whatever a client raises is its answer
            return {"error": type(error).__name__, "message": str(error)}

    def do_DELETE(self) -> None:
        if self.path == "/":
            self._answer(200, {})
            threading.Thread(target=self.server.shutdown, daemon=True).start()
        elif self.path in self.server.clients:
            self.server.clients.pop(self.path).close()
            self._answer(200, {})
        else:
            self._answer(404, {"problem": f"no client {self.path!r}"})

    def _answer(self, status: int, body: Any) -> None:
        text = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)
