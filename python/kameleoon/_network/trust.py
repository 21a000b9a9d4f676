"""Whose certificates are trusted: the standard environment variables decide."""

from __future__ import annotations

import os
import ssl

__all__ = ["Trust", "certificate_bundle"]


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


class Trust:
    """Reads certificates once for all connections of a client, and again when their file has changed.

    Reading them takes tens of milliseconds, which no time-out of a socket bounds.
    """

    def __init__(self) -> None:
        self._contexts: dict[str, tuple[float, ssl.SSLContext]] = {}

    def known(self, path: str) -> ssl.SSLContext | None:
        """What trusts the certificates of a file or folder, if that was made before."""
        made = self._contexts.get(path)
        return made[1] if made is not None and made[0] == _changed_at(path) else None

    def context(self, path: str) -> ssl.SSLContext:
        """What trusts the certificates of a file or folder. Raises ``OSError`` where there are none."""
        known = self.known(path)
        if known is not None:
            return known
        changed_at = _changed_at(path)
        is_folder = os.path.isdir(path)
        made = ssl.create_default_context(cafile=None if is_folder else path, capath=path if is_folder else None)
        made.minimum_version = ssl.TLSVersion.TLSv1_2
        self._contexts = {path: (changed_at, made)}  # the environment names one; another one takes its place
        return made


def _changed_at(path: str) -> float:
    try:
        return os.stat(path).st_mtime
    except OSError:
        return 0.0
