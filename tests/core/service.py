"""A local HTTP service whose answers to tracking requests are a test's own."""

from __future__ import annotations

import json
import threading
from collections import Counter
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl


class ScriptedService(ThreadingHTTPServer):
    """Serves a data file, and answers the body of each tracking request with the status that ``answer`` returns."""

    daemon_threads = True
    request_queue_size = 256

    def __init__(self, data_file: dict[str, Any]) -> None:
        self.data_file = data_file
        self.answer: Callable[[str], int] = lambda body: 200
        self.asked: list[str] = []
        """The bodies of all tracking requests."""
        self.accepted: list[str] = []
        """The lines of those that were answered with 200."""
        self.arrived = threading.Condition()
        super().__init__(("127.0.0.1", 0), _Handler)

    def __enter__(self) -> ScriptedService:
        threading.Thread(target=self.serve_forever, args=(0.02,), daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self.shutdown()
        self.server_close()

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that has gone is no news."""

    @property
    def origin(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"

    def track(self, body: str) -> int:
        status = self.answer(body)
        with self.arrived:
            self.asked.append(body)
            if status == 200:
                self.accepted += body.split("\n")
        return status

    def events(self) -> list[dict[str, str]]:
        """The events that arrived, doubles and all."""
        with self.arrived:
            lines = list(self.accepted)
        return [dict(parse_qsl(line, keep_blank_values=True)) for line in lines if line]

    def conversions(self) -> Counter[tuple[str, str]]:
        """How often each visitor's conversion of each goal arrived."""
        events = [event for event in self.events() if event["eventType"] == "conversion"]
        return Counter((code_of(event), event["goalId"]) for event in events)


def code_of(event: dict[str, str]) -> str:
    return event.get("visitorCode") or event["mappingValue"]


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: ScriptedService

    def log_message(self, format: str, *args: Any) -> None:
        """Says nothing."""

    def do_GET(self) -> None:
        is_data_file = self.path.startswith("/v3/")
        self._send(200 if is_data_file else 404, self.server.data_file if is_data_file else {})

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0))).decode()
        if "/visit/events" in self.path:
            self._send(self.server.track(body), {})
        else:
            self._send(200, {"access_token": "token", "expires_in": 7200})

    def _send(self, status: int, content: Any) -> None:
        text = json.dumps(content).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)
