"""A service with TLS on loopback, with a certificate that nobody trusts."""

from __future__ import annotations

import shutil
import ssl
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import pytest

from tests.authority import tls_service


def make_certificate(folder: Path) -> Path:
    """A certificate for ``localhost``, with its key beside it. Skips the test where there is no openssl."""
    if shutil.which("openssl") is None:
        pytest.skip("no openssl")
    command = "openssl req -x509 -newkey rsa:2048 -nodes -days 2 -keyout key.pem -out cert.pem -subj /CN=localhost"
    names = ["-addext", "subjectAltName=DNS:localhost"]
    subprocess.run([*command.split(), *names], cwd=folder, check=True, capture_output=True, timeout=60)
    return folder / "cert.pem"


@contextmanager
def secure_service(certificate: Path, handler: type[BaseHTTPRequestHandler]) -> Iterator[str]:
    """Serves; the origin."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, certificate.with_name("key.pem"))
    with tls_service(context, handler) as running:
        yield running.origin
