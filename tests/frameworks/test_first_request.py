"""The first request, or task, of a process waits for the configuration; those that come later never do."""

from __future__ import annotations

import os
import subprocess
import sys
import textwrap
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from kameleoon.kameleoon_client import KameleoonClient
from kameleoon.testing import DataFile, Fault, FaultKind, Platform, ServiceName
from tests.integration.conftest import make_online

__all__ = ["make_online"]

CHECKOUT = DataFile().flag("checkout").experiment(on=100).build()
LATE = Fault(FaultKind.LATENCY, seconds=1.0)
SILENT = Fault(FaultKind.BLACK_HOLE)
Clients = Callable[..., KameleoonClient]


@pytest.fixture
def platform() -> Iterator[Platform]:
    with Platform(CHECKOUT) as platform:
        yield platform


def flask_app(client: Any) -> Any:
    flask = pytest.importorskip("flask")
    from kameleoon.flask import Kameleoon, visitor

    app = flask.Flask("shop")
    Kameleoon(app, client)

    @app.get("/")
    def shop() -> str:
        return "on" if visitor.is_active("checkout") else "off"

    @app.errorhandler(Exception)
    def unknown(error: Exception) -> str:
        return type(error).__name__

    return app


def run(code: str, platform: Platform, **more: str) -> list[str]:
    """The words that a program prints."""
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(code)],
        env={**os.environ, "ORIGIN": platform.origin, **more},
        capture_output=True,
        text=True,
        timeout=90,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.split()


def test_flask(platform: Platform, make_online: Clients) -> None:
    platform.faults.set(ServiceName.CONFIGURATION, LATE)
    app = flask_app(make_online(default_timeout_millisecond=30_000))
    assert [app.test_client().get("/").text for _ in range(3)] == ["on"] * 3


def test_flask_and_a_client_that_a_function_makes(platform: Platform, make_online: Clients) -> None:
    platform.faults.set(ServiceName.CONFIGURATION, LATE)
    made: list[KameleoonClient] = []

    def give() -> KameleoonClient:
        if not made:
            made.append(make_online(default_timeout_millisecond=30_000))
        return made[0]

    app = flask_app(give)
    assert made == [], "the parent of the reloader, and commands, have none"
    assert app.test_client().get("/").text == "on"


def test_requests_that_come_together_wait_together(platform: Platform, make_online: Clients) -> None:
    platform.faults.set(ServiceName.CONFIGURATION, LATE)
    app = flask_app(make_online(default_timeout_millisecond=30_000))
    with ThreadPoolExecutor(8) as threads:
        assert list(threads.map(lambda _: app.test_client().get("/").text, range(8))) == ["on"] * 8


def test_the_wait_is_bounded_and_there_is_one(platform: Platform, make_online: Clients) -> None:
    platform.faults.set(ServiceName.CONFIGURATION, SILENT)
    app = flask_app(make_online(default_timeout_millisecond=1000))
    began = time.monotonic()
    assert {app.test_client().get("/").text for _ in range(100)} == {"FeatureNotFound"}
    assert 0.9 < time.monotonic() - began < 30, "100 seconds, if each waited"


def test_a_client_that_cannot_have_a_configuration_is_not_waited_for(make_online: Clients) -> None:
    app = flask_app(make_online(endpoint="http://127.0.0.1:1", default_timeout_millisecond=600_000))
    assert app.test_client().get("/").text == "FeatureNotFound"


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
def test_a_forked_child_waits_for_itself(platform: Platform) -> None:
    """What the parent has given up is had in the child."""
    pytest.importorskip("flask")
    platform.faults.set(ServiceName.CONFIGURATION, Fault(FaultKind.STATUS, status=403, times=1))
    code = """
        import os
        from flask import Flask
        from kameleoon import KameleoonClient, KameleoonClientConfig
        from kameleoon.flask import Kameleoon, visitor

        app = Flask("shop")
        Kameleoon(app, KameleoonClient("x", KameleoonClientConfig("id", "secret", endpoint=os.environ["ORIGIN"])))
        app.errorhandler(Exception)(lambda error: "none")
        app.get("/")(lambda: visitor.variation("checkout").key)
        print(app.test_client().get("/").text, flush=True)
        if os.fork() == 0:
            print(app.test_client().get("/").text, flush=True)
            os._exit(0)
        os.wait()
    """
    assert run(code, platform) == ["none", "on"]


DJANGO = """
    import asyncio
    import os
    from django.conf import settings

    settings.configure(
        ROOT_URLCONF=__name__, ALLOWED_HOSTS=["*"], INSTALLED_APPS=["kameleoon.django"],
        MIDDLEWARE=["kameleoon.django.KameleoonMiddleware"], KAMELEOON={
            "site_code": "x", "client_id": "id", "client_secret": "secret", "endpoint": os.environ["ORIGIN"],
            "default_timeout_millisecond": int(os.environ["TIMEOUT"])})
    import django

    django.setup()
    from django.http import HttpResponse
    from django.test import AsyncClient, Client
    from django.urls import path
    from kameleoon.exceptions import FeatureNotFound

    def answer(request):
        try:
            return HttpResponse(request.kameleoon.variation("checkout").key)
        except FeatureNotFound:
            return HttpResponse("none")

    async def answer_async(request):
        return answer(request)

    urlpatterns = [path("", answer), path("async", answer_async)]

    def get():
        return Client().get("/").content.decode()

    async def get_async():
        return (await AsyncClient().get("/async")).content.decode()

    async def get_many():
        return await asyncio.gather(*(get_async() for _ in range(100)))
"""


@pytest.mark.parametrize("asks", ["get()", "asyncio.run(get_async())", "*asyncio.run(get_many())"])
def test_django(platform: Platform, asks: str) -> None:
    pytest.importorskip("django")
    platform.faults.set(ServiceName.CONFIGURATION, LATE)
    assert set(run(f"{DJANGO}\n    print({asks})", platform, TIMEOUT="30000")) == {"on"}


@pytest.mark.parametrize("asks", ["get()", "asyncio.run(get_async())"])
def test_the_wait_of_django_is_bounded_and_there_is_one(platform: Platform, asks: str) -> None:
    pytest.importorskip("django")
    platform.faults.set(ServiceName.CONFIGURATION, SILENT)
    assert run(f"{DJANGO}\n    print(*[{asks} for _ in range(200)])", platform, TIMEOUT="1000") == ["none"] * 200


def test_an_event_loop_goes_on_while_djangos_first_request_waits(platform: Platform) -> None:
    pytest.importorskip("django")
    platform.faults.set(ServiceName.CONFIGURATION, LATE)
    code = """
    async def main():
        ticks = 0
        waiting = asyncio.ensure_future(get_async())
        while not waiting.done():
            await asyncio.sleep(0.01)
            ticks += 1
        print(ticks > 3, waiting.result())

    asyncio.run(main())
    """
    assert run(DJANGO + code, platform, TIMEOUT="30000") == ["True", "on"]
