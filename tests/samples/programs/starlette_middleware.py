"""Starlette with the middleware: ``uvicorn starlette_middleware:app``."""

from contextlib import asynccontextmanager

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.responses import PlainTextResponse
from starlette.routing import Route

from kameleoon import KameleoonASGIMiddleware, KameleoonClientFactory

client = KameleoonClientFactory.create("shop")


@asynccontextmanager
async def lifespan(_app):
    await client.wait_init_async()
    yield  # at the shutdown the middleware sends what is queued


async def shop(request):
    visitor = client.get_visitor_code(cookies_readonly=request.cookies)
    return PlainTextResponse(f"{visitor} {client.get_variation(visitor, 'checkout').key}")


async def consent(request):
    visitor = client.get_visitor_code(cookies_readonly=request.cookies)
    client.set_legal_consent(visitor, request.query_params["given"] == "yes")
    return await shop(request)


async def buy(request):
    visitor = client.get_visitor_code(cookies_readonly=request.cookies)
    client.track_conversion(visitor, goal_id=7, revenue=49.9)
    return await shop(request)


app = Starlette(
    routes=[Route("/", shop), Route("/consent", consent, methods=["POST"]), Route("/buy", buy, methods=["POST"])],
    middleware=[Middleware(KameleoonASGIMiddleware, client=client)],
    lifespan=lifespan,
)
