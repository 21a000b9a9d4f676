"""As ``web``, over ASGI. The middleware sends what is queued at the end of the lifespan."""

from __future__ import annotations

import os
from typing import Any

from kameleoon import KameleoonASGIMiddleware
from tests.servers.programs.shop import client


async def site(scope: dict[str, Any], receive: Any, send: Any) -> None:
    if scope["type"] == "lifespan":
        while True:
            message = await receive()
            if message["type"] == "lifespan.startup":
                await client.wait_init_async()
            await send({"type": message["type"] + ".complete"})
            if message["type"] == "lifespan.shutdown":
                return
    visitor_code = scope["query_string"].decode()
    is_active = client.is_feature_active(visitor_code, "flag")
    client.track_conversion(visitor_code, os.getpid())
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": f"{is_active} {os.getpid()}".encode()})


application = KameleoonASGIMiddleware(site, client)
