"""HTTP attempts: one session with connection reuse, bounded in time and size, counted, told to handlers (spec 4 §5)."""

from __future__ import annotations

import http.cookiejar
import re
import threading
import time
from email.utils import mktime_tz, parsedate_tz
from typing import TYPE_CHECKING, Any

import requests
from requests.auth import AuthBase, HTTPBasicAuth
from requests.utils import get_auth_from_url

from kameleoon._network.connections import DeadlineAdapter, within
from kameleoon.events.http_request_failure import HttpRequestFailure
from kameleoon.events.request_type import RequestType
from kameleoon.logging.kameleoon_logger import KameleoonLogger

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from kameleoon._events import EventDispatcher

_SUCCESS_BESIDES_2XX = (304, 403)  # 403: the site refuses; not to be hammered
_MEBIBYTE = 1024 * 1024
_LARGEST_DATA_FILE = 64 * _MEBIBYTE
_LARGEST_ANSWER = 16 * _MEBIBYTE
"""Answers larger than these, decoded, are failures."""
_READ_BYTES = 16 * 1024
"""So much at a time is decoded: the most that one part can become stays small, whatever the version of urllib3."""
_LONGEST_RETRY_AFTER_SECONDS = 3600.0
_ENCODINGS = frozenset({"", "identity", "gzip", "x-gzip", "deflate"})


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


class RequestCounts:
    """What became of the attempts of one kind."""

    __slots__ = ("bytes_received", "bytes_sent", "failed", "last_error", "last_success", "succeeded")

    def __init__(self) -> None:
        self.succeeded = 0
        self.failed = 0
        self.bytes_sent = 0
        self.bytes_received = 0
        self.last_error: str | None = None
        self.last_success: float | None = None

    def snapshot(self) -> dict[str, Any]:
        """The figures as a dict."""
        return {name: getattr(self, name) for name in self.__slots__}


class _OwnCredentials(AuthBase):
    """Leaves the ``Authorization`` header as the client set it.

    A session without an ``auth`` of its own that heeds the environment (proxies, CA bundles) would heed ``.netrc`` too.
    """

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        user, password = get_auth_from_url(request.url or "")
        return HTTPBasicAuth(user, password)(request) if user or password else request


class HttpService:
    """Makes attempts."""

    def __init__(self, events: Callable[[], EventDispatcher], default_timeout: float) -> None:
        self._events = events  # asked for each time: they lead to a user's handlers, and those to the client, maybe
        self._default_timeout = default_timeout
        self._session = requests.Session()
        self._session.headers["Accept-Encoding"] = "gzip, deflate"
        self._session.auth = _OwnCredentials()
        self._session.cookies.set_policy(http.cookiejar.DefaultCookiePolicy(allowed_domains=[]))
        for scheme in ("http://", "https://"):
            self._session.mount(scheme, DeadlineAdapter(pool_connections=4, pool_maxsize=16))
        self._lock = threading.Lock()
        self.counts = {request_type: RequestCounts() for request_type in RequestType}

    def attempt(
        self,
        request_type: RequestType,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str] | None = None,
        body: bytes | None = None,
        timeout: float | None = None,
    ) -> Answer:
        """One attempt. Raises ``RequestError``, logged and told to handlers."""
        start = time.monotonic()
        reason = ""
        answer: Answer | Exception
        try:
            seconds = self._default_timeout if timeout is None else timeout
            largest = _LARGEST_DATA_FILE if request_type is RequestType.DATAFILE else _LARGEST_ANSWER
            answer = self._exchange(method, url, headers, body, seconds, largest)
        except Exception as error:  # noqa: BLE001  # whatever the network or the library does is a failed attempt
            shown = _shown(str(error), url, headers)
            reason = f"{type(error).__name__}: {shown}"
            answer = _cause(error, shown)
        if isinstance(answer, Exception):  # told outside of the except clause, where the error itself cannot be found
            failure = HttpRequestFailure(HttpRequestFailure.Reason.EXCEPTION, None, answer)
            self._failed(request_type, reason, failure, start)
            raise RequestError(request_type, reason) from answer
        is_success = 200 <= answer.status < 300 or answer.status in _SUCCESS_BESIDES_2XX
        if not is_success:
            reason = f"HTTP status {answer.status}"
            failure = HttpRequestFailure(HttpRequestFailure.Reason.HTTP_STATUS, answer.status, None)
            self._failed(request_type, reason, failure, start)
            raise RequestError(request_type, reason, answer.status, _retry_after(answer.headers))
        with self._lock:
            counts = self.counts[request_type]
            counts.succeeded += 1
            counts.bytes_sent += len(body or b"")
            counts.bytes_received += len(answer.body)
            counts.last_success = time.time()
        KameleoonLogger.debug("%s request succeeded: HTTP status %s", request_type.value, answer.status)
        self._events().request_succeeded(request_type, answer.status, _milliseconds(start))
        return answer

    def open_stream(self, url: str, timeout: float) -> requests.Response:
        """A stream of events, to be closed by the caller. ``timeout`` is for the connection alone.

        Raises ``RequestError``, and whatever the network or the library does.
        """
        headers = {"Accept": "text/event-stream", "Accept-Encoding": "identity", "Cache-Control": "no-cache"}
        response = self._session.get(url, headers=headers, stream=True, timeout=(timeout, None), allow_redirects=False)
        if response.status_code != 200:
            response.close()
            status, retry_after = response.status_code, _retry_after(response.headers)
            raise RequestError(RequestType.DATAFILE, f"HTTP status {status}", status, retry_after)
        return response

    def close(self) -> None:
        """Closes idle connections."""
        self._session.close()

    def _exchange(
        self,
        method: str,
        url: str,
        headers: Mapping[str, str] | None,
        body: bytes | None,
        timeout: float,
        largest: int,
    ) -> Answer:
        deadline = time.monotonic() + timeout
        with (
            within(deadline),
            self._session.request(
                method, url, headers=headers, data=body, timeout=timeout, stream=True, allow_redirects=False
            ) as response,
        ):
            received = _read(response, deadline, largest)
            return Answer(response.status_code, response.headers, received)

    def _failed(self, request_type: RequestType, reason: str, failure: HttpRequestFailure, start: float) -> None:
        with self._lock:
            counts = self.counts[request_type]
            counts.failed += 1
            counts.last_error = reason
        KameleoonLogger.warning("%s request failed: %s", request_type.value, reason)
        self._events().request_failed(request_type, failure, _milliseconds(start))


def _read(response: requests.Response, deadline: float, largest: int) -> bytes:
    """The body, decoded part by part: no part of it is kept once it is larger than ``largest`` bytes."""
    encoding = response.headers.get("Content-Encoding", "")
    if encoding.strip().lower() not in _ENCODINGS:
        raise ValueError(f"the answer has the content encoding {encoding!r}, which was not asked for")
    parts = []
    size = 0
    while part := response.raw.read1(_READ_BYTES, decode_content=True):
        parts.append(part)
        size += len(part)
        if size > largest:
            raise OverflowError(f"the answer is larger than {largest // _MEBIBYTE} MiB")
        if time.monotonic() > deadline:
            raise TimeoutError("the answer took too long")
    return b"".join(parts)


def _retry_after(headers: Mapping[str, str]) -> float | None:
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


def _shown(text: str, url: str, headers: Mapping[str, str] | None) -> str:
    """A message as it may be shown: without the address's query, which names visitors, and without credentials."""
    path = url.split("?", 1)[0]
    query = url[len(path) :]
    if query:
        text = text.replace(query, "")
    for secret in (headers or {}).get("Authorization", "").split(" ", 1)[1:]:
        for form in (secret, repr(secret)[1:-1]):
            text = text.replace(form, "****")
    return re.sub(r"//[^/@\s]+@", "//****@", text)


def _cause(error: Exception, text: str) -> Exception:
    """An exception of the same type with nothing but a text: the error itself leads to the request and to its headers,
    by its attributes, its context, and the variables of its traceback.
    """
    try:
        return type(error)(text)
    except Exception:  # noqa: BLE001  # a type that wants other arguments
        return ConnectionError(f"{type(error).__name__}: {text}")


def _milliseconds(start: float) -> int:
    return round((time.monotonic() - start) * 1000)
