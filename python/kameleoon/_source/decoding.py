"""Decodes a stream that is compressed although it was asked for as it is: some relays compress all the same."""

from __future__ import annotations

import zlib
from collections.abc import Iterator

__all__ = ["Decoder", "decoder"]

_OUTPUT_BYTES = 64 * 1024
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

    def feed(self, part: bytes) -> Iterator[bytes]:
        while part:
            try:
                piece = self._inflate.decompress(part, _OUTPUT_BYTES)
            except zlib.error:
                if not self._may_be_raw:
                    raise
                self._may_be_raw = False
                self._inflate = zlib.decompressobj(_RAW)
                part, self._begun = self._begun + part, b""
                continue
            if piece:
                self._may_be_raw = False
                yield piece
            elif self._may_be_raw:
                self._begun = (self._begun + part)[:2]
            part = self._inflate.unconsumed_tail
            if self._inflate.eof:  # another member follows
                part = self._inflate.unused_data
                self._inflate = zlib.decompressobj(_ANY_HEADER)


def decoder(encoding: str | None) -> Decoder:
    """The decoder of a ``Content-Encoding``. Raises ``ValueError`` for one that was not asked for."""
    name = (encoding or "").strip().lower()
    if name in ("", "identity"):
        return Decoder()
    if name in ("gzip", "x-gzip", "deflate"):
        return _Inflating(may_be_raw=name == "deflate")
    raise ValueError(f"the stream has the content encoding {encoding!r}, which was not asked for")
