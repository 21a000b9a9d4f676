"""``HttpRequestFailure``."""

from __future__ import annotations

from enum import Enum

from kameleoon.types._record import Record

__all__ = ["HttpRequestFailure"]


class HttpRequestFailure(Record):
    """Why an attempt failed: its ``reason``, with the ``http_status`` or the ``cause``, which has a text and nothing
    else: it leads to no request, header or secret.

    >>> failure = HttpRequestFailure.from_http_status(503)
    >>> failure.reason.name, failure.http_status
    ('HTTP_STATUS', 503)
    """

    class Reason(Enum):
        """The kind of failure: an answer with another status, no answer, or a caller who gave up."""

        HTTP_STATUS = "HTTP_STATUS"
        EXCEPTION = "EXCEPTION"
        CANCELLED = "CANCELLED"

    __slots__ = ("cause", "http_status", "reason")

    def __init__(
        self,
        reason: HttpRequestFailure.Reason,
        http_status: int | None = None,
        cause: BaseException | None = None,
    ) -> None:
        self.reason: HttpRequestFailure.Reason = reason
        self.http_status: int | None = http_status
        self.cause: BaseException | None = cause

    @classmethod
    def from_http_status(cls, http_status: int) -> HttpRequestFailure:
        """An answer with another status than was wanted."""
        return cls(cls.Reason.HTTP_STATUS, http_status=http_status)

    @classmethod
    def from_exception(cls, cause: BaseException) -> HttpRequestFailure:
        """No answer, because of ``cause``."""
        return cls(cls.Reason.EXCEPTION, cause=cause)

    @classmethod
    def of_cancellation(cls) -> HttpRequestFailure:
        """The caller gave up."""
        return cls(cls.Reason.CANCELLED)
