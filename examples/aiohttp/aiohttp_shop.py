"""A shop with aiohttp's own server: ``python aiohttp_shop.py``."""

import socket

from aiohttp import web

from kameleoon import KameleoonClientFactory
from kameleoon.aiohttp import install, visitor


async def shop(request: web.Request) -> web.Response:
    return web.Response(text=f"{visitor(request).code} {visitor(request).variation('checkout').key}")


async def consent(request: web.Request) -> web.Response:
    visitor(request).consent = request.query["given"] == "yes"
    return await shop(request)


async def buy(request: web.Request) -> web.Response:
    visitor(request).convert(7, revenue=49.9)
    return await shop(request)


app = web.Application()
app.add_routes([web.get("/", shop), web.post("/consent", consent), web.post("/buy", buy)])
install(app, KameleoonClientFactory.create("shop"))

if __name__ == "__main__":
    with socket.create_server(("127.0.0.1", 0)) as listening:
        print(f"Serving on http://127.0.0.1:{listening.getsockname()[1]}", flush=True)
        web.run_app(app, sock=listening, print=None)
