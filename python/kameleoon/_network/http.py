"""HTTP attempts: one session with connection reuse, bounded in time and size, counted, told to handlers.

See docs/network.md#what-counts-as-success.
"""

from __future__ import annotations

import http.cookiejar
import socket
import time
from collections.abc import Callable, Mapping

import requests
from requests.auth import AuthBase, HTTPBasicAuth
from requests.utils import get_auth_from_url

from kameleoon._events import EventDispatcher
from kameleoon._network.connections import BoundedAdapter, Bounds, Stage, within
from kameleoon._network.deadline import Deadline
from kameleoon._network.decoding import ACCEPTED, BoundedBody
from kameleoon._network.outcomes import Broken, Outcomes, RequestCounts
from kameleoon._network.request import Answer, Request, RequestError, retry_after
from kameleoon._network.resolver import Resolver
from kameleoon._network.trust import Trust, certificate_bundle
from kameleoon.events.request_type import RequestType
from kameleoon.logging.kameleoon_logger import KameleoonLogger

__all__ = ["Answer", "HttpService", "RequestError"]

_READ_BYTES = 16 * 1024
_LONGEST_TIMEOUT_SECONDS = 86400.0  # beyond some years sockets raise


class _OwnCredentials(AuthBase):
    """Leaves the ``Authorization`` header as the client set it.

    A session without an ``auth`` of its own that heeds the environment (proxies, CA bundles) would heed ``.netrc`` too.
    """

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        user, password = get_auth_from_url(request.url or "")
        return HTTPBasicAuth(user, password)(request) if user or password else request


class HttpService:
    """Makes attempts. Any number of threads may use it."""

    def __init__(
        self, events: Callable[[], EventDispatcher], default_timeout: float, trust: Trust | None = None
    ) -> None:
        """``default_timeout``: seconds. ``trust``: certificates that were read already; by default its own."""
        self.outcomes = Outcomes(events)
        self.resolver = Resolver()
        self.trust = Trust() if trust is None else trust
        self._default_timeout = default_timeout
        self._session = requests.Session()
        self._session.headers["Accept-Encoding"] = ACCEPTED
        self._session.auth = _OwnCredentials()
        self._session.cookies.set_policy(http.cookiejar.DefaultCookiePolicy(allowed_domains=[]))
        for scheme in ("http://", "https://"):
            self._session.mount(scheme, BoundedAdapter())

    @property
    def counts(self) -> dict[RequestType, RequestCounts]:
        """What became of the attempts, by kind."""
        return self.outcomes.counts

    def deadline(self, timeout: float | None = None) -> Deadline:
        """``timeout`` seconds from now; the default time-out for ``None`` and, with a warning, for no number."""
        if timeout is not None and not isinstance(timeout, (int, float)):
            KameleoonLogger.warning("a time-out is a number of seconds, not %r; the default one is used", timeout)
            timeout = None
        seconds = self._default_timeout if timeout is None else timeout
        return Deadline.after(min(seconds, _LONGEST_TIMEOUT_SECONDS))

    def attempt(
        self,
        request_type: RequestType,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str] | None = None,
        body: bytes | None = None,
        deadline: Deadline | None = None,
    ) -> Answer:
        """One attempt, over by ``deadline`` (the default time-out from now for ``None``).

        Raises ``RequestError``, logged and told to handlers.
        """
        return self.make(Request(request_type, method, url, headers, body), deadline or self.deadline())

    def make(self, request: Request, deadline: Deadline) -> Answer:
        """As ``attempt``, for a request as a value."""
        self.outcomes.admit(request)
        start = time.monotonic()
        outcome: Answer | Broken
        try:
            outcome = self.exchange(request, deadline)
        except Exception as error:  # noqa: BLE001  # whatever the network or the library does is a failed attempt
            outcome = Broken(request, error)
        return self.outcomes.conclude(request, start, outcome)

    def open_stream(
        self,
        url: str,
        timeout: float,
        on_socket: Callable[[socket.socket], object] | None = None,
        on_stage: Callable[[Stage], object] | None = None,
    ) -> requests.Response:
        """A stream of events, to be closed by the caller. Its head is there within ``timeout`` seconds. ``on_socket``
        and ``on_stage``: as in ``Bounds``.

        Raises ``RequestError``, and whatever the network or the library does.
        """
        headers = {"Accept": "text/event-stream", "Accept-Encoding": "identity", "Cache-Control": "no-cache"}
        bounds = Bounds(Deadline.after(timeout), self.resolver, self.trust, on_socket, on_stage)
        with within(bounds):
            response = self._session.get(
                url,
                headers=headers,
                stream=True,
                timeout=(timeout, None),
                allow_redirects=False,
                verify=certificate_bundle(),
            )
        bounds.reach(Stage.FIRST_BYTE)
        bounds.lift()
        if response.status_code != 200:
            response.close()
            status, pause = response.status_code, retry_after(response.headers)
            raise RequestError(RequestType.DATAFILE, f"HTTP status {status}", status, pause)
        return response

    def exchange(
        self, request: Request, deadline: Deadline, on_stage: Callable[[Stage], object] | None = None
    ) -> Answer:
        """Asks once and draws no conclusion: the answer, whatever its status is; nothing is counted, logged or told.
        ``on_stage``: as in ``Bounds``.

        Raises whatever the network or the library does.
        """
        bounds = Bounds(deadline, self.resolver, self.trust, on_stage=on_stage)
        with (
            within(bounds),
            self._session.request(
                request.method,
                request.url,
                headers=request.headers,
                data=request.body,
                timeout=bounds.remaining(),
                stream=True,
                allow_redirects=False,
                verify=certificate_bundle(),
            ) as response,
        ):
            bounds.reach(Stage.FIRST_BYTE)
            body = BoundedBody(response.headers.get("Content-Encoding", ""), request.largest_answer)
            while part := response.raw.read(_READ_BYTES, decode_content=False):
                body.feed(part)
                bounds.remaining()  # once more, for a proxy whose socket does not know of the deadline
            return Answer(response.status_code, response.headers, body.whole())

    def close(self) -> None:
        """Closes idle connections."""
        self._session.close()
