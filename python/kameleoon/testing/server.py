"""The HTTP side of the local platform: routes, faults, and the files of the page. The control path: ``control``."""

from __future__ import annotations

import json
import queue
import secrets
import socket
import struct
import threading
import time
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from kameleoon.testing.clients import ClientKey
from kameleoon.testing.control import Control, refusal
from kameleoon.testing.faults import Fault, FaultKind, ServiceName
from kameleoon.testing.services import Services

_KINDS = {".html": "text/html", ".css": "text/css", ".js": "text/javascript"}
_PAGE_FILES = {
    f"/{file.name}": (file, _KINDS[file.suffix])
    for file in sorted(Path(__file__).with_name("page").iterdir())
    if file.suffix in _KINDS
}
_PAGE_FILES["/"] = _PAGE_FILES["/index.html"]
_PAGE_HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; "
    "img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}
"""The page takes nothing from elsewhere, and runs nothing that it was not served: not what a data file has in it."""
_JSON = "application/json"
_LOOK_SECONDS = 0.1
"""How often a stream looks whether its client is still there."""


class PlatformServer(ThreadingHTTPServer):
    """Serves a platform on loopback."""

    daemon_threads = True
    request_queue_size = 256

    def __init__(self, platform: Services, port: int) -> None:
        self.platform = platform
        self.control: Control = Control(platform)
        self._connections: set[socket.socket] = set()
        super().__init__(("127.0.0.1", port), _Handler)

    @property
    def port(self) -> int:
        """The port."""
        return int(self.server_address[1])

    def start(self) -> None:
        """Serves on a thread."""
        thread = threading.Thread(target=self.serve_forever, args=(0.02,), name="platform", daemon=True)
        thread.start()

    def stop(self) -> None:
        """Ends serving and closes every connection."""
        self.shutdown()
        self.server_close()
        for connection in list(self._connections):
            _close(connection)

    def process_request_thread(self, request: Any, client_address: Any) -> None:
        """Remembers the connection, to close it at the end."""
        self._connections.add(request)
        try:
            super().process_request_thread(request, client_address)
        finally:
            self._connections.discard(request)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that has gone is no news."""


class _Misbehaved(Exception):
    """The answer was spoilt on purpose; the connection is of no more use."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True  # head and body are two writes
    client: ClientKey | None = None  # whom this connection has named last
    server: PlatformServer  # pyright: ignore[reportIncompatibleVariableOverride]  # no other server has this handler

    def log_message(self, format: str, *args: Any) -> None:  # the base class's signature
        """Says nothing."""

    def do_GET(self) -> None:
        """Serves a request."""
        self._serve(b"")

    def do_POST(self) -> None:
        """Serves a request with a body."""
        self._serve(self.rfile.read(int(self.headers.get("Content-Length", 0))))

    def do_DELETE(self) -> None:
        """Serves a request, maybe with a body."""
        self.do_POST()

    def _serve(self, body: bytes) -> None:
        url = urlsplit(self.path)
        query = {name: values[0] for name, values in parse_qs(url.query, keep_blank_values=True).items()}
        try:
            if url.path.startswith("/control"):
                self._control(url.path, query, body)
            elif url.path in _PAGE_FILES:
                file, kind = _PAGE_FILES[url.path]
                self._send(200, file.read_bytes(), f"{kind}; charset=utf-8", _PAGE_HEADERS)
            else:
                self._service(url.path, query, body)
        except (_Misbehaved, OSError):
            self.close_connection = True

    # Services

    def _service(self, path: str, query: dict[str, str], body: bytes) -> None:
        routes: dict[str, tuple[ServiceName, Callable[[Fault | None], None]]] = {
            "/sse": (ServiceName.STREAM, lambda fault: self._stream(query, fault)),
            "/oauth/token": (ServiceName.TOKEN, self._token),
            "/visit/events": (ServiceName.TRACKING, lambda fault: self._tracking(body, fault)),
            "/visit/visitor": (ServiceName.VISITOR_DATA, lambda fault: self._visitor(query, fault)),
            "/map/map": (ServiceName.REMOTE_DATA, lambda fault: self._remote(query, fault)),
        }
        if path.startswith("/v3/"):
            routes[path] = (ServiceName.CONFIGURATION, lambda fault: self._configuration(path, query, fault))
        if path not in routes:
            self._send_json(404, {"error": "no such service"})
            return
        platform = self.server.platform
        platform.note_request(self.command, self.path, dict(self.headers))
        name, answer = routes[path]
        if name not in (ServiceName.CONFIGURATION, ServiceName.STREAM) and "siteCode" in query:
            sdk = _sdk(query.get("sdkName"), query.get("sdkVersion"))
            self.client = platform.clients.seen(query["siteCode"], sdk, self.client, self._agent(), time.time())
        fault = platform.faults.take(name)
        if fault is not None:
            self._misbehave_before(fault)
        answer(fault)

    def _is_authorized(self, fault: Fault | None) -> bool:
        platform = self.server.platform
        if not platform.requires_token:
            return True
        token = self.headers.get("Authorization", "").removeprefix("Bearer ")
        if token in platform.tokens:
            return True
        self._answer(401, {}, fault)
        return False

    def _agent(self) -> str:
        return str(self.headers.get("User-Agent", ""))

    def _configuration(self, path: str, query: dict[str, str], fault: Fault | None) -> None:
        platform = self.server.platform
        revision, text, last_modified = platform.served_data_file()
        self.client = platform.clients.polled(
            unquote(path.removeprefix("/v3/")),
            query.get("environment", ""),
            _sdk(self.headers.get("X-Kameleoon-SDK-Type"), self.headers.get("X-Kameleoon-SDK-Version")),
            self._agent(),
            revision=revision if fault is None or fault.kind is FaultKind.LATENCY else None,
            is_pushed="ts" in query,
            now=time.time(),
        )
        if fault is None and self.headers.get("If-Modified-Since") == last_modified:
            self._send(304, b"", _JSON)
        else:
            self._answer(200, text, fault, {"Last-Modified": last_modified})

    def _token(self, fault: Fault | None) -> None:
        token = secrets.token_urlsafe(16)
        self.server.platform.issue_token(token)
        self._answer(200, {"access_token": token, "expires_in": 7200}, fault)

    def _tracking(self, body: bytes, fault: Fault | None) -> None:
        if self._is_authorized(fault):
            if fault is None or fault.kind not in (FaultKind.STATUS, FaultKind.REDIRECT):
                self.server.platform.received.add(body.decode("utf-8"))
            self._answer(200, {}, fault)

    def _visitor(self, query: dict[str, str], fault: Fault | None) -> None:
        if not self._is_authorized(fault):
            return
        platform = self.server.platform
        code = query.get("visitorCode") or query.get("mappingValue") or ""
        known = platform.visitor_data.get(code)
        self._answer(200, platform.received.visitor(code) if known is None else known, fault)

    def _remote(self, query: dict[str, str], fault: Fault | None) -> None:
        if not self._is_authorized(fault):
            return
        data = self.server.platform.remote_data
        key = query.get("key", "")
        self._answer(200 if key in data else 404, data.get(key, {}), fault)

    def _stream(self, query: dict[str, str], fault: Fault | None) -> None:
        if fault is not None and fault.kind is FaultKind.STATUS:
            self._send(fault.status, b"{}", _JSON)
            return
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.send_header("Connection", "close")
        self.end_headers()
        self.close_connection = True
        platform = self.server.platform
        listener = platform.listen()
        client = platform.clients.stream_began(query.get("siteCode", ""), self.client, self._agent(), time.time())
        try:
            while not _has_gone(self.connection):
                try:
                    event = listener.get(timeout=_LOOK_SECONDS)
                except queue.Empty:
                    continue
                if event is None:
                    return
                self.wfile.write(event)
                self.wfile.flush()
        finally:
            platform.unlisten(listener)
            platform.clients.stream_ended(client, time.time(), goes_on=not platform.asks_for_streams)

    # Faults

    def _misbehave_before(self, fault: Fault) -> None:
        """What goes wrong before anything is done with the request."""
        if fault.kind is FaultKind.DROP:
            raise _Misbehaved
        if fault.kind is FaultKind.BLACK_HOLE:
            while not self.server.platform.is_stopped and not _has_gone(self.connection):
                time.sleep(0.02)
            raise _Misbehaved
        if fault.kind is FaultKind.LATENCY:
            time.sleep(fault.seconds)

    def _answer(self, status: int, body: Any, fault: Fault | None, headers: dict[str, str] | None = None) -> None:
        """Sends an answer, spoilt by the fault if it is of that kind."""
        text = body if isinstance(body, bytes) else json.dumps(body).encode()
        kind = None if fault is None else fault.kind
        if fault is not None and kind is FaultKind.STATUS:
            self._send(fault.status, b"{}", _JSON)
        elif kind is FaultKind.REDIRECT:
            self._send(302, b"", _JSON, {"Location": "http://127.0.0.1:9/elsewhere"})
        elif kind is FaultKind.MALFORMED:
            self._send(200, b'{"half', _JSON)
        elif kind is FaultKind.WRONG_TYPE:
            self._send(200, b'[1, "two"]', _JSON)
        elif fault is not None and kind in (FaultKind.HUGE, FaultKind.SLOW_BYTES, FaultKind.TRUNCATED, FaultKind.RESET):
            self._spoil(text, fault)
        else:
            self._send(status, text, _JSON, headers)

    def _spoil(self, text: bytes, fault: Fault) -> None:
        text = (b" " * fault.size if fault.kind is FaultKind.HUGE else b"") + text + b" " * 64
        self._send_head(200, len(text), _JSON)
        if fault.kind is FaultKind.HUGE:
            self.wfile.write(text)
        elif fault.kind is FaultKind.SLOW_BYTES:
            for byte in text:
                self.wfile.write(bytes([byte]))
                self.wfile.flush()
                time.sleep(fault.seconds)
        else:
            self.wfile.write(text[: len(text) // 2])
            self.wfile.flush()
            if fault.kind is FaultKind.RESET:
                self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            raise _Misbehaved

    # The control path

    def _control(self, path: str, query: dict[str, str], body: bytes) -> None:
        refused = refusal(self.command, self.headers, self.server.port)
        if refused is not None:
            self._send_json(refused[0], {"error": refused[1]})
            return
        self._send_json(*self.server.control.answer(self.command, path, query, body))

    # Answers

    def _send_json(self, status: int, body: Any) -> None:
        self._send(status, json.dumps(body).encode(), _JSON)

    def _send(self, status: int, body: bytes, kind: str, headers: dict[str, str] | None = None) -> None:
        self._send_head(status, len(body), kind, headers)
        self.wfile.write(body)

    def _send_head(self, status: int, length: int, kind: str, headers: dict[str, str] | None = None) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(length))
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.end_headers()


def _sdk(name: str | None, version: str | None) -> str:
    """An SDK and its version, as far as a request names them."""
    return " ".join(part for part in (name, version) if part)


def _has_gone(connection: socket.socket) -> bool:
    """Whether the other side has closed the connection."""
    connection.setblocking(False)
    try:
        return connection.recv(1, socket.MSG_PEEK) == b""
    except BlockingIOError:
        return False
    except OSError:
        return True
    finally:
        connection.setblocking(True)


def _close(connection: socket.socket) -> None:
    try:
        connection.shutdown(socket.SHUT_RDWR)
    except OSError:
        return
