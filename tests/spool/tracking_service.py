"""A tracking service that counts millions of events: it keeps each visitor's code, and how often each nonce came."""

from __future__ import annotations

import re
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

_LINE = re.compile(rb"nonce=([0-9A-F]+)&.*?visitorCode=([^&\n]+)")


class TrackingService:
    """Answers tracking as it is told to; everything else with 503."""

    def __init__(self) -> None:
        self.is_up = True
        self.hangs = threading.Event()
        self.hangs.set()
        self.arrived: dict[bytes, set[bytes]] = {}
        """The numbers of the events that arrived, by their job."""
        self.nonces: set[bytes] = set()
        self.doubles = 0
        self._lock = threading.Lock()
        service = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                service.hangs.wait(30)
                is_tracking = self.path.startswith("/visit/events")
                status = 200 if service.is_up and is_tracking else 503
                if status == 200:
                    service.note(body)
                self.send_response(status)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def do_GET(self) -> None:
                self.send_response(503)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, format: str, *args: Any) -> None: ...

            def handle_one_request(self) -> None:
                try:
                    super().handle_one_request()
                except ConnectionError:
                    self.close_connection = True

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self._server.request_queue_size = 128
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)
        self._thread.start()

    @property
    def origin(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def note(self, body: bytes) -> None:
        with self._lock:
            for nonce, code in _LINE.findall(body):
                if nonce in self.nonces:
                    self.doubles += 1
                    continue
                self.nonces.add(nonce)
                job, _, number = code.rpartition(b"-")
                self.arrived.setdefault(job, set()).add(number)

    def has(self, job: str, number: int) -> bool:
        return str(number).encode() in self.arrived.get(job.encode(), ())

    def stop(self) -> None:
        self.hangs.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()
