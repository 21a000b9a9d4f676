"""aiohttp's own server: handlers hand the response's cookies to the client: ``python aiohttp_by_hand.py``."""

import socket

from aiohttp import web

from kameleoon import KameleoonClientFactory

client = KameleoonClientFactory.create("shop")


async def shop(request):
    response = web.Response()
    visitor = client.get_visitor_code(cookies_readonly=request.cookies, cookies=response.cookies)
    response.text = f"{visitor} {client.get_variation(visitor, 'checkout').key}"
    return response


async def consent(request):
    response = web.Response()
    visitor = client.get_visitor_code(cookies_readonly=request.cookies, cookies=response.cookies)
    client.set_legal_consent(visitor, request.query["given"] == "yes", response.cookies)
    response.text = f"{visitor} {client.get_variation(visitor, 'checkout').key}"
    return response


async def buy(request):
    visitor = client.get_visitor_code(cookies_readonly=request.cookies)
    client.track_conversion(visitor, goal_id=7, revenue=49.9)
    return web.Response(text=f"{visitor} {client.get_variation(visitor, 'checkout').key}")


async def client_of(_app):
    await client.wait_init_async()
    yield
    await client.aclose()


app = web.Application()
app.add_routes([web.get("/", shop), web.post("/consent", consent), web.post("/buy", buy)])
app.cleanup_ctx.append(client_of)

if __name__ == "__main__":
    with socket.create_server(("127.0.0.1", 0)) as listening:
        print(f"Serving on http://127.0.0.1:{listening.getsockname()[1]}", flush=True)
        web.run_app(app, sock=listening, print=None)
