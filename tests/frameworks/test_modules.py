"""The modules of the other frameworks, beyond what the shops show under their servers (tests/samples)."""

from __future__ import annotations

import re
import sys
import warnings
from collections.abc import Iterator
from contextlib import asynccontextmanager
from typing import Any

import pytest

from kameleoon import KameleoonClient, KameleoonClientConfig
from kameleoon.testing import DataFile
from tests.samples.servers import EXAMPLES

FLAGS = DataFile().flag("checkout").experiment(on=100).build()
NAME = "kameleoonVisitorCode"


@pytest.fixture
def client() -> Iterator[KameleoonClient]:
    with KameleoonClient("site", KameleoonClientConfig.offline(FLAGS)) as client:
        yield client


@pytest.mark.filterwarnings("ignore")  # what FastAPI's test client wants changes from version to version
def test_fastapi_shows_nothing_in_the_schema_and_knows_websockets(client: KameleoonClient) -> None:
    fastapi = pytest.importorskip("fastapi")
    pytest.importorskip("httpx")
    with warnings.catch_warnings(action="ignore") if sys.version_info >= (3, 11) else warnings.catch_warnings():
        from fastapi.testclient import TestClient

    from kameleoon.fastapi import CurrentVisitor, install

    order: list[str] = []

    @asynccontextmanager
    async def lifespan(_app: Any) -> Any:
        order.append("begins")
        yield {"own": "state"}
        order.append("ends")

    app = fastapi.FastAPI(lifespan=lifespan)
    install(app, client)

    async def shop(visitor: CurrentVisitor, request: fastapi.Request) -> dict[str, Any]:
        return {"code": visitor.code, "variation": visitor.variation("checkout").key, "own": request.state.own}

    async def chat(socket: fastapi.WebSocket, visitor: CurrentVisitor) -> None:
        await socket.accept()
        await socket.send_text(visitor.code)

    shop.__annotations__["request"], chat.__annotations__["socket"] = fastapi.Request, fastapi.WebSocket
    shop.__annotations__["visitor"] = chat.__annotations__["visitor"] = CurrentVisitor
    app.get("/")(shop)
    app.websocket("/chat")(chat)
    with TestClient(app) as browser:
        first, second = browser.get("/").json(), browser.get("/").json()
        assert first == second and first["variation"] == "on" and first["own"] == "state"
        with browser.websocket_connect("/chat") as socket:
            assert socket.receive_text() == first["code"]
        schema = browser.get("/openapi.json").json()
        assert "parameters" not in schema["paths"]["/"]["get"]
        assert "isitor" not in str(schema)
    assert order == ["begins", "ends"]


def test_without_the_installation_it_is_told() -> None:
    pytest.importorskip("starlette")
    from starlette.requests import HTTPConnection

    from kameleoon.starlette import visitor

    with pytest.raises(RuntimeError, match="install"):
        visitor(HTTPConnection({"type": "http", "headers": []}))


@pytest.mark.parametrize("framework", ["flask", "fastapi", "starlette", "aiohttp", "django"])
def test_code_evaluation_and_cookie_take_three_lines_at_most(framework: str) -> None:
    """What is there beside the client and what the framework itself wants: to install, to get hold of the visitor, to ask."""
    (path,) = (EXAMPLES / framework).glob("*_shop.py")
    text = path.read_text(encoding="utf-8")
    installing = re.findall(r"(?:^install\(app|^Kameleoon\(app|^INSTALLED_APPS =|^MIDDLEWARE =).*$", text, re.MULTILINE)
    asking = re.findall(r"^.*variation\('checkout'\).*$", text, re.MULTILINE)
    assert len(installing) + len(asking[:1]) <= 3, installing + asking
    assert len(installing) >= 1 and asking
