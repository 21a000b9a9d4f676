"""What became of attempts: counted, logged, told to handlers. The threaded and the asynchronous side share it."""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Callable
from typing import Any, Union
from urllib.parse import unquote

from kameleoon._events import EventDispatcher
from kameleoon._network.latency import Latency
from kameleoon._network.repeated import Repeated
from kameleoon._network.request import Answer, Request, RequestError, retry_after
from kameleoon.events.http_request_failure import HttpRequestFailure
from kameleoon.events.request_type import RequestType
from kameleoon.logging.kameleoon_logger import KameleoonLogger

__all__ = ["Broken", "Outcomes", "RequestCounts"]

_SUCCESS_BESIDES_2XX = (304, 403)  # 403: the site refuses; not to be hammered
_ASKED_BY_CALLERS = frozenset({RequestType.REMOTE_DATA, RequestType.REMOTE_VISITOR_DATA})
"""Kinds that callers ask for as often as they like; all others have somebody who heeds ``RequestError.retry_after``."""


class RequestCounts:
    """What became of the attempts of one kind."""

    __slots__ = (
        "bytes_received",
        "bytes_sent",
        "failed",
        "failing_since",
        "last_error",
        "last_success",
        "latency",
        "succeeded",
    )

    def __init__(self) -> None:
        self.succeeded = 0
        self.failed = 0
        self.bytes_sent = 0
        self.bytes_received = 0
        self.last_error: str | None = None
        self.last_success: float | None = None
        self.failing_since: float | None = None
        self.latency = Latency()

    def snapshot(self) -> dict[str, Any]:
        """The figures as a dict."""
        figures = {name: getattr(self, name) for name in self.__slots__}
        return {**figures, "latency": self.latency.snapshot()}


class Broken:
    """An attempt without an answer: why, and an exception that may be handed out.

    The exception that was raised may not: it leads to the request and to its headers, by its attributes, its context,
    and the variables of its traceback. What is handed out has its type and a text.
    """

    __slots__ = ("cause", "kind", "reason")

    def __init__(self, request: Request, error: Exception) -> None:
        shown = _shown(str(error), request)
        self.kind = type(error).__name__
        self.reason = f"{self.kind}: {shown}"
        self.cause = _cause(error, shown)


Outcome = Union[Answer, Broken]


class Outcomes:
    """Draws the conclusions of attempts, for one client."""

    def __init__(self, events: Callable[[], EventDispatcher]) -> None:
        self._events = events  # asked for each time: they lead to a user's handlers, and those to the client, maybe
        self._lock = threading.Lock()  # never held while the logger or a handler is called
        self._left_alone_until: dict[RequestType, float] = {}
        self._failures = {request_type: Repeated() for request_type in RequestType}
        self.counts = {request_type: RequestCounts() for request_type in RequestType}

    def admit(self, request: Request) -> None:
        """Raises ``RequestError`` while the service wants no requests of a kind that callers ask for.

        That is no attempt: the line in the log is the one that told of the pause.
        """
        until = self._left_alone_until.get(request.request_type)
        if until is None:
            return
        left = until - time.monotonic()
        if left > 0:
            reason = f"the service asks to be left alone for {left:.0f} s more"
            KameleoonLogger.debug("%s request not made: %s", request.request_type.value, reason)
            raise RequestError(request.request_type, reason, None, left)

    def conclude(self, request: Request, start: float, outcome: Outcome) -> Answer:
        """The answer, if it counts as success. Else raises ``RequestError``. ``start``: when the attempt began, in
        seconds of ``time.monotonic``.

        Call it where the exception of the attempt is not being handled any more: it would be found as the context.
        """
        seconds = time.monotonic() - start
        milliseconds = round(seconds * 1000)
        kind = request.request_type
        with self._lock:
            self.counts[kind].latency.observe(seconds)
        if isinstance(outcome, Broken):
            failure = HttpRequestFailure(HttpRequestFailure.Reason.EXCEPTION, None, outcome.cause)
            self._failed(kind, outcome.kind, outcome.reason, failure, milliseconds)
            raise RequestError(kind, outcome.reason) from outcome.cause
        if not (200 <= outcome.status < 300 or outcome.status in _SUCCESS_BESIDES_2XX):
            reason = f"HTTP status {outcome.status}"
            pause = retry_after(outcome.headers)
            self._note_pause(kind, pause)
            failure = HttpRequestFailure(HttpRequestFailure.Reason.HTTP_STATUS, outcome.status, None)
            self._failed(kind, reason, reason, failure, milliseconds)
            raise RequestError(kind, reason, outcome.status, pause)
        with self._lock:
            counts = self.counts[kind]
            counts.succeeded += 1
            counts.bytes_sent += len(request.body or b"")
            counts.bytes_received += len(outcome.body)
            counts.last_success = time.time()
            counts.failing_since = None
            ended = self._failures[kind].succeeded(time.monotonic())
        KameleoonLogger.debug("%s request succeeded: HTTP status %s", kind.value, outcome.status)
        if ended is not None:
            _log_recovery(kind, *ended)
        self._events().request_succeeded(kind, outcome.status, milliseconds)
        return outcome

    def _note_pause(self, kind: RequestType, pause: float | None) -> None:
        if pause is not None and kind in _ASKED_BY_CALLERS:
            self._left_alone_until[kind] = time.monotonic() + pause
            KameleoonLogger.warning("no %s request is made for %.0f s: the service asks for it", kind.value, pause)

    def _failed(
        self, kind: RequestType, aspect: str, reason: str, failure: HttpRequestFailure, milliseconds: int
    ) -> None:
        """Counts a failure, tells handlers of it, and logs it, unless it repeats what is logged already."""
        with self._lock:
            counts = self.counts[kind]
            counts.failed += 1
            counts.last_error = reason
            if counts.failing_since is None:
                counts.failing_since = time.time()
            repeated = self._failures[kind].failed(aspect, time.monotonic())
        if repeated is None:
            KameleoonLogger.debug("%s request failed again: %s", kind.value, reason)
        else:
            KameleoonLogger.warning("%s request failed: %s%s", kind.value, reason, repeated)
        self._events().request_failed(kind, failure, milliseconds)


def _log_recovery(kind: RequestType, failures: int, seconds: float) -> None:
    """Where more than one attempt has failed, at the level of what told of it: whoever read that is to read this."""
    message = "%s requests succeed again, after %d that failed within %.0f s"
    if failures > 1:
        KameleoonLogger.warning(message, kind.value, failures, seconds)
    else:
        KameleoonLogger.info(message, kind.value, failures, seconds)


def _shown(text: str, request: Request) -> str:
    """A message as it may be shown: without the address's query, which names visitors, and without credentials."""
    path = request.url.split("?", 1)[0]
    query = request.url[len(path) :]
    for form in {query, unquote(query)} - {""}:
        text = text.replace(form, "")
    for secret in request.headers.get("Authorization", "").split(" ", 1)[1:]:
        for form in {secret, repr(secret)[1:-1]}:
            text = text.replace(form, "****")
    return re.sub(r"//[^/@\s]+@", "//****@", text)


def _cause(error: Exception, text: str) -> Exception:
    try:
        return type(error)(text)
    except Exception:  # noqa: BLE001  # a type that wants other arguments
        return ConnectionError(f"{type(error).__name__}: {text}")
