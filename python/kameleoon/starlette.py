"""Starlette: ``install(app, client)``, and ``visitor(request)`` (docs/frameworks.md#starlette). Needs Starlette."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from starlette.applications import Starlette
from starlette.requests import HTTPConnection

from kameleoon._request_visitor import VISITOR_KEY, DefaultVisitorCode, GivenClient, given
from kameleoon.middleware import KameleoonASGIMiddleware
from kameleoon.visitor import Visitor

__all__ = ["install", "visitor"]


def install(app: Starlette, client: GivenClient, *, default_visitor_code: DefaultVisitorCode = None) -> None:
    """Gives every request of ``app`` its visitor, and the visitor its cookie.

    ``client``: a client, or a function that gives one. When the app starts, its configuration is waited for, without
    blocking the event loop; when the app ends, what is queued is sent. The app's own ``lifespan`` comes before, so that
    it may make the client. ``default_visitor_code``: as in ``KameleoonASGIMiddleware``, which sets the cookie.

    >>> from starlette.applications import Starlette
    >>> from kameleoon.starlette import install, visitor
    >>> app = Starlette()
    >>> install(app, client)
    """
    app.add_middleware(KameleoonASGIMiddleware, client=client, default_visitor_code=default_visitor_code)
    own = app.router.lifespan_context

    @asynccontextmanager
    async def lifespan(running: Any) -> AsyncIterator[Any]:
        async with own(running) as state:  # it may make the client
            await given(client).wait_init_async()
            yield state

    app.router.lifespan_context = lifespan


def visitor(connection: HTTPConnection) -> Visitor:
    """The ``Visitor`` of a request or a WebSocket. Raises ``RuntimeError`` where ``install`` was not called."""
    found = connection.scope.get(VISITOR_KEY)
    if not isinstance(found, Visitor):
        raise RuntimeError(
            "no Kameleoon visitor in this request. hint: install(app, client) was not called for the app"
        )
    return found
