"""What holds for requests of threads holds for those of event loops: credentials, proxies, certificates, bounds."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import gzip
import socket
import threading
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from kameleoon.testing import Platform
from tests.loopback import JsonHandler, QuietServer, serving
from tests.secure_loopback import make_certificate, secure_service

Ask = Callable[[Any], Any]


@pytest.fixture(params=["thread", "event loop"])
def ask(request: Any) -> Ask:
    """Asks a client for its remote data, on the two ways there are."""
    if request.param == "thread":
        return lambda client: client.get_remote_data("key", timeout=10)
    pytest.importorskip("aiohttp")

    async def main(client: Any) -> Any:
        await client.wait_init_async()
        found = await client.get_remote_data_async("key", timeout=10)
        again = await client.get_remote_data_async("key", timeout=10)
        assert found == again
        return found

    return lambda client: asyncio.run(main(client))


class Service(JsonHandler):
    """Remembers what was asked of it."""

    asked: list[tuple[str, dict[str, str]]]
    remote: Any = {"a": 1}

    def do_GET(self) -> None:
        self.asked.append((self.path, dict(self.headers)))
        self.answer({"featureFlags": []} if "/v3/" in self.path else self.remote)

    def do_POST(self) -> None:
        self.body()
        self.answer({"access_token": "t0ken-0123456789", "expires_in": 7200})


def service(**attributes: Any) -> type[Service]:
    return type("_Service", (Service,), {"asked": [], **attributes})


def test_a_netrc_file_does_not_apply(
    ask: Ask, make_online: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / ".netrc").write_text("default login someone password else\n")
    (tmp_path / ".netrc").chmod(0o600)
    monkeypatch.setenv("NETRC", str(tmp_path / ".netrc"))
    handler = service()
    with serving(QuietServer, handler) as origin:
        assert ask(make_online(endpoint=origin, default_timeout_millisecond=20_000)) == {"a": 1}
    assert {headers.get("Authorization") for path, headers in handler.asked if "/map/" in path} == {
        "Bearer t0ken-0123456789"
    }


def test_a_user_in_the_endpoint_is_sent(ask: Ask, make_online: Any) -> None:
    handler = service()
    with serving(QuietServer, handler) as origin:
        assert ask(make_online(endpoint=origin.replace("//", "//user:word@"))) == {"a": 1}
    expected = "Basic " + base64.b64encode(b"user:word").decode()
    assert {headers.get("Authorization") for path, headers in handler.asked} == {expected}


def test_the_proxy_of_the_environment_is_used(ask: Ask, make_online: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    handler = service()
    with serving(QuietServer, handler) as origin:
        monkeypatch.setenv("http_proxy", origin.replace("//", "//me:secret@"))
        assert ask(make_online(endpoint="http://nowhere.test")) == {"a": 1}
    assert handler.asked
    expected = "Basic " + base64.b64encode(b"me:secret").decode()
    for path, headers in handler.asked:
        assert path.startswith("http://nowhere.test/")
        assert headers["Proxy-Authorization"] == expected


class Tunnel(JsonHandler):
    """A proxy that connects to wherever it is told to."""

    authorizations: list[str | None]

    def do_CONNECT(self) -> None:
        self.authorizations.append(self.headers.get("Proxy-Authorization"))
        host, _, port = self.path.rpartition(":")
        with socket.create_connection((host, int(port)), 5) as other:
            self.send_response(200)
            self.end_headers()
            back = threading.Thread(target=pass_on, args=(other, self.connection), daemon=True)
            back.start()
            pass_on(self.connection, other)
            back.join(5)
        self.close_connection = True


def pass_on(here: socket.socket, there: socket.socket) -> None:
    with contextlib.suppress(OSError):
        while part := here.recv(65536):
            there.sendall(part)
        there.shutdown(socket.SHUT_WR)


def test_a_proxy_connects_to_secure_services(
    ask: Ask, make_online: Any, certificate: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(certificate))
    proxy = type("_Tunnel", (Tunnel,), {"authorizations": []})
    handler = service()
    with secure_service(certificate, handler) as origin, serving(QuietServer, proxy) as tunnel:
        monkeypatch.setenv("https_proxy", tunnel.replace("//", "//me:secret@"))
        client = make_online(endpoint=origin, default_timeout_millisecond=20_000)
        assert ask(client) == {"a": 1}
        client.close()
    assert set(proxy.authorizations) == {"Basic " + base64.b64encode(b"me:secret").decode()}
    assert all("Proxy-Authorization" not in headers for _, headers in handler.asked)


def test_no_proxy_is_heeded(ask: Ask, make_online: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    with serving(QuietServer, service()) as origin:
        assert ask(make_online(endpoint=origin, default_timeout_millisecond=20_000)) == {"a": 1}


def test_redirects_are_not_followed(ask: Ask, platform: Platform, make_online: Any, log: Any) -> None:
    platform.remote_data["key"] = 5
    client = make_online(default_timeout_millisecond=20_000)
    assert client.wait_init()
    platform.misbehave("remote-data", "redirect")
    before = len(platform.requests)
    assert ask(client) is None
    assert all("/map/" in path or "/oauth/" in path for _, path, _ in platform.requests[before:])


@pytest.mark.parametrize("encoding", ["gzip", "deflate", "raw deflate", "identity"])
def test_the_usual_encodings_are_read(ask: Ask, make_online: Any, encoding: str) -> None:
    raw = zlib.compressobj(9, zlib.DEFLATED, -15)
    bodies = {
        "gzip": gzip.compress(b'{"a": ') + gzip.compress(b"1}"),
        "deflate": zlib.compress(b'{"a": 1}'),
        "raw deflate": raw.compress(b'{"a": 1}') + raw.flush(),
        "identity": b'{"a": 1}',
    }

    class Encoded(service()):  # type: ignore[misc]
        def answer(self, body: Any) -> None:
            if "/map/" not in self.path:
                super().answer(body)
                return
            self.send_response(200)
            self.send_header("Content-Encoding", encoding.rsplit(maxsplit=1)[-1])
            self.send_header("Content-Length", str(len(bodies[encoding])))
            self.end_headers()
            self.wfile.write(bodies[encoding])

    with serving(QuietServer, Encoded) as origin:
        assert ask(make_online(endpoint=origin, default_timeout_millisecond=20_000)) == {"a": 1}
    assert {headers["Accept-Encoding"] for _, headers in Encoded.asked} == {"gzip, deflate"}


def test_a_bomb_is_refused(ask: Ask, make_online: Any) -> None:
    packer = zlib.compressobj(9, zlib.DEFLATED, 31)
    bomb = b"".join([packer.compress(b" " * 1_000_000) for _ in range(40)] + [packer.flush()])

    class Bomb(service()):  # type: ignore[misc]
        def answer(self, body: Any) -> None:
            if "/map/" not in self.path:
                super().answer(body)
                return
            self.send_response(200)
            self.send_header("Content-Encoding", "gzip")
            self.send_header("Content-Length", str(len(bomb)))
            self.end_headers()
            self.wfile.write(bomb)

    with serving(QuietServer, Bomb) as origin:
        client = make_online(endpoint=origin, default_timeout_millisecond=20_000)
        assert ask(client) is None
        assert "larger than 16 MiB" in client.stats().requests["REMOTE_DATA"]["last_error"]


@pytest.mark.long
def test_failures_show_neither_tokens_nor_visitors(ask: Ask, platform: Platform, make_online: Any, log: Any) -> None:
    platform.remote_data["key"] = 5
    client = make_online(default_timeout_millisecond=20_000)
    assert client.wait_init()
    assert ask(client) == 5
    (token,) = platform.tokens
    for fault in ("drop", "truncated", "reset", "black-hole"):
        platform.misbehave("remote-data", fault)
        assert ask(client) is None
        shown = client.stats().requests["REMOTE_DATA"]["last_error"] + repr(log.lines)
        assert token not in shown
        assert "siteCode=" not in shown


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A certificate for ``localhost`` that nobody trusts, with its key."""
    return make_certificate(tmp_path_factory.mktemp("certificate"))


@pytest.mark.parametrize("variable", ["REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "SSL_CERT_FILE"])
def test_the_environment_says_whose_certificates_are_trusted(
    ask: Ask, make_online: Any, certificate: Path, monkeypatch: pytest.MonkeyPatch, variable: str
) -> None:
    for name in ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "SSL_CERT_FILE"):
        monkeypatch.delenv(name, raising=False)
    with secure_service(certificate, service()) as origin:
        client = make_online(endpoint=origin, default_timeout_millisecond=20_000)
        assert ask(client) is None
        assert "certificate verify failed" in client.stats().requests["REMOTE_DATA"]["last_error"].lower()
        monkeypatch.setenv(variable, str(certificate))
        assert ask(make_online(endpoint=origin, default_timeout_millisecond=20_000)) == {"a": 1}


def test_a_certificate_for_another_name_is_refused(
    ask: Ask, make_online: Any, certificate: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(certificate))
    with secure_service(certificate, service()) as origin:
        client = make_online(endpoint=origin.replace("localhost", "127.0.0.1"))
        assert ask(client) is None
        assert "certificate" in client.stats().requests["REMOTE_DATA"]["last_error"].lower()
