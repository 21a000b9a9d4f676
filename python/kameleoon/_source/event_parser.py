"""Reads a ``text/event-stream`` part by part, in time and memory bounded by what comes in and by a limit."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

__all__ = ["EventParser", "EventTooLarge", "ServerEvent"]

_BYTE_ORDER_MARK = b"\xef\xbb\xbf"
_LINE_BYTES = 64
"""What a line that is kept takes beside its text: many empty ones count as well."""


class EventTooLarge(Exception):
    """An event, or a line, is larger than the limit: the stream is of no more use."""


class ServerEvent(NamedTuple):
    """An event. A comment, which services send to show that they live, is one without a name and without data."""

    name: str
    data: str


class EventParser:
    r"""Feeds on the parts of a stream as they come, cut anywhere, and gives its events and comments.

    >>> list(EventParser(1000).feed(b"event: update\ndata: 1\n\n: still here\n"))
    [ServerEvent(name='update', data='1'), ServerEvent(name='', data='')]
    """

    def __init__(self, limit: int) -> None:
        """``limit``: how many bytes one event may have."""
        self._limit = limit
        self._kept = 0  # bytes of the event so far
        self._line: list[bytes] = []  # the pieces of the line that is not over
        self._line_size = 0
        self._name = ""
        self._data: list[str] = []
        self._is_first_line = True
        self._ended_by_return = False

    def feed(self, part: bytes) -> Iterator[ServerEvent]:
        """The events that end in ``part``. Raises ``EventTooLarge``."""
        if not part:
            return
        is_after_return, self._ended_by_return = self._ended_by_return, part.endswith(b"\r")
        if is_after_return and part.startswith(b"\n"):
            part = part[1:]  # of the same line end
        for piece in part.splitlines(keepends=True):
            self._line_size += len(piece)
            if self._kept + self._line_size > self._limit:
                raise EventTooLarge(f"an event is larger than {self._limit} bytes")
            self._line.append(piece)
            if piece.endswith((b"\n", b"\r")):
                line = b"".join(self._line).rstrip(b"\r\n")
                self._line.clear()
                self._line_size = 0
                yield from self._end_line(line)

    def _end_line(self, line: bytes) -> Iterator[ServerEvent]:
        if self._is_first_line:
            self._is_first_line = False
            line = line[len(_BYTE_ORDER_MARK) :] if line.startswith(_BYTE_ORDER_MARK) else line
        if not line:
            name, data = self._name or "message", self._data
            self._kept, self._name, self._data = 0, "", []
            if data:
                yield ServerEvent(name, "\n".join(data))
            return
        if line.startswith(b":"):
            yield ServerEvent("", "")
            return
        field, _, value = line.decode("utf-8", "replace").partition(":")
        value = value[1:] if value.startswith(" ") else value
        if field == "data":
            self._data.append(value)
            self._kept += len(line) + _LINE_BYTES
        elif field == "event":
            self._name = value  # one line of it, which is within the limit
