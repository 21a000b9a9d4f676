"""Middleware that gives every visitor a code: read from the cookie or made, and kept in it (docs/middleware.md)."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, MutableMapping
from typing import Any, TypeVar

from kameleoon._cookie_header import CookieHeader
from kameleoon._cookies import VISITOR_CODE_COOKIE
from kameleoon._request_visitor import (
    VISITOR_KEY,
    DefaultVisitorCode,
    GivenClient,
    RequestVisitor,
    given,
    visitor_in_environ,
)
from kameleoon._requests import VISITOR_CODE_KEY
from kameleoon._vary import vary_by_cookie
from kameleoon.kameleoon_client import KameleoonClient

__all__ = ["KameleoonASGIMiddleware", "KameleoonWSGIMiddleware"]

T = TypeVar("T")
_STATE_KEY = "kameleoon_visitor_code"  # of ``request.state``, whose keys are read as attributes
_RESPONSE_STARTS = frozenset(("http.response.start", "websocket.accept", "websocket.http.response.start"))


class KameleoonWSGIMiddleware:
    """Wraps a WSGI application.

    ``client``: a client, or a function without arguments that gives one, called for each request.
    ``default_visitor_code``: for visitors without a code, instead of one of their own.

    The application finds the ``Visitor`` in ``environ["kameleoon.visitor"]``, its code in
    ``environ["kameleoon.visitor_code"]``, and as the cookie in ``HTTP_COOKIE``. When the response starts, the cookie is
    set if consent is given by then, or not required, with every response, so that it does not end for those who come
    back. Where the application sets this cookie itself, its own is the only one. Each response varies by cookie, so
    that a cache keeps the visitors apart.

    >>> def application(environ, start_response):
    ...     start_response("200 OK", [])
    ...     return [environ["kameleoon.visitor_code"].encode()]
    >>> wrapped = KameleoonWSGIMiddleware(application, client, default_visitor_code="alice")
    >>> wrapped({}, lambda status, headers: print(status, headers[0][0]))
    200 OK Set-Cookie
    [b'alice']
    """

    def __init__(
        self,
        app: Callable[..., Iterable[bytes]],
        client: GivenClient,
        default_visitor_code: DefaultVisitorCode = None,
    ) -> None:
        self._app = _application(app)
        self._client = client
        self._default_visitor_code = default_visitor_code

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        """Serves a request."""
        visitor = visitor_in_environ(given(self._client), self._default_visitor_code, environ, environ)

        def start(status: str, headers: list[tuple[str, str]], *rest: Any) -> Any:
            is_set = any(name.lower() == "set-cookie" and _sets_visitor_code(value) for name, value in headers)
            cookie = None if is_set else visitor.cookie()
            if cookie is not None:
                headers = [*headers, ("Set-Cookie", cookie)]
            vary = vary_by_cookie(value for name, value in headers if name.lower() == "vary")
            if vary is not None:
                headers = [*(header for header in headers if header[0].lower() != "vary"), ("Vary", vary)]
            return start_response(status, headers, *rest)

        return self._app(environ, start)


class KameleoonASGIMiddleware:
    """Wraps an ASGI application, as ``KameleoonWSGIMiddleware`` wraps a WSGI one.

    The ``Visitor`` stands in ``scope["kameleoon.visitor"]``, the code in ``scope["kameleoon.visitor_code"]``, in the
    ``cookie`` header, and in ``scope["state"]``: with Starlette and FastAPI it is
    ``request.state.kameleoon_visitor_code``. WebSockets get it too, in the headers of their acceptance. When the server
    shuts the application down (``lifespan``), what is queued for tracking is sent first: some servers then end the
    process by a signal, and nothing would run at exit.

    ``client`` may be a function that gives the client which the lifespan's start makes. It is not called at the
    shutdown: what the client that served the last request has queued is sent.

    >>> async def application(scope, receive, send):
    ...     await send({"type": "http.response.start", "status": 200, "headers": []})
    ...     await send({"type": "http.response.body", "body": scope["kameleoon.visitor_code"].encode()})
    >>> wrapped = KameleoonASGIMiddleware(application, client, default_visitor_code="alice")
    >>> async def send(message):
    ...     print(message.get("body", message["type"]))
    >>> import asyncio
    >>> asyncio.run(wrapped({"type": "http", "headers": []}, None, send))
    http.response.start
    b'alice'
    """

    def __init__(
        self,
        app: Callable[..., Awaitable[None]],
        client: GivenClient,
        default_visitor_code: DefaultVisitorCode = None,
    ) -> None:
        self._app = _application(app)
        self._client = client
        self._in_use = None if callable(client) else client
        self._default_visitor_code = default_visitor_code

    async def __call__(self, scope: MutableMapping[str, Any], receive: Any, send: Any) -> None:
        """Serves a connection."""
        if scope["type"] == "lifespan":
            await self._app(scope, receive, self._sending_first(send))
            return
        if scope["type"] not in ("http", "websocket"):
            await self._app(scope, receive, send)
            return
        client = self._in_use = given(self._client)
        others = [(name, value) for name, value in scope["headers"] if name != b"cookie"]
        sent = [value.decode("latin-1") for name, value in scope["headers"] if name == b"cookie"]
        header = CookieHeader("; ".join(sent))  # of HTTP/2 there may be several
        visitor = RequestVisitor(client, header, self._default_visitor_code, scope)
        state = scope.setdefault("state", {})
        if isinstance(state, MutableMapping):
            state[_STATE_KEY] = visitor.code
        cookies = (b"cookie", header.showing(visitor.code).encode("latin-1"))
        scope = {
            **scope,
            VISITOR_CODE_KEY: visitor.code,
            VISITOR_KEY: visitor.visitor,
            "headers": [*others, cookies],
        }

        async def send_with_cookie(message: dict[str, Any]) -> None:
            if message["type"] in _RESPONSE_STARTS:
                headers = list(message.get("headers", ()))
                is_set = any(
                    name.lower() == b"set-cookie" and _sets_visitor_code(value.decode("latin-1"))
                    for name, value in headers
                )
                cookie = None if is_set else visitor.cookie()
                if cookie is not None:
                    headers.append((b"set-cookie", cookie.encode("latin-1")))
                if message["type"] != "websocket.accept":  # which no cache keeps
                    headers = _varying(headers)
                message = {**message, "headers": headers}
            await send(message)

        await self._app(scope, receive, send_with_cookie)

    def _sending_first(self, send: Any) -> Callable[[dict[str, Any]], Awaitable[None]]:
        async def send_message(message: dict[str, Any]) -> None:
            if message["type"] in ("lifespan.shutdown.complete", "lifespan.shutdown.failed"):
                client = self._in_use
                if client is not None:
                    await client.flush_async()
            await send(message)

        return send_message


def _varying(headers: list[tuple[bytes, bytes]]) -> list[tuple[bytes, bytes]]:
    """The headers of a response that varies by cookie."""
    vary = vary_by_cookie(value.decode("latin-1") for name, value in headers if name.lower() == b"vary")
    if vary is None:
        return headers
    return [*(header for header in headers if header[0].lower() != b"vary"), (b"vary", vary.encode("latin-1"))]


def _application(app: T) -> T:
    if isinstance(app, KameleoonClient):
        raise TypeError("app: expected an application, got a KameleoonClient. hint: Middleware(app, client)")
    return app


def _sets_visitor_code(set_cookie: str) -> bool:
    return set_cookie.partition("=")[0].strip() == VISITOR_CODE_COOKIE
