"""``HttpService.exchange``: one request without conclusions, and the stages that it goes through."""

from __future__ import annotations

from pathlib import Path

import pytest

from kameleoon._events import EventDispatcher, Handlers
from kameleoon._lanes import Lane
from kameleoon._network.connections import Stage
from kameleoon._network.deadline import Deadline
from kameleoon._network.http import HttpService
from kameleoon._network.request import Request
from kameleoon.events.request_type import RequestType
from kameleoon.testing import Platform
from tests.conftest import LogLines
from tests.loopback import JsonHandler
from tests.secure_loopback import make_certificate, secure_service


class Plain(JsonHandler):
    def do_GET(self) -> None:
        self.answer({})


def service() -> HttpService:
    events = EventDispatcher(Handlers(), Lane("test"))
    return HttpService(lambda: events, 10)


def test_a_kept_connection_goes_through_the_last_stage_alone(platform: Platform) -> None:
    http, request = service(), Request(RequestType.DATAFILE, "GET", f"{platform.origin}/v3/site")
    stages: list[Stage] = []
    assert http.exchange(request, Deadline.after(10), stages.append).status == 200
    assert stages == [Stage.NAME, Stage.CONNECTION, Stage.FIRST_BYTE]
    http.exchange(request, Deadline.after(10), stages.append)
    assert stages[3:] == [Stage.FIRST_BYTE]


def test_with_tls_there_is_a_handshake(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    certificate = make_certificate(tmp_path)
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(certificate))
    stages: list[Stage] = []
    with secure_service(certificate, Plain) as origin:
        service().exchange(Request(RequestType.DATAFILE, "GET", origin), Deadline.after(10), stages.append)
    assert stages == [Stage.NAME, Stage.CONNECTION, Stage.TLS, Stage.FIRST_BYTE]


def test_an_answer_of_any_status_is_an_answer_and_nothing_is_said_or_counted(platform: Platform, log: LogLines) -> None:
    http = service()
    platform.misbehave("configuration", "status", status=500)
    request = Request(RequestType.DATAFILE, "GET", f"{platform.origin}/v3/site")
    assert http.exchange(request, Deadline.after(10)).status == 500
    assert log.lines == []
    assert http.counts[RequestType.DATAFILE].failed == 0
