"""Making nonces, as requests to the service have them."""

from __future__ import annotations

import os

from kameleoon._deprecated import warn_of_module

__all__ = ["ALPHA_NUMERIC_CHARS", "NONCE_LENGTH", "get_nonce"]

ALPHA_NUMERIC_CHARS = "0123456789ABCDEF"
NONCE_LENGTH = 16
"""In characters."""


def get_nonce() -> str:
    """16 random hex digits, in capitals."""
    return os.urandom(NONCE_LENGTH // 2).hex().upper()


warn_of_module(__name__, "use secrets.token_hex(8)")
