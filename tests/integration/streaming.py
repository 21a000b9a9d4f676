"""A configuration service with an event stream whose behaviour a test writes down itself."""

from __future__ import annotations

import contextlib
import json
import queue
import threading
import time
from collections.abc import Callable, Iterator
from email.utils import formatdate
from typing import Any

from tests.data_files import data_file, flag
from tests.loopback import JsonHandler, QuietServer

UPDATE = b'event: configuration-update-event\ndata: {"ts": 5}\n\n'


class _Server(QuietServer):
    request_queue_size = 256
    service: Service


class _Handler(JsonHandler):
    server: _Server

    def do_GET(self) -> None:
        service = self.server.service
        if self.path.startswith("/sse"):
            with service.streaming():
                service.stream(self)
            self.close_connection = True
            return
        service.fetches.append((time.monotonic(), self.path))
        service.before_answer()
        status, headers = service.failures.pop(0) if service.failures else (service.status, {})
        text, last_modified = service.file()
        if status == 200 and self.headers.get("If-Modified-Since") == last_modified:
            status = 304
        self.send_response(status)
        for name, value in {"Last-Modified": last_modified, **headers}.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(text) if status == 200 else 0))
        self.end_headers()
        if status == 200:
            self.wfile.write(text)

    def do_POST(self) -> None:
        self.body()
        self.answer({})


class Service:
    """Serves a data file with one flag that asks for real-time updates."""

    def __init__(self, port: int = 0) -> None:
        self._version = 0
        self._text = b""
        self.set_flag("flag")
        self.fetches: list[tuple[float, str]] = []
        """When the data file was asked for, by ``time.monotonic``, and with which path."""
        self.status = 200
        self.failures: list[tuple[int, dict[str, str]]] = []
        """Statuses with headers of the next answers to fetches, instead of ``status``."""
        self.before_answer: Callable[[], Any] = lambda: None
        self.stream: Callable[[_Handler], Any] = self.follow
        self.streams = 0
        """How many streams were asked for so far."""
        self.open_streams = 0
        self.said: queue.Queue[bytes | None] = queue.Queue()
        """What the next stream that ``follow`` serves says; ``None`` ends it."""
        self._lock = threading.Lock()
        self._server = _Server(("127.0.0.1", port), _Handler)
        self._server.service = self
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()

    @property
    def origin(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def close(self) -> None:
        self.said.put(None)
        self._server.shutdown()
        self._server.server_close()

    def set_flag(self, key: str) -> None:
        """Another data file from now on; nobody is told."""
        self._version += 1
        file = data_file(flag(key), configuration={"realTimeUpdate": True})
        self._text = json.dumps({**file, "dateModified": self._version}).encode()

    def file(self) -> tuple[bytes, str]:
        return self._text, formatdate(1_000_000_000 + self._version, usegmt=True)

    @contextlib.contextmanager
    def streaming(self) -> Iterator[None]:
        with self._lock:
            self.streams += 1
            self.open_streams += 1
        try:
            yield
        finally:
            with self._lock:
                self.open_streams -= 1

    # What a stream may do

    def follow(self, handler: _Handler) -> None:
        """Says what is in ``said``, until the client goes."""
        begin(handler)
        while True:
            try:
                text = self.said.get(timeout=0.05)
            except queue.Empty:
                if has_gone(handler):
                    return
                continue
            if text is None:
                return
            handler.wfile.write(text)
            handler.wfile.flush()

    def refuse(self, handler: _Handler) -> None:
        handler.send_response(503)
        handler.send_header("Content-Length", "0")
        handler.end_headers()

    def hang_up(self, handler: _Handler) -> None:
        """No answer at all."""

    def be_half_open(self, handler: _Handler) -> None:
        """It is connected, and that is all."""
        begin(handler)
        while not has_gone(handler):
            time.sleep(0.05)


def begin(handler: _Handler, **headers: str) -> None:
    handler.send_response(200)
    handler.send_header("Content-Type", "text/event-stream")
    for name, value in headers.items():
        handler.send_header(name.replace("_", "-"), value)
    handler.end_headers()
    handler.wfile.flush()


def has_gone(handler: _Handler) -> bool:
    handler.connection.settimeout(0.001)
    try:
        return handler.connection.recv(1) == b""
    except TimeoutError:
        return False
    except OSError as error:
        return not isinstance(error, BlockingIOError)
    finally:
        handler.connection.settimeout(None)
