"""The HTTP side of the local platform: routes, faults, the control path and the page."""

from __future__ import annotations

import contextlib
import ipaddress
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
from urllib.parse import parse_qs, urlsplit

from kameleoon.testing.faults import Fault, FaultKind, ServiceName
from kameleoon.testing.services import Services

_PAGE = Path(__file__).with_name("page.html")
_JSON = "application/json"
_LOOK_SECONDS = 0.1
"""How often a stream looks whether its client is still there."""


class PlatformServer(ThreadingHTTPServer):
    """Serves a platform on loopback."""

    daemon_threads = True
    request_queue_size = 256

    def __init__(self, platform: Services, port: int) -> None:
        self.platform = platform
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
                self._control(url.path, body)
            elif url.path in ("/", "/index.html"):
                self._send(200, _PAGE.read_bytes(), "text/html; charset=utf-8")
            else:
                self._service(url.path, query, body)
        except (_Misbehaved, OSError):
            self.close_connection = True

    # Services

    def _service(self, path: str, query: dict[str, str], body: bytes) -> None:
        routes: dict[str, tuple[ServiceName, Callable[[Fault | None], None]]] = {
            "/sse": (ServiceName.STREAM, self._stream),
            "/oauth/token": (ServiceName.TOKEN, self._token),
            "/visit/events": (ServiceName.TRACKING, lambda fault: self._tracking(body, fault)),
            "/visit/visitor": (ServiceName.VISITOR_DATA, lambda fault: self._visitor(query, fault)),
            "/map/map": (ServiceName.REMOTE_DATA, lambda fault: self._remote(query, fault)),
        }
        if path.startswith("/v3/"):
            routes[path] = (ServiceName.CONFIGURATION, self._configuration)
        if path not in routes:
            self._send_json(404, {"error": "no such service"})
            return
        platform = self.server.platform
        platform.note_request(self.command, self.path, dict(self.headers))
        name, answer = routes[path]
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

    def _configuration(self, fault: Fault | None) -> None:
        text, last_modified = self.server.platform.data_file()
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

    def _stream(self, fault: Fault | None) -> None:
        if fault is not None and fault.kind is FaultKind.STATUS:
            self._send(fault.status, b"{}", _JSON)
            return
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.send_header("Connection", "close")
        self.end_headers()
        self.close_connection = True
        listener = self.server.platform.listen()
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
            self.server.platform.unlisten(listener)

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

    def _refusal(self) -> tuple[int, str] | None:
        """Why a request to the control path is refused, if it is: a web page must not change the flags of a program
        under test, be it by a form, by a script, or under a name of its own that leads here.
        """
        port = self.server.port
        host = self.headers.get("Host", "")
        if not _is_loopback(host, port):
            return 403, f"the host {host!r} is not this platform. hint: use 127.0.0.1:{port} or localhost:{port}"
        origin = self.headers.get("Origin")
        if origin is not None and origin.lower() != f"http://{host.lower()}":
            return (
                403,
                f"a page of {origin!r} may not control the platform. hint: use the platform's own, http://{host}/",
            )
        kind = self.headers.get("Content-Type", "")
        if self.command != "GET" and kind.partition(";")[0].strip().lower() != _JSON:
            return 415, f"the content type is {kind!r}. hint: send the header 'Content-Type: {_JSON}'"
        return None

    def _control(self, path: str, body: bytes) -> None:
        refusal = self._refusal()
        if refusal is not None:
            self._send_json(refusal[0], {"error": refusal[1]})
            return
        platform = self.server.platform
        try:
            fields = json.loads(body) if body else {}
            if not isinstance(fields, dict):
                raise ValueError(f"the body must be a JSON object, not {type(fields).__name__!r}")
            if (self.command, path) == ("GET", "/control/state"):
                self._send_json(200, platform.state())
                return
            if (self.command, path) == ("GET", "/control/received"):
                self._send_json(200, platform.received.summary())
                return
            if (self.command, path) == ("POST", "/control/faults"):
                platform.faults.set(ServiceName(fields.pop("service")), Fault.from_json(fields))
            elif (self.command, path) == ("DELETE", "/control/faults"):
                platform.behave(fields.get("service"))
            elif (self.command, path) == ("DELETE", "/control/received"):
                platform.received.clear()
            elif (self.command, path) == ("POST", "/control/data-file"):
                platform.set_data_file(fields)
            elif (self.command, path) == ("POST", "/control/environment"):
                platform.set_environment_enabled(fields["flag"], bool(fields["enabled"]))
            elif (self.command, path) == ("POST", "/control/exposition"):
                share = float(fields["exposition"])
                platform.set_exposition(fields["flag"], int(fields["rule"]), share, fields.get("variation"))
            else:
                self._send_json(404, {"error": f"no such control: {self.command} {path}"})
                return
        except (KeyError, TypeError, ValueError, RecursionError) as error:
            self._send_json(400, {"error": f"{type(error).__name__}: {error}"})
            return
        self._send_json(200, {})

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


def _is_loopback(host: str, port: int) -> bool:
    """Whether a ``Host`` header names loopback and the port."""
    name, _, given_port = host.rpartition(":") if not host.endswith("]") else (host, "", "")
    if not name:
        name, given_port = host, ""
    if (given_port or "80") != str(port):
        return False
    if name.lower() == "localhost":
        return True
    with contextlib.suppress(ValueError):
        return ipaddress.ip_address(name[1:-1] if name.startswith("[") else name).is_loopback
    return False


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
