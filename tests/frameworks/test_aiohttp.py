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


def test_what_a_request_holds_is_found_under_its_text_and_nothing_warns() -> None:
    """In a process of its own: aiohttp warns of a key once."""
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", textwrap.dedent(SERVED)],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.stdout.splitlines() == ["200 alice"] * 2, done.stderr
