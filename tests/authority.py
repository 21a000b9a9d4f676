"""Certificates, right ones and wrong ones, and a service with TLS whose certificate can be changed while it runs."""

from __future__ import annotations

import shutil
import ssl
import subprocess
import threading
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

WRONG = {
    "expired": "certificate has expired",
    "of another name": "mismatch",
    "self-signed": "signed certificate",  # "self signed" before OpenSSL 3
    "of an unknown authority": "unable to get local issuer certificate",
    "of an old protocol": "version",
}
"""What is wrong with a service, and what OpenSSL says of it."""


class Authority:
    """Makes certificates in a folder. Skips the test where there is no openssl."""

    def __init__(self, folder: Path) -> None:
        if shutil.which("openssl") is None:
            pytest.skip("no openssl")
        self._folder = folder
        self.certificate = self._root("authority")
        """Whom clients are told to trust."""
        self._root("stranger")

    def context(self, kind: str) -> ssl.SSLContext:
        """What a service shows: ``good``, or something wrong of ``WRONG``."""
        signer = {"self-signed": None, "of an unknown authority": "stranger"}.get(kind, "authority")
        host = "elsewhere.test" if kind == "of another name" else "localhost"
        certificate = self._signed(kind.replace(" ", "-"), host, -1 if kind == "expired" else 2, signer)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate, certificate.with_suffix(".key"))
        if kind == "of an old protocol":
            with warnings.catch_warnings():  # that it is old is the point
                warnings.simplefilter("ignore", DeprecationWarning)
                context.set_ciphers("ALL:@SECLEVEL=0")
                context.minimum_version = ssl.TLSVersion.TLSv1
                context.maximum_version = ssl.TLSVersion.TLSv1_1
        return context

    def _root(self, name: str) -> Path:
        self._request(
            name, name, "-x509", "-days", "2", "-addext", "keyUsage=critical,keyCertSign", "-out", f"{name}.pem"
        )
        return self._folder / f"{name}.pem"

    def _signed(self, name: str, host: str, days: int, signer: str | None) -> Path:
        """``signer``: a root's name, ``None`` for the certificate's own key."""
        self._request(name, host, "-out", f"{name}.csr")
        (self._folder / f"{name}.ext").write_text(f"subjectAltName=DNS:{host}\n")
        by = (
            ["-CA", f"{signer}.pem", "-CAkey", f"{signer}.key", "-CAcreateserial"]
            if signer
            else ["-key", f"{name}.key"]
        )
        self._openssl(
            *("x509", "-req", "-in", f"{name}.csr", "-days", str(days), "-extfile", f"{name}.ext"),
            *by,
            *("-out", f"{name}.pem"),
        )
        return self._folder / f"{name}.pem"

    def _request(self, name: str, subject: str, *more: str) -> None:
        key = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-keyout", f"{name}.key")
        self._openssl("req", *key, "-subj", f"/CN={subject}", *more)

    def _openssl(self, *arguments: str) -> None:
        command = ["openssl", *arguments]
        subprocess.run(command, cwd=self._folder, check=True, capture_output=True, timeout=60)


class TlsService(ThreadingHTTPServer):
    """Serves with a ``context``, which each new connection gets as it is then."""

    daemon_threads = True
    context: ssl.SSLContext

    def finish_request(self, request: Any, client_address: Any) -> None:
        with self.context.wrap_socket(request, server_side=True) as secured:
            super().finish_request(secured, client_address)  # type: ignore[arg-type]

    def handle_error(self, *_: Any) -> None:
        """A client that does not trust it is the point."""

    @property
    def origin(self) -> str:
        return f"https://localhost:{self.server_address[1]}"


@contextmanager
def tls_service(context: ssl.SSLContext, handler: type[BaseHTTPRequestHandler]) -> Iterator[TlsService]:
    """Serves on a free port of loopback."""
    with TlsService(("127.0.0.1", 0), handler) as running:
        running.context = context
        threading.Thread(target=running.serve_forever, args=(0.02,), daemon=True).start()
        yield running
        running.shutdown()
