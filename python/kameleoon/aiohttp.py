"""aiohttp's server: ``install(app, client)``, and ``visitor(request)`` (docs/frameworks.md#aiohttp). Needs aiohttp."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable

from aiohttp import web

from kameleoon._aiohttp_keys import request_key
from kameleoon._cookie_header import CookieHeader
from kameleoon._cookies import VISITOR_CODE_COOKIE
from kameleoon._request_visitor import VISITOR_KEY, DefaultVisitorCode, GivenClient, RequestVisitor, given
from kameleoon._requests import VISITOR_CODE_KEY
from kameleoon._vary import vary_by_cookie
from kameleoon.visitor import Visitor

__all__ = ["install", "visitor"]

_FOUND = request_key("kameleoon.request_visitor")
_VISITOR = request_key(VISITOR_KEY)
_VISITOR_CODE = request_key(VISITOR_CODE_KEY)
_Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


def install(app: web.Application, client: GivenClient, *, default_visitor_code: DefaultVisitorCode = None) -> None:
    """Gives every request of ``app`` its visitor, and the visitor its cookie.

    ``client``: a client, or a function that gives one. When the app starts, its configuration is waited for, without
    blocking the event loop; when the app ends, what is queued is sent. ``default_visitor_code``: for visitors without a
    code: a code, or a function from the request to one. Each response varies by cookie, so that a cache keeps the
    visitors apart.

    >>> from aiohttp import web
    >>> from kameleoon.aiohttp import install, visitor
    >>> app = web.Application()
    >>> install(app, client)
    """

    @web.middleware
    async def know_visitor(request: web.Request, handler: _Handler) -> web.StreamResponse:
        header = CookieHeader("; ".join(request.headers.getall("Cookie", [])))
        found = RequestVisitor(given(client), header, default_visitor_code, request)
        request[_FOUND] = found
        request[_VISITOR] = found.visitor
        request[_VISITOR_CODE] = found.code
        return await handler(request)

    async def keep_cookie(request: web.Request, response: web.StreamResponse) -> None:
        found = request.get(_FOUND)
        if not isinstance(found, RequestVisitor):
            return
        cookie = found.cookie() if VISITOR_CODE_COOKIE not in response.cookies else None
        if cookie is not None:
            response.headers.add("Set-Cookie", cookie)
        vary = vary_by_cookie(response.headers.getall("Vary", []))
        if vary is not None and not isinstance(response, web.WebSocketResponse):  # which no cache keeps
            response.headers["Vary"] = vary

    async def live(_app: web.Application) -> AsyncIterator[None]:
        await given(client).wait_init_async()
        yield
        await given(client).flush_async()

    app.middlewares.append(know_visitor)
    app.on_response_prepare.append(keep_cookie)
    app.cleanup_ctx.append(live)


def visitor(request: web.Request) -> Visitor:
    """The ``Visitor`` of a request. Raises ``RuntimeError`` where ``install`` was not called for the app."""
    found = request.get(_VISITOR)
    if not isinstance(found, Visitor):
        raise RuntimeError(
            "no Kameleoon visitor in this request. hint: install(app, client) was not called for the app"
        )
    return found
