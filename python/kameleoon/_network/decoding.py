"""Bytes as they come in, decoded piece by piece, whatever their sender has made of them.

The libraries decode as well, but what one part may become is not bounded by all of their versions; and some relays
compress what was asked for as it is.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator

__all__ = ["ACCEPTED", "BoundedBody", "Decoder", "decoder"]

ACCEPTED = "gzip, deflate"
"""What requests ask for, as the value of ``Accept-Encoding``."""

_MEBIBYTE = 1024 * 1024
_PIECE_BYTES = 64 * 1024
"""So much at most is made at a time of a part: a small part may be a large one compressed."""
_RAW = -zlib.MAX_WBITS
_ANY_HEADER = 32 + zlib.MAX_WBITS


class Decoder:
    """Gives back what it is fed."""

    def feed(self, part: bytes) -> Iterator[bytes]:
        """What ``part`` makes, in pieces. Raises ``zlib.error`` where it is no such thing."""
        yield part


class _Inflating(Decoder):
    """Gzip, zlib, and deflate without a header, which some servers send under the same name."""

    def __init__(self, may_be_raw: bool) -> None:
        self._may_be_raw = may_be_raw
        self._inflate = zlib.decompressobj(_ANY_HEADER)
        self._begun = b""  # the first bytes, while it may turn out that there is no header
        self._members = 0  # how many are whole
        self._has_ended = False

    def feed(self, part: bytes) -> Iterator[bytes]:
        while part and not self._has_ended:
            try:
                piece = self._inflate.decompress(part, _PIECE_BYTES)
            except zlib.error:
                if self._may_be_raw:
                    self._may_be_raw = False
                    self._inflate = zlib.decompressobj(_RAW)
                    part, self._begun = self._begun + part, b""
                    continue
                if self._members == 0:
                    raise
                self._has_ended = True  # what follows a whole member, and is none, is no part of it
                return
            if piece:
                self._may_be_raw = False
                yield piece
            elif self._may_be_raw:
                self._begun = (self._begun + part)[:2]
            part = self._inflate.unconsumed_tail
            if self._inflate.eof:  # another member may follow
                part = self._inflate.unused_data
                self._inflate = zlib.decompressobj(_ANY_HEADER)
                self._members += 1


def decoder(encoding: str | None) -> Decoder:
    """The decoder of a ``Content-Encoding``. Raises ``ValueError`` for one that was not asked for."""
    name = (encoding or "").strip().lower()
    if name in ("", "identity"):
        return Decoder()
    if name in ("gzip", "x-gzip", "deflate"):
        return _Inflating(may_be_raw=name == "deflate")
    raise ValueError(f"the answer has the content encoding {encoding!r}, which was not asked for")


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
        self._decoder = decoder(encoding)
        self._largest = largest
        self._parts: list[bytes] = []
        self._size = 0

    def feed(self, part: bytes) -> None:
        """Takes one part. Raises ``OverflowError`` once the body is too large, and ``zlib.error``."""
        for piece in self._decoder.feed(part):
            self._parts.append(piece)
            self._size += len(piece)
            if self._size > self._largest:
                raise OverflowError(f"the answer is larger than {self._largest // _MEBIBYTE} MiB")

    def whole(self) -> bytes:
        """The decoded body."""
        return b"".join(self._parts)
