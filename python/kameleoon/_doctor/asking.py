"""One request to one service, by the client's own connections, and what came of it."""

from __future__ import annotations

import contextlib
import json
import time
from dataclasses import dataclass, field
from typing import Any, Union

import requests.utils

from kameleoon._doctor.timing import Timing
from kameleoon._events import EventDispatcher, Handlers
from kameleoon._lanes import Lane
from kameleoon._network.connections import Stage
from kameleoon._network.deadline import Deadline
from kameleoon._network.endpoints import SDK_NAME, SDK_VERSION
from kameleoon._network.http import HttpService
from kameleoon._network.request import Answer, Request
from kameleoon._network.trust import Trust, certificate_bundle
from kameleoon._settings.origins import without_secrets
from kameleoon.events.request_type import RequestType

__all__ = ["Answered", "Service", "Unanswered", "asked", "data_file_request", "http_service", "read_certificates"]


@dataclass(frozen=True)
class Service:
    """A service: its ``name`` in the report, and the ``address`` that it was asked at."""

    name: str
    address: str

    @property
    def shown(self) -> str:
        """The address without its query and without credentials."""
        return self.shown_with_query.partition("?")[0]

    @property
    def shown_with_query(self) -> str:
        """The address without credentials; the query names the environment, but visitors never: none is asked for."""
        return without_secrets(self.address)


@dataclass(frozen=True)
class Answered:
    """There was an answer, of any status. ``with_token``: whether the request carried an access token.
    ``received_at``: when it was there whole, in seconds since the epoch.
    """

    service: Service
    answer: Answer
    timing: Timing
    with_token: bool = False
    received_at: float = field(default_factory=time.time)

    @property
    def json_object(self) -> dict[str, Any] | None:
        """The JSON object that the answer is; ``None`` if it is none."""
        try:
            found = json.loads(self.answer.body)
        except (ValueError, RecursionError):
            return None
        return found if isinstance(found, dict) else None


@dataclass(frozen=True)
class Unanswered:
    """There was none. ``reached``: the last stage that was."""

    service: Service
    error: BaseException
    timing: Timing
    reached: Stage | None = None


def http_service(timeout: float, trust: Trust | None = None) -> HttpService:
    """What makes requests, with connections of its own. ``timeout``: seconds."""
    events = EventDispatcher(Handlers(), Lane("kameleoon-doctor"))  # of ``exchange`` nobody is told
    return HttpService(lambda: events, timeout, trust)


def read_certificates() -> Trust:
    """The certificates that are trusted, read before any time is taken."""
    trust = Trust()
    with contextlib.suppress(OSError):  # then each request says so
        trust.context(certificate_bundle() or requests.utils.DEFAULT_CA_BUNDLE_PATH)
    return trust


def data_file_request(service: Service, last_modified: str | None = None) -> Request:
    """Asks for the data file, or, with the ``Last-Modified`` of one, whether there is another one."""
    headers = {"X-Kameleoon-SDK-Type": SDK_NAME, "X-Kameleoon-SDK-Version": SDK_VERSION}
    if last_modified is not None:
        headers["If-Modified-Since"] = last_modified
    return Request(RequestType.DATAFILE, "GET", service.address, headers)


def asked(
    http: HttpService, service: Service, request: Request, deadline: Deadline, *, with_token: bool = False
) -> Union[Answered, Unanswered]:
    """What came of a request. Never raises for what the network does."""
    timing = Timing()
    try:
        answer = http.exchange(request, deadline, timing.reach)
    except Exception as error:  # noqa: BLE001  # whatever the network or the library does is what was to be found
        timing.end()
        return Unanswered(service, error, timing, timing.last)
    timing.end()
    return Answered(service, answer, timing, with_token)
