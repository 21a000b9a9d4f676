"""A service with TLS on loopback, with a certificate that nobody trusts."""

from __future__ import annotations

import shutil
import ssl
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest


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

    class Secure(ThreadingHTTPServer):
        daemon_threads = True

        def finish_request(self, request: Any, client_address: Any) -> None:
            with context.wrap_socket(request, server_side=True) as secured:
                super().finish_request(secured, client_address)  # type: ignore[arg-type]

        def handle_error(self, *_: Any) -> None:
            pass

    with Secure(("127.0.0.1", 0), handler) as running:
        threading.Thread(target=running.serve_forever, args=(0.02,), daemon=True).start()
        yield f"https://localhost:{running.server_address[1]}"
        running.shutdown()
