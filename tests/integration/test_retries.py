"""When a client asks again: as the service asks for, and not all clients at once."""

from __future__ import annotations

import time
from email.utils import formatdate
from typing import Any

import pytest

from tests.data_files import data_file, flag
from tests.integration.conftest import eventually
from tests.loopback import JsonHandler, QuietServer, serving


class Handler(JsonHandler):
    """Answers the first requests with 503 and ``Retry-After``."""

    asked: list[float]
    failures = 1
    retry_after: Any = None
    file = data_file(flag())

    def do_GET(self) -> None:
        self.asked.append(time.monotonic())
        if len(self.asked) > self.failures:
            self.answer(self.file)
            return
        self.send_response(503)
        if self.retry_after is not None:
            self.send_header("Retry-After", self.retry_after())
        self.send_header("Content-Length", "0")
        self.end_headers()


@pytest.mark.parametrize("form", ["seconds", "date"])
def test_a_client_asks_again_when_the_service_says(form: str, make_online: Any, log: Any) -> None:
    class Busy(Handler):
        asked: list[float] = []

        @staticmethod
        def retry_after() -> str:
            return "2" if form == "seconds" else formatdate(time.time() + 2.5, usegmt=True)

    with serving(QuietServer, Busy) as origin:
        client = make_online(endpoint=origin, refresh_interval_minute=0.2 / 60)
        assert client.wait_init(30000) is False
        assert client.wait_init(10000, keep_trying=True) is True
        first, second, *_ = Busy.asked
        assert 1.4 < second - first < 3.2, "neither the retry nor a poll comes before"


@pytest.mark.parametrize("odd", ["soon", "-5", "", "1e400", "nan", "Thu, 99 Foo 2026 00:00:00 GMT"])
def test_a_retry_after_that_cannot_be_read_counts_as_none(odd: str, make_online: Any, log: Any) -> None:
    class Odd(Handler):
        asked: list[float] = []

        @staticmethod
        def retry_after() -> str:
            return odd

    with serving(QuietServer, Odd) as origin:
        client = make_online(endpoint=origin)
        assert client.wait_init() is True, "by the immediate retry"


def test_polls_of_clients_that_started_together_are_spread(make_online: Any) -> None:
    class Polled(Handler):
        asked: list[float] = []
        failures = 0

    with serving(QuietServer, Polled) as origin:
        clients = [make_online(endpoint=origin, refresh_interval_minute=2 / 60) for _ in range(12)]
        for client in clients:
            assert client.wait_init()
        start = Polled.asked[0]
        eventually(lambda: len(Polled.asked) >= 24, 10)
        started, polled = sorted(Polled.asked)[:12], sorted(Polled.asked)[12:24]
        assert started[-1] - start < 1
        spread = (polled[-1] - polled[0]) - (started[-1] - started[0])
        assert spread > 0.1, "12 polls within 10 % of 2 s each way"
