"""One answer is bounded: in size once it is decoded, and in time from its first byte to its last."""

from __future__ import annotations

import gzip
import json
import subprocess
import sys
import time
import zlib
from typing import Any

import pytest

from tests.data_files import data_file, flag
from tests.loopback import JsonHandler, QuietServer, serving

MEGABYTE = 1_000_000
DATA_FILE = json.dumps(data_file(flag())).encode()


def bomb(size: int, before: bytes = b"") -> bytes:
    """So many spaces, compressed."""
    packer = zlib.compressobj(9, zlib.DEFLATED, 31)
    parts = [packer.compress(before)] + [packer.compress(b" " * MEGABYTE) for _ in range(size // MEGABYTE)]
    return b"".join([*parts, packer.flush()])


class Handler(JsonHandler):
    """Answers with ``body``, whatever it is."""

    body_sent = DATA_FILE
    encoding = "gzip"
    remote: bytes = b"{}"

    def do_GET(self) -> None:
        if self.path.startswith("/v3/"):
            self.send(self.body_sent, self.encoding)
        else:
            self.send(self.remote, self.encoding)

    def do_POST(self) -> None:
        self.body()
        self.answer({"access_token": "token", "expires_in": 7200})

    def send(self, body: bytes, encoding: str) -> None:
        self.send_response(200)
        self.send_header("Content-Encoding", encoding)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


PROGRAM = """
import sys
from kameleoon import KameleoonClientConfig
from kameleoon.kameleoon_client import KameleoonClient
with KameleoonClient("site", KameleoonClientConfig("id", "secret", endpoint=sys.argv[1])) as client:
    client.wait_init()
    client.get_remote_data("key")
    print(client.stats().requests["DATAFILE"]["last_error"])
    print(client.stats().requests["REMOTE_DATA"]["last_error"])
# Not getrusage: its peak is handed down over fork and exec.
print(next(line.split()[1] for line in open("/proc/self/status") if line.startswith("VmHWM")))
"""


@pytest.mark.skipif(sys.platform != "linux", reason="/proc is Linux's")
@pytest.mark.parametrize("encoding", ["gzip", "gzip, gzip"])
def test_a_bomb_is_refused_before_it_has_gone_off(encoding: str) -> None:
    body = bomb(250 * MEGABYTE, DATA_FILE)
    body = gzip.compress(body) if "," in encoding else body

    class Bomb(Handler):
        body_sent = remote = body

    Bomb.encoding = encoding
    with serving(QuietServer, Bomb) as origin:
        done = subprocess.run(
            [sys.executable, "-c", PROGRAM, origin], capture_output=True, text=True, timeout=60, check=True
        )
    file_error, remote_error, peak = done.stdout.splitlines()
    if "," in encoding:
        assert encoding in file_error
    else:
        assert "larger than 64 MiB" in file_error
        assert "larger than 16 MiB" in remote_error
    assert int(peak) < 256 * 1024, f"{int(peak) // 1024} MiB"


@pytest.mark.parametrize("encoding", ["gzip", "x-gzip", "deflate", "identity", "GZIP"])
def test_the_usual_encodings_are_read(encoding: str, make_online: Any) -> None:
    class Encoded(Handler):
        body_sent = gzip.compress(DATA_FILE) + gzip.compress(b"  ")

    Encoded.encoding = encoding
    if encoding in ("deflate", "identity"):
        Encoded.body_sent = zlib.compress(DATA_FILE) if encoding == "deflate" else DATA_FILE
    with serving(QuietServer, Encoded) as origin:
        client = make_online(endpoint=origin)
        assert client.wait_init()
        assert client.get_feature_list() == ["flag"]


@pytest.mark.parametrize("dribbles", ["status", "headers", "body", "chunks"])
def test_an_answer_that_dribbles_ends_at_the_time_out(dribbles: str, make_online: Any, log: Any) -> None:
    class Dribbling(Handler):
        def do_GET(self) -> None:
            if self.path.startswith("/v3/"):
                self.send(DATA_FILE, "identity")
                return
            head = b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n"
            if dribbles == "status":
                head = b""
            elif dribbles == "headers":
                head = b"HTTP/1.1 200 OK\r\nX: "
            elif dribbles == "chunks":
                head = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
            self.wfile.write(head)
            for _ in range(100):
                self.wfile.write(b"1\r\n \r\n" if dribbles == "chunks" else b" ")
                self.wfile.flush()
                time.sleep(0.05)

    with serving(QuietServer, Dribbling) as origin:
        client = make_online(endpoint=origin)
        assert client.wait_init()
        client.get_remote_data("key", timeout=0.2)  # fetches the token
        start = time.monotonic()
        assert client.get_remote_data("key", timeout=0.6) is None
        assert 0.5 < time.monotonic() - start < 1.0
        assert "Timeout" in client.stats().requests["REMOTE_DATA"]["last_error"]
        assert client.get_remote_visitor_data("v", timeout=0.1) == []
