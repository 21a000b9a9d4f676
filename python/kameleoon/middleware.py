"""Middleware that gives every visitor a code: read from the cookie or made, and kept in it.

See docs/visitor-data.md#visitor-codes.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable
from typing import TYPE_CHECKING, Any, Union

from kameleoon._cookies import VISITOR_CODE_COOKIE

if TYPE_CHECKING:
    from http.cookies import SimpleCookie

    from kameleoon.kameleoon_client import KameleoonClient

__all__ = ["KameleoonASGIMiddleware", "KameleoonWSGIMiddleware"]

DefaultVisitorCode = Union[str, Callable[[Any], str], None]
"""A code, or a function from the request (WSGI environ, ASGI scope) to one."""


class KameleoonWSGIMiddleware:
    """Wraps a WSGI application.

    Every request gets a visitor code: the one in its cookie, else ``default_visitor_code`` (a code, or a function of
    the request's environ), else one of its own. The application sees it in ``HTTP_COOKIE``; the response sets the
    cookie where it was missing, if consent is given or not required.

    >>> def application(environ, start_response):
    ...     start_response("200 OK", [])
    ...     return [environ["HTTP_COOKIE"].encode()]
    >>> wrapped = KameleoonWSGIMiddleware(application, client, default_visitor_code="alice")
    >>> wrapped({}, lambda status, headers: print(status, headers[0][0]))
    200 OK Set-Cookie
    [b'kameleoonVisitorCode=alice']
    """

    def __init__(
        self,
        app: Callable[..., Iterable[bytes]],
        client: KameleoonClient,
        default_visitor_code: DefaultVisitorCode = None,
    ) -> None:
        self._app = app
        self._client = client
        self._default_visitor_code = default_visitor_code

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        """Serves a request."""
        header = environ.get("HTTP_COOKIE", "")
        seen, to_set = _visitor_cookies(self._client, header, self._default_visitor_code, environ)
        environ["HTTP_COOKIE"] = seen

        def start(status: str, headers: list[tuple[str, str]], *rest: Any) -> Any:
            if to_set is not None:
                headers = [*headers, ("Set-Cookie", to_set)]
            return start_response(status, headers, *rest)

        return self._app(environ, start)


class KameleoonASGIMiddleware:
    """Wraps an ASGI application, as ``KameleoonWSGIMiddleware`` wraps a WSGI one; the code stands in the ``cookie``
    header of the scope. WebSockets get it too, in the headers of their acceptance. When the server shuts the
    application down (``lifespan``), what is queued for tracking is sent first: some servers then end the process by a
    signal, and nothing would run at exit.
    """

    def __init__(
        self,
        app: Callable[..., Awaitable[None]],
        client: KameleoonClient,
        default_visitor_code: DefaultVisitorCode = None,
    ) -> None:
        self._app = app
        self._client = client
        self._default_visitor_code = default_visitor_code

    async def __call__(self, scope: dict[str, Any], receive: Any, send: Any) -> None:
        """Serves a connection."""
        if scope["type"] == "lifespan":
            await self._app(scope, receive, self._sending_first(send))
            return
        if scope["type"] not in ("http", "websocket"):
            await self._app(scope, receive, send)
            return
        header = "; ".join(value.decode("latin-1") for name, value in scope["headers"] if name == b"cookie")
        seen, to_set = _visitor_cookies(self._client, header, self._default_visitor_code, scope)
        others = [(name, value) for name, value in scope["headers"] if name != b"cookie"]
        scope = {**scope, "headers": [*others, (b"cookie", seen.encode("latin-1"))]}

        async def send_with_cookie(message: dict[str, Any]) -> None:
            if to_set is not None and message["type"] in ("http.response.start", "websocket.accept"):
                headers = [*message.get("headers", ()), (b"set-cookie", to_set.encode("latin-1"))]
                message = {**message, "headers": headers}
            await send(message)

        await self._app(scope, receive, send_with_cookie)

    def _sending_first(self, send: Any) -> Callable[[dict[str, Any]], Awaitable[None]]:
        async def send_message(message: dict[str, Any]) -> None:
            if message["type"] in ("lifespan.shutdown.complete", "lifespan.shutdown.failed"):
                await self._client.flush_async()
            await send(message)

        return send_message


def _visitor_cookies(
    client: KameleoonClient, header: str, default: DefaultVisitorCode, request: Any
) -> tuple[str, str | None]:
    """The cookie header with a visitor code in it, and the ``Set-Cookie`` header if there is one to set."""
    sent = _parse(header)
    default_code = default(request) if callable(default) else default
    jar = _parse("")
    code = client.get_visitor_code(cookies_readonly=sent, cookies=jar, default_visitor_code=default_code)
    if VISITOR_CODE_COOKIE in sent and sent[VISITOR_CODE_COOKIE].value == code:
        return header, None
    jar_to_show = _parse("")
    jar_to_show[VISITOR_CODE_COOKIE] = code
    pair = jar_to_show[VISITOR_CODE_COOKIE].OutputString([])
    kept = [part.strip() for part in header.split(";") if part.strip().partition("=")[0] != VISITOR_CODE_COOKIE]
    seen = "; ".join([*filter(None, kept), pair])
    to_set = jar[VISITOR_CODE_COOKIE].OutputString() if VISITOR_CODE_COOKIE in jar else None
    return seen, to_set


def _parse(header: str) -> SimpleCookie:
    """The cookies of a header; those that cannot be read are skipped one by one, not all together."""
    from http.cookies import CookieError, SimpleCookie  # here, so that importing the package does not

    jar: SimpleCookie = SimpleCookie()
    for part in header.split(";"):
        try:
            jar.load(part.strip())
        except CookieError:
            continue
    return jar
