"""The access token: cached, refreshed before it expires, fetched once for all who wait for it.

See docs/network.md#access-tokens.
"""

from __future__ import annotations

import base64
import json
import random
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from concurrent.futures import TimeoutError as FutureTimeoutError

from kameleoon._network.backoff import Backoff
from kameleoon._network.deadline import Deadline
from kameleoon._network.endpoints import Endpoints
from kameleoon._network.http import HttpService
from kameleoon._network.request import Answer, RequestError
from kameleoon.events.request_type import RequestType
from kameleoon.logging.kameleoon_logger import KameleoonLogger

__all__ = ["AccessTokens", "TokenFetch"]

_UNUSED_SECONDS = 60.0
"""A token is no longer used this long before it expires."""
_REFRESH_SECONDS = 1800.0
"""It is refreshed in the background from this long before it expires."""
_REFRESH_SPREAD_SECONDS = 600.0
"""Up to so much later, at random: processes that started together do not refresh together."""
_CALM_SECONDS = 60.0
"""A token that worked and is refused is replaced at once, unless another one was refused this shortly before."""
_BACKOFF = Backoff(5.0, 300.0)


class TokenFetch:
    """A fetch under way, which everybody who needs a token waits for."""

    __slots__ = ("future", "started", "thread")

    def __init__(self) -> None:
        self.future: Future[str | None] = Future()
        self.future.set_running_or_notify_cancel()  # nobody who waits can cancel it for the others
        self.started = time.monotonic()
        self.thread: int | None = None

    def patience(self, deadline: Deadline) -> float:
        """The seconds to wait for the token: half of what is left, so that there is time for a request without one, and
        less where the fetch has been going on for long.
        """
        return max(0.0, deadline.remaining() / 2 - (time.monotonic() - self.started))

    def wait(self, deadline: Deadline) -> str | None:
        """The token; ``None`` if there is none, or not in time."""
        try:
            return self.future.result(self.patience(deadline))
        except FutureTimeoutError:
            return None


class AccessTokens:
    """Fetches and keeps the access token. Any number of threads and event loops may use it.

    A fetch runs on a thread of its own, within the default time-out: the short deadline of a caller does not fail the
    fetch for all others. No lock is held while it runs, nor while the logger or a handler is called.
    """

    def __init__(
        self,
        http: HttpService,
        endpoints: Endpoints,
        client_id: str,
        client_secret: str,
        *,
        start: Callable[[Callable[[], None]], bool],
        backoff: Backoff = _BACKOFF,
        chance: Callable[[], float] = random.random,
    ) -> None:
        """``start`` runs a job on another thread, that no request waits for; false where it will not, and
        ``RuntimeError`` where there is no thread to be had. ``chance`` gives numbers from 0 to below 1.
        """
        self._http = http
        self._endpoints = endpoints
        self._credentials = f"{client_id}:{client_secret}"
        self._missing = [
            name for name, value in (("client_id", client_id), ("client_secret", client_secret)) if not value
        ]
        self._has_said_missing = False
        self._start = start
        self._backoff = backoff
        self._chance = chance
        self._lock = threading.Lock()
        self._fetch: TokenFetch | None = None
        self._token: str | None = None
        self._is_proven = False  # whether a request with the token has succeeded
        self._used_until = 0.0
        self._refreshed_from = 0.0
        self._failures = 0  # in a row
        self._not_before = 0.0  # after a failure, there is no further try until then
        self._last_refusal = -_CALM_SECONDS

    def ask(self, deadline: Deadline) -> str | TokenFetch | None:
        """A token, or a fetch under way to be waited for, or ``None`` if none can be had now. Never waits, except where
        no thread can be started, as at the end of the program: then the fetch is made here, in half of the time.
        """
        if self._missing:
            self._say_missing()
            return None
        with self._lock:
            now = time.monotonic()
            token = self._token if now < self._used_until else None
            if token is not None and now < self._refreshed_from:
                return token
            if self._fetch is not None:
                if token is not None:
                    return token
                # A handler or logger that asks for data while it is told of the fetch would wait for itself.
                return None if self._fetch.thread == threading.get_ident() else self._fetch
            if now < self._not_before:
                return token
            fetch = self._fetch = TokenFetch()
        try:
            is_started = self._start(lambda: self._run(fetch, None))
        except RuntimeError:
            self._run(fetch, deadline.within(deadline.remaining() / 2))
        else:
            if not is_started:
                self._conclude(fetch, None)
        return fetch if token is None else token

    def get(self, deadline: Deadline) -> str | None:
        """A token, or ``None`` if none can be had. Waits for half of the time until ``deadline``, at most."""
        found = self.ask(deadline)
        return found.wait(deadline) if isinstance(found, TokenFetch) else found

    def accept(self, token: str) -> None:
        """Notes that a request with the token has succeeded."""
        if self._is_proven:
            return
        with self._lock:
            if self._token == token:
                self._is_proven = True
                self._failures = 0

    def discard(self, token: str) -> None:
        """Forgets a token that was refused. One that never worked counts as a failed fetch: else a service that refuses
        every token would be asked for one by each call.
        """
        with self._lock:
            if self._token != token:
                return
            now = time.monotonic()
            is_calm = now - self._last_refusal >= _CALM_SECONDS
            self._token = None
            self._last_refusal = now
            if not (self._is_proven and is_calm):
                self._pause(None)

    def _pause(self, retry_after: float | None) -> None:
        self._failures += 1
        self._not_before = time.monotonic() + self._backoff.pause(self._failures, retry_after)

    def _run(self, fetch: TokenFetch, deadline: Deadline | None) -> None:
        fetch.thread = threading.get_ident()
        token = None
        try:
            token = self._fetched(deadline)
        finally:  # whatever the logger or a handler raises, nobody waits in vain
            self._conclude(fetch, token)

    def _conclude(self, fetch: TokenFetch, token: str | None) -> None:
        with self._lock:
            self._fetch = None
        fetch.future.set_result(token)

    def _fetched(self, deadline: Deadline | None) -> str | None:
        headers = {
            "Authorization": "Basic " + base64.b64encode(self._credentials.encode()).decode("ascii"),
            "Content-Type": "application/x-www-form-urlencoded",
        }
        pause = None
        try:
            answer = self._http.attempt(
                RequestType.ACCESS_TOKEN,
                "POST",
                self._endpoints.access_token(),
                headers=headers,
                body=b"grant_type=client_credentials",
                deadline=deadline,
            )
            token, seconds = _read_token(answer)
        except RequestError as error:
            pause = error.retry_after
        except ValueError as error:
            KameleoonLogger.warning("ACCESS_TOKEN request failed: %s", error)
        else:
            self._keep(token, float(seconds))
            return token
        with self._lock:
            self._pause(pause)
        return None

    def _keep(self, token: str, seconds: float) -> None:
        now = time.monotonic()
        # Of a short life a part is kept in hand, so that not every call needs a token of its own.
        used = max(seconds - _UNUSED_SECONDS, seconds / 2)
        earliest = max(seconds - _REFRESH_SECONDS, used / 2)
        spread = min(_REFRESH_SPREAD_SECONDS, (used - earliest) / 2)
        with self._lock:
            self._token = token
            self._is_proven = False
            self._used_until = now + used
            self._refreshed_from = now + earliest + spread * self._chance()

    def _say_missing(self) -> None:
        """Says once which credentials the configuration lacks: evaluating needs none, so nobody has said it before."""
        if not self._has_said_missing:
            self._has_said_missing = True
            KameleoonLogger.error(
                "no access token: %s is missing in the configuration; requests are sent without a token",
                " and ".join(self._missing),
            )


def _read_token(answer: Answer) -> tuple[str, int]:
    """Raises ``ValueError``; the message never holds the answer."""
    try:
        fields = json.loads(answer.body)
    except (ValueError, RecursionError):
        raise ValueError("the answer is no JSON") from None
    token = fields.get("access_token") if isinstance(fields, dict) else None
    seconds = fields.get("expires_in") if isinstance(fields, dict) else None
    if not (isinstance(token, str) and token):
        raise ValueError("the answer has no access_token")
    if not isinstance(seconds, int) or isinstance(seconds, bool) or seconds <= 0:
        raise ValueError("the answer has no positive expires_in")
    return token, seconds
