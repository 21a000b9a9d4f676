"""A service that cannot show that it is the right one gets nothing: no token, no secret, no visitor, no event.

Each service, asked by threads and by event loops, with each thing that can be wrong with a certificate; and with a right
one, by which all of it works. Whether a certificate was revoked is not asked (docs/security.md).
"""

from __future__ import annotations

import asyncio
import importlib.util
from collections import defaultdict
from pathlib import Path
from typing import Any

import pytest

from kameleoon import KameleoonClient
from kameleoon.events import EventType, RequestType
from tests.authority import WRONG, Authority, TlsService, tls_service
from tests.integration.conftest import eventually
from tests.loopback import JsonHandler

HAS_AIOHTTP = importlib.util.find_spec("aiohttp") is not None
WAYS = ["thread", pytest.param("event loop", marks=pytest.mark.skipif(not HAS_AIOHTTP, reason="no aiohttp"))]
ALL = ["/oauth/token", "/map/map", "/visit/visitor", "/visit/events", "/sse"]


class Service(JsonHandler):
    """All services. Ends each connection, so that the next request shows its certificate anew; once it has given a data
    file it has the certificate ``then``.
    """

    protocol_version = "HTTP/1.0"
    asked: list[str]
    then: Any = None
    server: TlsService

    def do_GET(self) -> None:
        path = self.path.partition("?")[0]
        self.asked.append(path)
        if path.startswith("/v3/") and self.then is not None:
            self.server.context = self.then
        answers = {"/map/map": {"a": 1}, "/visit/visitor": {}, "/sse": {}}
        self.answer(answers.get(path, {"featureFlags": [], "configuration": {"realTimeUpdate": True}}))

    def do_POST(self) -> None:
        self.asked.append(self.path.partition("?")[0])
        self.body()
        self.answer({"access_token": "t0ken-0123456789", "expires_in": 7200})


class Failures:
    """Why requests failed, by their kind."""

    def __init__(self) -> None:
        self.reasons: defaultdict[RequestType, set[str]] = defaultdict(set)

    def on_request_succeeded(self, request_type: Any, http_status: int, duration_millis: int) -> None:
        pass

    def on_request_failed(self, request_type: Any, failure: Any, duration_millis: int) -> None:
        self.reasons[request_type].add(str(failure.cause).lower())


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("authority"))


@pytest.fixture(autouse=True)
def trusted(authority: Authority, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(authority.certificate))
    return authority.certificate


def service(**attributes: Any) -> type[Service]:
    return type("_Service", (Service,), {"asked": [], **attributes})


def ask(client: KameleoonClient, way: str) -> tuple[Any, Any]:
    """Remote data and remote visitor data."""
    if way == "thread":
        return client.get_remote_data("key", timeout=10), client.get_remote_visitor_data("visitor", timeout=10)

    async def main() -> tuple[Any, Any]:
        return (
            await client.get_remote_data_async("key", timeout=10),
            await client.get_remote_visitor_data_async("visitor", timeout=10),
        )

    return asyncio.run(main())


@pytest.mark.parametrize("way", WAYS)
def test_with_the_right_certificate_every_service_is_asked(authority: Authority, make_online: Any, way: str) -> None:
    handler = service()
    with tls_service(authority.context("good"), handler) as running:
        client = make_online(endpoint=running.origin, default_timeout_millisecond=20_000)
        assert client.wait_init()
        assert ask(client, way) == ({"a": 1}, [])
        client.track_conversion("visitor", 1)
        assert client.flush(timeout=20) is True
        eventually(lambda: set(ALL) <= set(handler.asked), 20)


@pytest.mark.parametrize("wrong", WRONG)
def test_no_data_file_is_taken_from_a_service_with_a_wrong_certificate(
    authority: Authority, make_online: Any, wrong: str, log: Any
) -> None:
    handler = service()
    with tls_service(authority.context(wrong), handler) as running:
        client = make_online(endpoint=running.origin, default_timeout_millisecond=20_000)
        assert client.wait_init() is False
        reason = client.stats().requests["DATAFILE"]["last_error"].lower()
        assert WRONG[wrong] in reason
        client.close(0)
    assert handler.asked == []


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("wrong", WRONG)
def test_nothing_is_given_to_a_service_with_a_wrong_certificate(
    authority: Authority, make_online: Any, wrong: str, way: str, log: Any
) -> None:
    """It had the right one for the data file; stream, token, data and events find the wrong one."""
    handler, failures = service(then=authority.context(wrong)), Failures()
    with tls_service(authority.context("good"), handler) as running:
        client = make_online(endpoint=running.origin, default_timeout_millisecond=20_000)
        client.set_event_handler(EventType.HTTP_REQUEST, failures)
        assert client.wait_init()
        assert ask(client, way) == (None, [])
        client.track_conversion("visitor", 1)
        assert client.flush(timeout=0.5) is False
        eventually(lambda: client.stats().data_source.state == "polling", 20)
        assert "SSLError" in client.stats().data_source.why  # the stream
        client.close(0)
    assert [path for path in handler.asked if not path.startswith("/v3/")] == []
    kinds = {RequestType.ACCESS_TOKEN, RequestType.REMOTE_DATA, RequestType.REMOTE_VISITOR_DATA, RequestType.TRACKING}
    assert kinds <= set(failures.reasons)
    for kind in kinds:
        assert any(WRONG[wrong] in reason for reason in failures.reasons[kind]), (kind, failures.reasons[kind])
