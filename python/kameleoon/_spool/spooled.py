"""``SpooledBatch``: a file of the spool as a tracking request, like those from memory."""

from __future__ import annotations

from urllib.parse import unquote

from kameleoon._spool.spool import Spool

__all__ = ["SpooledBatch"]


class SpooledBatch:
    """The events of a file, or a part of them. The file is removed once all parts are settled; until then it stays, and
    is sent again as a whole: the events have their nonces, so nothing is counted twice.
    """

    def __init__(self, spool: Spool, name: str, lines: list[bytes], open_parts: list[int] | None = None) -> None:
        """``open_parts``: how many parts are not settled, which they share."""
        self._spool = spool
        self._name = name
        self._lines = lines
        self._open_parts = [1] if open_parts is None else open_parts

    @classmethod
    def read(cls, spool: Spool, name: str) -> SpooledBatch:
        """The file of a name. Raises ``OSError`` where it cannot be read."""
        return cls(spool, name, [line for line in spool.read(name).split(b"\n") if line])

    @property
    def body(self) -> bytes:
        """The lines, joined by newlines."""
        return b"\n".join(self._lines)

    @property
    def events(self) -> int:
        """How many lines."""
        return len(self._lines)

    @property
    def visitors(self) -> int:
        """Nobody waits in memory for it."""
        return 0

    def confirm(self) -> None:
        """The events have arrived."""
        self._spool.sent += len(self._lines)
        self._settle()

    def _settle(self) -> None:
        self._open_parts[0] -= 1
        if self._open_parts[0] == 0:
            self._spool.remove(self._name)

    def set_aside(self) -> str | None:
        """The service refuses these events; whose the first one is."""
        self._spool.refused += len(self._lines)
        self._settle()
        pairs = [pair.partition(b"=") for pair in self._lines[0].split(b"&")] if self._lines else []
        codes = [value for name, _, value in pairs if name in (b"visitorCode", b"mappingValue")]
        return unquote(codes[0].decode("ascii", "replace")) if codes else None

    def halve(self) -> list[SpooledBatch]:
        """Two parts with half of the lines each."""
        return self.split(len(self._lines) // 2)

    def split(self, first: int) -> list[SpooledBatch]:
        """The first lines, so many, and the others; itself where there are no others."""
        if not 0 < first < len(self._lines):
            return [self]
        self._open_parts[0] += 1
        return [
            SpooledBatch(self._spool, self._name, lines, self._open_parts)
            for lines in (self._lines[:first], self._lines[first:])
        ]

    def give_back(self) -> None:
        """The request has failed: the file stays."""

    def postpone(self) -> None:
        """The same."""
