"""HTTP attempts on the running event loop, by ``aiohttp``. Import this only where it is installed."""

from __future__ import annotations

import asyncio
import os
import ssl
import time
from typing import Any, Callable

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
from kameleoon._network.trust import certificate_bundle

__all__ = ["AsyncHttp", "can_be_sent"]


def can_be_sent(request: Request) -> bool:
    """Whether ``aiohttp`` can send the request: through no proxy, or one that speaks plain HTTP."""
    proxy = _proxy_of(request.url)
    return proxy is None or proxy.lower().startswith("http://")


class AsyncHttp:
    """Makes attempts, as ``HttpService`` does. Any number of event loops may use it, one after another or at once."""

    def __init__(self, outcomes: Outcomes, resolver: Resolver, threads: DaemonThreads) -> None:
        self._outcomes = outcomes
        self._threads = threads
        self._sessions = Sessions(resolver)
        self._trusting: dict[str | None, ssl.SSLContext] = {}  # by bundle

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
        options = _proxy_options(request.url)
        if url.scheme == "https":
            options["ssl"] = await self._trust()
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

    async def _trust(self) -> ssl.SSLContext:
        """Whose certificates are trusted. Reading them takes tens of milliseconds, on a thread."""
        bundle = certificate_bundle()
        context = self._trusting.get(bundle)
        if context is None:
            context = await self._threads.run(_trusting(bundle))
            self._trusting[bundle] = context
        return context


def _trusting(bundle: str | None) -> Callable[[], ssl.SSLContext]:
    path = bundle or DEFAULT_CA_BUNDLE_PATH

    def make() -> ssl.SSLContext:
        is_folder = os.path.isdir(path)
        return ssl.create_default_context(cafile=None if is_folder else path, capath=path if is_folder else None)

    return make


def _proxy_of(url: str) -> str | None:
    """The proxy that the standard environment variables name for an address."""
    proxy: str | None = select_proxy(url, get_environ_proxies(url, no_proxy=None))
    if proxy is not None and "://" not in proxy:
        proxy = f"http://{proxy}"
    return proxy


def _proxy_options(url: str) -> dict[str, Any]:
    proxy = _proxy_of(url)
    if proxy is None:
        return {}
    user, password = get_auth_from_url(proxy)
    options: dict[str, Any] = {"proxy": URL(proxy).with_user(None)}
    if user or password:
        options["proxy_auth"] = aiohttp.BasicAuth(user, password, encoding="latin1")
    return options


def _own_credentials(request: Request) -> tuple[URL, dict[str, str]]:
    """The address without a user and password, which take the place of the ``Authorization`` header."""
    url = URL(request.url, encoded=True)
    user, password = get_auth_from_url(request.url)
    if not (user or password):
        return url, request.headers
    return url.with_user(None), {
        **request.headers,
        "Authorization": aiohttp.BasicAuth(user, password, encoding="latin1").encode(),
    }
