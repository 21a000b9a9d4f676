"""A shop with Starlette, whose client is made when it starts: ``uvicorn starlette_shop:app``."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Route

from kameleoon import KameleoonClientFactory
from kameleoon.starlette import install, visitor


@asynccontextmanager
async def lifespan(app: Starlette) -> AsyncIterator[None]:
    async with KameleoonClientFactory.create("shop") as app.state.client:  # its end closes it
        yield


async def shop(request: Request) -> PlainTextResponse:
    return PlainTextResponse(f"{visitor(request).code} {visitor(request).variation('checkout').key}")


async def consent(request: Request) -> PlainTextResponse:
    visitor(request).consent = request.query_params["given"] == "yes"
    return await shop(request)


async def buy(request: Request) -> PlainTextResponse:
    visitor(request).convert(7, revenue=49.9)
    return await shop(request)


routes = [Route("/", shop), Route("/consent", consent, methods=["POST"]), Route("/buy", buy, methods=["POST"])]
app = Starlette(routes=routes, lifespan=lifespan)
install(app, lambda: app.state.client)
