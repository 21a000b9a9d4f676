"""Whose certificates are trusted: the standard environment variables."""

from __future__ import annotations

import os

__all__ = ["certificate_bundle"]


def certificate_bundle() -> str | None:
    """The file or folder of ``REQUESTS_CA_BUNDLE``, ``CURL_CA_BUNDLE`` or ``SSL_CERT_FILE``, the first that is set.

    ``None`` stands for the bundle of ``certifi``. What OpenSSL's own variable names is ignored where there is no such
    file, as OpenSSL does.
    """
    named = os.environ.get("REQUESTS_CA_BUNDLE") or os.environ.get("CURL_CA_BUNDLE")
    if named:
        return named
    own = os.environ.get("SSL_CERT_FILE")
    return own if own and os.path.exists(own) else None
