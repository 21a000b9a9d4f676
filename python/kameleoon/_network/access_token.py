"""The access token (spec 4 §3): cached, refreshed before it expires, fetched by one caller at a time."""

from __future__ import annotations

import base64
import json
import threading
import time
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from kameleoon._network.http import Answer, RequestError
from kameleoon.events.request_type import RequestType
from kameleoon.logging.kameleoon_logger import KameleoonLogger

if TYPE_CHECKING:
    from kameleoon._network.endpoints import Endpoints
    from kameleoon._network.http import HttpService

_UNUSED_SECONDS = 60
"""A token is no longer used this long before it expires."""
_REFRESH_SECONDS = 1800
"""It is refreshed in the background from this long before it expires."""
_PAUSE_SECONDS = 300
"""After a failed fetch there is no further one for this long."""


class AccessTokens:
    """Fetches and keeps the access token."""

    def __init__(
        self,
        http: HttpService,
        endpoints: Endpoints,
        client_id: str,
        client_secret: str,
        in_background: Callable[[Callable[[], None]], None],
    ) -> None:
        self._http = http
        self._endpoints = endpoints
        self._credentials = f"{client_id}:{client_secret}"
        self._missing = [
            name for name, value in (("client_id", client_id), ("client_secret", client_secret)) if not value
        ]
        self._has_said_missing = False
        self._in_background = in_background
        self._fetching = threading.Lock()
        self._token: str | None = None
        self._expires = 0.0
        self._not_before = 0.0
        self._refreshing = False

    def get(self, timeout: float | None = None) -> str | None:
        """A token, or ``None`` if none can be had; callers at the same time share one fetch."""
        token = self._usable()
        if token is not None:
            self._refresh_if_due()
            return token
        with self._fetching:
            return self._usable() or self._fetch(timeout)

    def discard(self, token: str) -> None:
        """Forgets a token that was refused."""
        if self._token == token:
            self._token = None

    def _usable(self) -> str | None:
        token = self._token
        return token if token is not None and time.monotonic() < self._expires - _UNUSED_SECONDS else None

    def _refresh_if_due(self) -> None:
        now = time.monotonic()
        if now < self._expires - _REFRESH_SECONDS or now < self._not_before or self._refreshing:
            return
        self._refreshing = True
        self._in_background(self._refresh)

    def _refresh(self) -> None:
        try:
            with self._fetching:
                self._fetch(None)
        finally:
            self._refreshing = False

    def _fetch(self, timeout: float | None) -> str | None:
        if self._missing:
            self._say_missing()
            return None
        if time.monotonic() < self._not_before:
            return None
        headers = {
            "Authorization": "Basic " + base64.b64encode(self._credentials.encode()).decode("ascii"),
            "Content-Type": "application/x-www-form-urlencoded",
        }
        try:
            answer = self._http.attempt(
                RequestType.ACCESS_TOKEN,
                "POST",
                self._endpoints.access_token(),
                headers=headers,
                body=b"grant_type=client_credentials",
                timeout=timeout,
            )
            token, seconds = _read_token(answer)
        except (RequestError, ValueError) as error:
            if isinstance(error, ValueError):
                KameleoonLogger.warning("ACCESS_TOKEN request failed: %s", error)
            self._not_before = time.monotonic() + _PAUSE_SECONDS
            return None
        self._expires = time.monotonic() + seconds
        self._token = token
        return token  # even one that is soon to expire serves the request that waits for it

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


class AuthenticatedHttp:
    """Requests with the access token, if one can be had."""

    def __init__(self, http: HttpService, tokens: AccessTokens) -> None:
        self._http = http
        self._tokens = tokens

    def attempt(
        self,
        request_type: RequestType,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str] | None = None,
        body: bytes | None = None,
        timeout: float | None = None,
        is_last_try: bool = True,
    ) -> Answer:
        """One attempt with the token. Refused with 401, the token is discarded, and on the last try the attempt is
        repeated once without one. Raises ``RequestError``.
        """
        token = self._tokens.get(timeout)
        plain = dict(headers or {})
        if token is not None:
            try:
                bearer = {**plain, "Authorization": f"Bearer {token}"}
                return self._http.attempt(request_type, method, url, headers=bearer, body=body, timeout=timeout)
            except RequestError as error:
                if error.status == 401:
                    self._tokens.discard(token)
                if error.status != 401 or not is_last_try:
                    raise
        return self._http.attempt(request_type, method, url, headers=plain, body=body, timeout=timeout)
