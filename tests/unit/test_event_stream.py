"""One connection of the event stream, against a server that sends what it is told to."""

from __future__ import annotations

import contextlib
import queue
import socket
import sys
import threading
import time
import zlib
from collections.abc import Iterator
from typing import Any

import pytest
import requests

from kameleoon._network.http import HttpService
from kameleoon._network.request import RequestError
from kameleoon._source.events import StreamEvent, StreamHeartbeat, StreamLost, StreamOpened, StreamRefused
from kameleoon._source.stream import EventStream, keep_alive
from kameleoon.events.request_type import RequestType

HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n"
UPDATE = b'event: configuration-update-event\ndata: {"ts": 5}\n\n'


class Server:
    """Sends bytes to whoever connects, and notes when it goes."""

    def __init__(self) -> None:
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.address = f"http://127.0.0.1:{self._listening.getsockname()[1]}/"
        self.sent: queue.Queue[bytes | None] = queue.Queue()
        self.request = b""
        self.gone = threading.Event()
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        connection, _ = self._listening.accept()
        with connection:
            self.request = connection.recv(65536)
            threading.Thread(target=self._watch, args=(connection,), daemon=True).start()
            with contextlib.suppress(OSError):  # the client may have gone
                while (part := self.sent.get()) is not None:
                    connection.sendall(part)
                connection.shutdown(socket.SHUT_RDWR)

    def _watch(self, connection: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while connection.recv(1000):
                pass
        self.gone.set()

    def close(self) -> None:
        self.sent.put(None)
        self._listening.close()


@pytest.fixture
def server() -> Iterator[Server]:
    running = Server()
    yield running
    running.close()


class Reports:
    def __init__(self) -> None:
        self.queue: queue.Queue[Any] = queue.Queue()

    def next(self) -> Any:
        return self.queue.get(timeout=10)

    def of(self, server: Server, *parts: bytes) -> EventStream:
        for part in parts:
            server.sent.put(part)
        session = requests.Session()
        session.headers["Accept-Encoding"] = "identity"
        stream = EventStream(3, lambda _: session.get(server.address, stream=True, timeout=(5, None)), self.queue.put)
        stream.start()
        return stream


def test_it_reports_what_comes(server: Server) -> None:
    reports = Reports()
    reports.of(server, HEAD + b"\r\n", UPDATE, b": still here\n", b'event: other\ndata: {"ts": 5}\n\n')
    assert reports.next() == StreamOpened(3)
    assert reports.next() == StreamEvent(3, 5)
    assert [reports.next(), reports.next()] == [StreamHeartbeat(3)] * 2
    for data in (b"", b" {", b' {"ts": "5"}', b" 5", b" []", b" {}", b' {"ts": 1.5}', b" [" * 5000):
        server.sent.put(UPDATE.replace(b' {"ts": 5}', data))
        assert reports.next() == StreamEvent(3, None), "it is an event all the same"
    server.sent.put(None)
    assert reports.next() == StreamLost(3, "it was closed")


def chunk(text: bytes) -> bytes:
    return b"%x\r\n%s\r\n" % (len(text), text)


def test_chunks_and_compression_are_decoded_as_they_come(server: Server) -> None:
    reports, packer = Reports(), zlib.compressobj(wbits=31)
    head = HEAD + b"Transfer-Encoding: chunked\r\nContent-Encoding: gzip\r\n\r\n"
    reports.of(server, head)
    assert reports.next() == StreamOpened(3)
    for _ in range(3):
        server.sent.put(chunk(packer.compress(UPDATE) + packer.flush(zlib.Z_SYNC_FLUSH)))
        assert reports.next() == StreamEvent(3, 5)
    assert b"accept-encoding: identity" in server.request.lower()


@pytest.mark.parametrize("part", [b"data: x", b"data: x\n" * 1000, b"x" * 10_000])
def test_an_endless_event_ends_it(server: Server, part: bytes) -> None:
    reports = Reports()
    reports.of(server, HEAD + b"\r\n", *[part * (10_000 // len(part))] * 200)
    assert reports.next() == StreamOpened(3)
    assert reports.next() == StreamLost(3, "an event is larger than 1048576 bytes")
    assert server.gone.wait(10)


def test_an_encoding_that_was_not_asked_for_ends_it(server: Server) -> None:
    reports = Reports()
    reports.of(server, HEAD + b"Content-Encoding: br\r\n\r\n")
    assert reports.next() == StreamOpened(3)
    assert "'br'" in reports.next().reason


def test_stopping_it_ends_a_read(server: Server) -> None:
    reports = Reports()
    stream = reports.of(server, HEAD + b"\r\n")
    assert reports.next() == StreamOpened(3)
    time.sleep(0.2)  # it reads
    stream.stop()
    assert isinstance(reports.next(), StreamLost)
    assert server.gone.wait(10)
    stream.stop()


def test_stopping_it_before_it_is_connected_ends_it_then(server: Server) -> None:
    reports = Reports()
    stream = reports.of(server)
    stream.stop()
    server.sent.put(HEAD + b"\r\n")
    assert isinstance(reports.next(), StreamLost)
    assert server.gone.wait(10)


@pytest.fixture
def address(request: pytest.FixtureRequest) -> Iterator[str]:
    """Where connecting hangs, or the answer."""
    with socket.socket() as listening, contextlib.ExitStack() as others:
        listening.bind(("127.0.0.1", 0))
        listening.listen(0)
        for _ in range(3 if request.param == "connecting" else 0):  # nobody accepts, and no more of them fit in
            other = others.enter_context(socket.socket())
            other.setblocking(False)
            other.connect_ex(listening.getsockname())
        yield f"http://127.0.0.1:{listening.getsockname()[1]}/"


@pytest.mark.skipif(sys.platform != "linux", reason="other systems accept more, or refuse")
@pytest.mark.parametrize("address", ["connecting", "the head"], indirect=True)
def test_stopping_it_ends_the_wait_for(address: str) -> None:
    reports: Reports = Reports()
    http = HttpService(lambda: None, 30.0)  # type: ignore[arg-type, return-value]
    stream = EventStream(3, lambda on_socket: http.open_stream(address, 30.0, on_socket), reports.queue.put)
    stream.start()
    time.sleep(0.5)
    assert reports.queue.empty()
    start = time.monotonic()
    stream.stop()
    assert isinstance(reports.next(), StreamRefused)
    assert time.monotonic() - start < 5
    http.close()


@pytest.mark.parametrize("default", [None, 0.2])
def test_a_silent_stream_is_not_lost(server: Server, default: float | None) -> None:
    socket.setdefaulttimeout(default)
    try:
        reports = Reports()
        reports.of(server, HEAD + b"\r\n")
        assert reports.next() == StreamOpened(3)
        time.sleep(0.5)
        server.sent.put(UPDATE)
        assert reports.next() == StreamEvent(3, 5)
    finally:
        socket.setdefaulttimeout(None)


def test_a_port_that_refuses_is_reported() -> None:
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))  # and does not listen
        address = f"http://127.0.0.1:{held.getsockname()[1]}/"
        reports = Reports()
        EventStream(3, lambda _: requests.get(address, stream=True, timeout=5), reports.queue.put).start()
        assert reports.next() == StreamRefused(3, "ConnectionError")


@pytest.mark.parametrize("error", [RuntimeError("no"), SystemExit(1), KeyboardInterrupt(), MemoryError()])
def test_whatever_is_raised_is_reported(error: BaseException) -> None:
    def raising(_: Any) -> Any:
        raise error

    reports = Reports()
    EventStream(3, raising, reports.queue.put).start()
    assert reports.next() == StreamRefused(3, type(error).__name__)


def test_a_refusal_says_when_to_come_back() -> None:
    def raising(_: Any) -> Any:
        raise RequestError(RequestType.DATAFILE, "HTTP status 503", 503, 20.0)

    reports = Reports()
    EventStream(3, raising, reports.queue.put).start()
    assert reports.next().retry_after == 20.0


def test_the_system_asks_whether_the_peer_is_there() -> None:
    with socket.socket() as connection:
        keep_alive(connection)
        assert connection.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE)
        for name, value in (("TCP_KEEPIDLE", 30), ("TCP_KEEPINTVL", 10), ("TCP_KEEPCNT", 3)):
            if hasattr(socket, name):
                assert connection.getsockopt(socket.IPPROTO_TCP, getattr(socket, name)) == value
