"""aiohttp's server, beyond what its shop shows (tests/samples)."""

from __future__ import annotations

import subprocess
import sys
import textwrap

import pytest

pytest.importorskip("aiohttp")

SERVED = """
    import asyncio

    from aiohttp import web
    from aiohttp.test_utils import TestClient, TestServer

    from kameleoon import KameleoonClient, KameleoonClientConfig
    from kameleoon.aiohttp import install, visitor
    from kameleoon.testing import DataFile

    FLAGS = DataFile().flag("checkout").experiment(on=100).build()


    async def shop(request):
        assert request["kameleoon.visitor"] is visitor(request)
        assert "kameleoon.visitor" in request and "kameleoon.visitor_code" in dict(request)
        codes = {
            visitor(request).code,
            request["kameleoon.visitor_code"],
            request.get("kameleoon.visitor_code"),
            request.clone()["kameleoon.visitor_code"],
            client.visitor_from(request).code,
        }
        return web.Response(text=" ".join(codes))


    async def main():
        app = web.Application()
        app.add_routes([web.get("/", shop)])
        install(app, client)
        async with TestClient(TestServer(app)) as browser:
            for _ in range(2):
                answer = await browser.get("/", headers={"Cookie": "kameleoonVisitorCode=alice"})
                print(answer.status, await answer.text())


    with KameleoonClient("site", KameleoonClientConfig.offline(FLAGS)) as client:
        asyncio.run(main())
"""


VARYING = """
    import asyncio

    from aiohttp import web
    from aiohttp.test_utils import TestClient, TestServer

    from kameleoon import KameleoonClient, KameleoonClientConfig
    from kameleoon.aiohttp import install


    async def shop(request):
        response = web.Response()
        for value in request.query.getall("vary", []):
            response.headers.add("Vary", value)
        return response


    async def missing(request):
        raise web.HTTPNotFound


    async def chat(request):
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        await socket.close()
        return socket


    async def main():
        app = web.Application()
        app.add_routes([web.get("/", shop), web.get("/missing", missing), web.get("/chat", chat)])
        install(app, client)
        async with TestClient(TestServer(app)) as browser:
            for path in ("/", "/?vary=Accept&vary=Origin", "/?vary=cookie", "/?vary=*", "/missing"):
                print((await browser.get(path)).headers.getall("Vary"))
            upgrade = {"Connection": "upgrade", "Upgrade": "websocket", "Sec-WebSocket-Version": "13"}
            async with browser.get("/chat", headers={**upgrade, "Sec-WebSocket-Key": "AAAAAAAAAAAAAAAAAAAAAA=="}) as answer:
                print(answer.status, answer.headers.getall("Vary", []))


    with KameleoonClient("site", KameleoonClientConfig.offline({"featureFlags": []})) as client:
        asyncio.run(main())
"""


def run(program: str) -> subprocess.CompletedProcess[str]:
    """In a process of its own, where each warning is an error: aiohttp warns of a key once."""
    return subprocess.run(
        [sys.executable, "-W", "error", "-c", textwrap.dedent(program)],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_what_a_request_holds_is_found_under_its_text_and_nothing_warns() -> None:
    done = run(SERVED)
    assert done.stdout.splitlines() == ["200 alice"] * 2, done.stderr


def test_each_response_varies_by_cookie_and_says_so_once() -> None:
    done = run(VARYING)
    assert done.stdout.splitlines() == [
        "['Cookie']",
        "['Accept, Origin, Cookie']",
        "['cookie']",
        "['*']",
        "['Cookie']",
        "101 []",
    ], done.stderr
