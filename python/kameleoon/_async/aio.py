"""HTTP attempts on the running event loop, by ``aiohttp``. Import this only where it is installed."""

from __future__ import annotations

import asyncio
import base64
import os
import ssl
import time
from functools import lru_cache, partial
from typing import Any

import aiohttp
from requests.utils import DEFAULT_CA_BUNDLE_PATH, get_auth_from_url, get_environ_proxies, select_proxy
from yarl import URL

from kameleoon._async.sessions import Sessions
from kameleoon._async.threads import DaemonThreads
from kameleoon._network.deadline import Deadline
from kameleoon._network.decoding import BoundedBody
from kameleoon._network.outcomes import Broken, Outcomes
from kameleoon._network.request import Answer, Request
from kameleoon._network.resolver import Resolver
from kameleoon._network.trust import Trust, certificate_bundle

__all__ = ["AsyncHttp", "can_be_sent"]


def can_be_sent(request: Request) -> bool:
    """Whether ``aiohttp`` can send the request: through no proxy, or one that speaks plain HTTP."""
    proxy = _proxy_of(request.url)
    return proxy is None or proxy.lower().startswith("http://")


class AsyncHttp:
    """Makes attempts, as ``HttpService`` does. Any number of event loops may use it, one after another or at once."""

    def __init__(self, outcomes: Outcomes, resolver: Resolver, trust: Trust, threads: DaemonThreads) -> None:
        self._outcomes = outcomes
        self._trust = trust
        self._threads = threads
        self._sessions = Sessions(resolver)

    async def make(self, request: Request, deadline: Deadline) -> Answer:
        """One attempt, over by ``deadline``. Raises ``RequestError``, logged and told to handlers."""
        self._outcomes.admit(request)
        start = time.monotonic()
        outcome: Answer | Broken
        try:
            outcome = await self._exchange(request, deadline)
        except Exception as error:  # noqa: BLE001  # whatever the network or the library does is a failed attempt
            outcome = Broken(request, error)
        return self._outcomes.conclude(request, start, outcome)

    def close(self) -> None:
        """Closes idle connections, soon."""
        self._sessions.close()

    async def aclose(self) -> None:
        """Closes the running loop's idle connections now, and the others soon."""
        await self._sessions.aclose()

    async def _exchange(self, request: Request, deadline: Deadline) -> Answer:
        url, headers = _own_credentials(request)
        options = _proxy_options(request, headers)
        if url.scheme == "https":
            options["ssl"] = await self._context()
        remaining = deadline.remaining()
        if remaining <= 0:
            raise TimeoutError("the request took too long")
        session = await self._sessions.session()
        try:
            async with session.request(
                request.method,
                url,
                headers=headers,
                data=request.body,
                allow_redirects=False,
                timeout=aiohttp.ClientTimeout(total=remaining),
                **options,
            ) as response:
                body = BoundedBody(response.headers.get("Content-Encoding", ""), request.largest_answer)
                async for part in response.content.iter_any():
                    body.feed(part)
                return Answer(response.status, response.headers, body.whole())
        except asyncio.TimeoutError:
            raise TimeoutError("the request took too long") from None

    async def _context(self) -> ssl.SSLContext:
        """What trusts the certificates that the threaded side trusts. They are read on a thread."""
        bundle = certificate_bundle() or DEFAULT_CA_BUNDLE_PATH
        known = self._trust.known(bundle)
        return known if known is not None else await self._threads.run(partial(self._trust.context, bundle))


_PROXY_VARIABLES = tuple(
    name
    for lower in ("http_proxy", "https_proxy", "all_proxy", "no_proxy", "request_method")
    for name in (lower, lower.upper())
)


def _proxy_of(url: str) -> str | None:
    """The proxy that the standard environment variables name for an address."""
    scheme, _, rest = url.partition("://")
    host = rest.split("/", 1)[0]
    return _proxy_for(f"{scheme}://{host}", tuple(os.environ.get(name) for name in _PROXY_VARIABLES))


@lru_cache(maxsize=64)
def _proxy_for(origin: str, _environment: tuple[str | None, ...]) -> str | None:
    """Remembered, as long as the environment stays as it is: looking through it takes as long as the request's rest."""
    proxy: str | None = select_proxy(origin, get_environ_proxies(origin, no_proxy=None))
    if proxy is not None and "://" not in proxy:
        proxy = f"http://{proxy}"
    return proxy


def _proxy_options(request: Request, headers: dict[str, str]) -> dict[str, Any]:
    """How the request goes through its proxy, which is told its own user and password, in ``headers`` if need be."""
    proxy = _proxy_of(request.url)
    if proxy is None:
        return {}
    options: dict[str, Any] = {"proxy": URL(proxy).with_user(None)}
    authorization = _basic(*get_auth_from_url(proxy))
    if authorization is not None and request.url.startswith("https:"):
        options["proxy_headers"] = {"Proxy-Authorization": authorization}
    elif authorization is not None:
        headers["Proxy-Authorization"] = authorization
    return options


def _own_credentials(request: Request) -> tuple[URL, dict[str, str]]:
    """The address without a user and password, which take the place of the ``Authorization`` header."""
    url = URL(request.url, encoded=True)
    authorization = _basic(*get_auth_from_url(request.url))
    if authorization is None:
        return url, dict(request.headers)
    return url.with_user(None), {**request.headers, "Authorization": authorization}


def _basic(user: str, password: str) -> str | None:
    if not (user or password):
        return None
    return "Basic " + base64.b64encode(f"{user}:{password}".encode("latin1", "replace")).decode("ascii")
