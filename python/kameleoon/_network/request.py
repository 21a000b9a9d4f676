"""What is asked of a service, and what comes of it: values that the threaded and the asynchronous side share."""

from __future__ import annotations

import re
import time
from collections.abc import Mapping
from email.utils import mktime_tz, parsedate_tz

from kameleoon.events.request_type import RequestType

__all__ = ["Answer", "Request", "RequestError", "retry_after"]

_MEBIBYTE = 1024 * 1024
_LONGEST_RETRY_AFTER_SECONDS = 3600.0


class Request:
    """One request: its kind, method, address, headers and body."""

    __slots__ = ("body", "headers", "method", "request_type", "url")

    def __init__(
        self,
        request_type: RequestType,
        method: str,
        url: str,
        headers: Mapping[str, str] | None = None,
        body: bytes | None = None,
    ) -> None:
        self.request_type = request_type
        self.method = method
        self.url = url
        self.headers = dict(headers or {})
        self.body = body

    def with_token(self, token: str) -> Request:
        """The same with an access token."""
        headers = {**self.headers, "Authorization": f"Bearer {token}"}
        return Request(self.request_type, self.method, self.url, headers, self.body)

    @property
    def largest_answer(self) -> int:
        """An answer with more bytes than this, decoded, is a failure."""
        return (64 if self.request_type is RequestType.DATAFILE else 16) * _MEBIBYTE


class Answer:
    """An answer that counts as success."""

    __slots__ = ("body", "headers", "status")

    def __init__(self, status: int, headers: Mapping[str, str], body: bytes) -> None:
        self.status = status
        self.headers = headers
        self.body = body


class RequestError(Exception):
    """An attempt failed. ``status`` is the HTTP status, if there was an answer; ``retry_after``: how many seconds the
    service wants to be left alone, if it says so.
    """

    def __init__(
        self, request_type: RequestType, reason: str, status: int | None = None, retry_after: float | None = None
    ) -> None:
        super().__init__(f"{request_type.value} request failed: {reason}")
        self.reason = reason
        self.status = status
        self.retry_after = retry_after


def retry_after(headers: Mapping[str, str]) -> float | None:
    """The seconds of a ``Retry-After`` header, which may be a date, at most an hour; ``None`` without a usable one."""
    text = headers.get("Retry-After", "").strip()
    if re.fullmatch("[0-9]+", text):
        seconds = float(text[:12])
    else:
        try:
            date = parsedate_tz(text)
            seconds = mktime_tz(date) - time.time() if date is not None else 0.0
        except (ValueError, OverflowError, TypeError, IndexError):
            return None
    return min(seconds, _LONGEST_RETRY_AFTER_SECONDS) if seconds > 0 else None
