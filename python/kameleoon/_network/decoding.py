"""The body of an answer, decoded part by part and bounded, whatever was sent.

The libraries decode as well, but what one part may become is not bounded by all of their versions.
"""

from __future__ import annotations

import zlib
from typing import Any

__all__ = ["ACCEPTED", "BoundedBody"]

ACCEPTED = "gzip, deflate"
"""What requests ask for, as the value of ``Accept-Encoding``."""

_MEBIBYTE = 1024 * 1024
_GZIP_WINDOW = 31
_DEFLATE_WINDOW = 15
_RAW_DEFLATE_WINDOW = -15
_WINDOWS = {"": None, "identity": None, "gzip": _GZIP_WINDOW, "x-gzip": _GZIP_WINDOW, "deflate": _DEFLATE_WINDOW}


class BoundedBody:
    """Takes the parts of a body as they come in, and keeps them decoded.

    >>> body = BoundedBody("identity", largest=5)
    >>> body.feed(b"abc")
    >>> body.whole()
    b'abc'
    """

    def __init__(self, encoding: str, largest: int) -> None:
        """``encoding``: the ``Content-Encoding``. ``largest``: the most bytes that it may have, decoded.

        Raises ``ValueError`` for an encoding that nobody asked for.
        """
        name = encoding.strip().lower()
        if name not in _WINDOWS:
            raise ValueError(f"the answer has the content encoding {encoding!r}, which was not asked for")
        self._window = _WINDOWS[name]
        self._largest = largest
        self._parts: list[bytes] = []
        self._size = 0
        self._unpacker: Any = None
        self._members = 0

    def feed(self, part: bytes) -> None:
        """Takes one part. Raises ``OverflowError`` once the body is too large, and ``zlib.error``."""
        if self._window is None:
            self._keep(part)
            return
        while part:
            if self._unpacker is None:
                self._unpacker = zlib.decompressobj(self._window)
            try:
                decoded = self._unpacker.decompress(part, self._largest - self._size + 1)
            except zlib.error:
                if self._members > 0:
                    return  # what follows a whole body is no part of it
                if self._window != _DEFLATE_WINDOW or self._size > 0:
                    raise
                self._window, self._unpacker = _RAW_DEFLATE_WINDOW, None  # "deflate" is sent in two forms
                continue
            self._keep(decoded)
            part = self._unpacker.unconsumed_tail
            if self._unpacker.eof:
                part = self._unpacker.unused_data
                self._unpacker = None
                self._members += 1

    def whole(self) -> bytes:
        """The decoded body."""
        return b"".join(self._parts)

    def _keep(self, decoded: bytes) -> None:
        self._parts.append(decoded)
        self._size += len(decoded)
        if self._size > self._largest:
            raise OverflowError(f"the answer is larger than {self._largest // _MEBIBYTE} MiB")
