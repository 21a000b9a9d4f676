"""As ``web``, over ASGI. The middleware sends what is queued at the end of the lifespan."""

from __future__ import annotations

from typing import Any

from kameleoon import KameleoonASGIMiddleware
from tests.servers.programs.shop import answer_async, client


async def site(scope: dict[str, Any], receive: Any, send: Any) -> None:
    if scope["type"] == "lifespan":
        while True:
            message = await receive()
            if message["type"] == "lifespan.startup":
                await client.wait_init_async()
            await send({"type": message["type"] + ".complete"})
            if message["type"] == "lifespan.shutdown":
                return
    text = (await answer_async(scope["query_string"].decode())).encode()
    headers = [(b"content-length", str(len(text)).encode())]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": text})


application = KameleoonASGIMiddleware(site, client)
