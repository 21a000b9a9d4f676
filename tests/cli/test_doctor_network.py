"""``doctor`` and what stands between: TLS and certificates, clocks, heartbeats, the data file's own data domain."""

from __future__ import annotations

import re
import socket
import time
from email.utils import formatdate
from pathlib import Path
from typing import Any

import pytest

from tests.cli.commands import shop
from tests.cli.examined import GIVEN, doctor
from tests.loopback import JsonHandler, QuietServer, serving
from tests.secure_loopback import make_certificate, secure_service


class Service(JsonHandler):
    """All services, well; what is not is said by attributes."""

    ahead_seconds = 0.0
    heartbeat: bytes | None = b": still here\n\n"
    data_file: Any = shop()

    def date_time_string(self, timestamp: float | None = None) -> str:
        return formatdate(time.time() + self.ahead_seconds, usegmt=True)

    def do_GET(self) -> None:
        if not self.path.startswith("/sse"):
            self.answer(self.data_file if self.path.startswith("/v3/") else {})
            return
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.end_headers()
        self.close_connection = True
        if self.heartbeat is not None:
            self.wfile.write(self.heartbeat)
            self.wfile.flush()
            self.rfile.read(1)  # until the other side has gone

    def do_POST(self) -> None:
        self.body()
        self.answer({"access_token": "t0ken-0123456789", "expires_in": 7200})


def service(**attributes: Any) -> type[Service]:
    return type("_Service", (Service,), attributes)


@pytest.mark.parametrize(
    ("seconds", "verdict", "text"),
    [
        (0, "ok", "within 5 s"),
        (-90, "warning", r"(89|9[0-5]) s ahead of the service's"),
        (90, "warning", r"(8[5-9]|9[01]) s behind the service's"),
        (7200, "failed", r"7,(19\d|200) s behind the service's"),
    ],
)
def test_a_clock_that_is_wrong(seconds: float, verdict: str, text: str) -> None:
    with serving(QuietServer, service(ahead_seconds=seconds)) as origin:
        found = doctor("--site-code", "shop", "--endpoint", origin)
    clock = found.of("clock")
    assert clock["verdict"] == verdict
    assert re.match(text, clock["text"])
    assert clock["details"]["seconds"] == pytest.approx(-seconds, abs=5)
    assert found.status == (1 if verdict == "failed" else 0)


def test_a_heartbeat_is_heard_and_not_waited_for_any_longer() -> None:
    with serving(QuietServer, service()) as origin:
        found = doctor("--site-code", "shop", "--endpoint", origin)
    assert "a heartbeat has come" in found.of("event stream")["text"]


def test_a_stream_that_ends_at_once_is_lost() -> None:
    streaming = {**shop(), "configuration": {"realTimeUpdate": True}}
    with serving(QuietServer, service(heartbeat=None, data_file=streaming)) as origin:
        found = doctor("--site-code", "shop", "--endpoint", origin)
    assert "lost at once" in found.of("event stream")["text"]
    assert found.of("event stream")["verdict"] == "failed"


def test_an_endpoint_comes_before_the_data_file_s_own_domain() -> None:
    elsewhere = {**shop(), "configuration": {"dataApiDomain": "eu-data.example.invalid"}}
    with serving(QuietServer, service(data_file=elsewhere)) as origin:
        found = doctor("--site-code", "shop", "--endpoint", origin)
    assert found.of("tracking")["details"]["address"] == f"{origin}/visit/events"
    assert found.status == 0


def test_tls_has_a_time_of_its_own_and_certificates_have_to_be_trusted(tmp_path: Path) -> None:
    certificate = make_certificate(tmp_path)
    with secure_service(certificate, service()) as origin:
        arguments = ("--site-code", "shop", "--endpoint", origin)
        trusted = doctor(*arguments, env={**GIVEN, "REQUESTS_CA_BUNDLE": str(certificate)})
        elsewhere = {**GIVEN, "REQUESTS_CA_BUNDLE": "", "CURL_CA_BUNDLE": "", "SSL_CERT_FILE": ""}
        refused = doctor(*arguments, env=elsewhere)
        missing = doctor(*arguments, env={**GIVEN, "REQUESTS_CA_BUNDLE": str(tmp_path / "missing.pem")})
    assert trusted.status == 0, trusted.report
    times = trusted.of("configuration")["details"]["milliseconds"]
    assert list(times) == ["name", "connection", "TLS", "first byte", "total"]
    assert str(certificate) in trusted.of("certificates")["text"]
    assert "certificate verify failed" in refused.of("configuration")["text"].lower()
    assert "REQUESTS_CA_BUNDLE" in refused.of("configuration")["hint"]
    assert refused.of("certificates")["text"] == "those of certifi"
    assert missing.of("certificates")["verdict"] == "failed"
    assert "missing.pem" in missing.of("certificates")["text"]


@pytest.mark.parametrize(
    ("scheme", "said"),
    [("https", "no TLS handshake with 127.0.0.1 in time"), ("http", "no answer from 127.0.0.1 in time")],
)
def test_something_that_connects_and_says_nothing(scheme: str, said: str) -> None:
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen(16)
        endpoint = f"{scheme}://127.0.0.1:{silent.getsockname()[1]}"
        found = doctor("--site-code", "shop", "--endpoint", endpoint, timeout=2)
    assert found.status == 1
    for service in ("configuration", "event stream", "access token", "tracking", "data"):
        assert said in found.of(service)["text"]
