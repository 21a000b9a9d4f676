"""User code with each framework's module, as the type checkers see it. Checked, not run.

What must be refused stands behind a ``type: ignore``, which mypy tells of where it is not needed.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Annotated, Any

import celery
import django.http
import fastapi
import flask
from aiohttp import web
from starlette.applications import Starlette
from starlette.requests import HTTPConnection, Request
from starlette.responses import PlainTextResponse
from starlette.routing import Route, WebSocketRoute
from starlette.websockets import WebSocket

import kameleoon.aiohttp
import kameleoon.celery
import kameleoon.django
import kameleoon.fastapi
import kameleoon.flask
import kameleoon.starlette
from kameleoon import KameleoonClient, KameleoonClientFactory
from kameleoon.types.variation import Variation
from kameleoon.visitor import Visitor


def make() -> KameleoonClient:
    return KameleoonClientFactory.create("shop")


def answer(visitor: Visitor) -> str:
    """What any handler does with its visitor."""
    variation: Variation = visitor.variation("checkout")
    is_known: bool | None = visitor.consent
    visitor.consent = True
    visitor.convert(7, revenue=49.9)
    return f"{visitor.code} {variation.key} {is_known} {visitor.text('checkout', 'title', 'Welcome')}"


# Flask


def user_of_environ(environ: dict[str, Any]) -> str | None:
    return environ.get("REMOTE_USER")


def flask_app(client: KameleoonClient) -> flask.Flask:
    app = flask.Flask(__name__)
    extension: kameleoon.flask.Kameleoon = kameleoon.flask.Kameleoon(app, client)
    kameleoon.flask.Kameleoon(app, make, default_visitor_code=user_of_environ)
    kameleoon.flask.Kameleoon(app, default_visitor_code="alice")
    later = kameleoon.flask.Kameleoon(client=make)
    later.init_app(app)
    later.init_app(app, client)
    later.init_app(app, client=make)
    kameleoon.flask.Kameleoon(app, "shop")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    kameleoon.flask.Kameleoon(client)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    used: KameleoonClient = extension.client(app)
    of_class: KameleoonClient = kameleoon.flask.Kameleoon.client(app)
    assert used is of_class

    @app.get("/")
    def shop() -> str:
        visitor: Visitor = kameleoon.flask.visitor
        return answer(visitor) + answer(used.visitor_from(flask.request))

    @app.before_request
    def know_consent() -> None:
        kameleoon.flask.visitor.consent = flask.request.cookies.get("consent") == "yes"

    return app


# Starlette


async def starlette_shop(request: Request) -> PlainTextResponse:
    visitor: Visitor = kameleoon.starlette.visitor(request)
    return PlainTextResponse(answer(visitor))


async def starlette_chat(socket: WebSocket) -> None:
    await socket.send_text(answer(kameleoon.starlette.visitor(socket)))


def user_of_connection(connection: HTTPConnection) -> str:
    return kameleoon.starlette.visitor(connection).code


def user_of_scope(scope: Any) -> str | None:
    return HTTPConnection(scope).headers.get("x-user")


@asynccontextmanager
async def starlette_lifespan(app: Starlette) -> AsyncGenerator[None, None]:
    async with make() as app.state.client:
        yield


def starlette_app(client: KameleoonClient) -> Starlette:
    routes = [Route("/", starlette_shop), WebSocketRoute("/chat", starlette_chat)]
    app = Starlette(routes=routes, lifespan=starlette_lifespan)
    kameleoon.starlette.install(app, client)
    kameleoon.starlette.install(app, lambda: app.state.client, default_visitor_code=user_of_scope)
    kameleoon.starlette.install(client, app)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    kameleoon.starlette.install(app, client, "alice")  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
    return app


# FastAPI


def know_consent(
    visitor: kameleoon.fastapi.CurrentVisitor, consent: Annotated[str | None, fastapi.Cookie()] = None
) -> None:
    visitor.consent = consent == "yes"


def fastapi_app(client: KameleoonClient) -> fastapi.FastAPI:
    app = fastapi.FastAPI(dependencies=[fastapi.Depends(know_consent)])
    kameleoon.fastapi.install(app, client)
    kameleoon.fastapi.install(app, make, default_visitor_code="alice")
    kameleoon.fastapi.install(app, None)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]

    @app.get("/")
    async def shop(visitor: kameleoon.fastapi.CurrentVisitor) -> str:
        known: Visitor = visitor
        return answer(known)

    @app.get("/depends")
    def depends(visitor: Visitor = fastapi.Depends(kameleoon.fastapi.current_visitor)) -> str:  # noqa: B008  # as ever
        return answer(visitor)

    @app.websocket("/chat")
    async def chat(socket: fastapi.WebSocket, visitor: kameleoon.fastapi.CurrentVisitor) -> None:
        await socket.send_text(answer(visitor))

    return app


async def code_of(connection: HTTPConnection) -> str:
    visitor: Visitor = await kameleoon.fastapi.current_visitor(connection)
    return visitor.code


# aiohttp


async def aiohttp_shop(request: web.Request) -> web.Response:
    visitor: Visitor = kameleoon.aiohttp.visitor(request)
    code: str = request["kameleoon.visitor_code"]
    held: Visitor = request["kameleoon.visitor"]
    return web.Response(text=answer(visitor) + answer(held) + code)


def user_of_request(request: web.Request) -> str | None:
    return request.headers.get("X-User")


@web.middleware
async def know_consent_of_aiohttp(
    request: web.Request, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]
) -> web.StreamResponse:
    kameleoon.aiohttp.visitor(request).consent = request.cookies.get("consent") == "yes"
    return await handler(request)


def aiohttp_app(client: KameleoonClient) -> web.Application:
    app = web.Application()
    app.add_routes([web.get("/", aiohttp_shop)])
    kameleoon.aiohttp.install(app, client)
    kameleoon.aiohttp.install(app, make, default_visitor_code=user_of_request)
    kameleoon.aiohttp.install(app, default_visitor_code="alice")  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
    app.middlewares.append(know_consent_of_aiohttp)
    return app


# Celery


tasks = celery.Celery("shop")
worker: kameleoon.celery.Kameleoon = kameleoon.celery.Kameleoon(make)


@tasks.task
def send_mail() -> None:
    visitor: Visitor | None = worker.visitor()
    worker.visitor().convert(7)  # type: ignore[union-attr]  # pyright: ignore[reportOptionalMemberAccess]
    if visitor is not None:
        answer(visitor)


def order(client: KameleoonClient) -> None:
    kameleoon.celery.Kameleoon(client)
    headers: dict[str, Any] = kameleoon.celery.carrying(client.visitor("alice"))
    send_mail.apply_async(headers=headers)
    kameleoon.celery.carrying("alice")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]


# Django


def django_shop(request: kameleoon.django.VisitorRequest) -> django.http.HttpResponse:
    visitor: Visitor = request.kameleoon
    client: KameleoonClient = kameleoon.django.client()
    plain: django.http.HttpRequest = request
    return django.http.HttpResponse(answer(visitor) + answer(client.visitor_from(plain)))


async def django_shop_async(request: kameleoon.django.VisitorRequest) -> django.http.HttpResponse:
    return django.http.HttpResponse(answer(request.kameleoon))


def plain_request(request: django.http.HttpRequest) -> str:
    return answer(request.kameleoon)  # type: ignore[attr-defined]  # pyright: ignore[reportAttributeAccessIssue]


def django_middleware(
    get_response: Callable[[django.http.HttpRequest], django.http.HttpResponse],
) -> kameleoon.django.KameleoonMiddleware:
    return kameleoon.django.KameleoonMiddleware(get_response)
