"""Asks each service once, all side by side, within one time-out: what hangs holds up nothing else.

The requests are the client's own, by its own connections (proxy, certificates, look-up, deadline). None of them counts:
tracking gets an empty body, which holds no event; remote data are asked for under a key that nobody has.
"""

from __future__ import annotations

import base64
import queue
import threading
from collections.abc import Callable
from concurrent.futures import Future
from concurrent.futures import TimeoutError as FutureTimeoutError
from dataclasses import dataclass, field
from typing import Union

from kameleoon._doctor.asking import (
    Answered,
    Service,
    Unanswered,
    asked,
    data_file_request,
    http_service,
    read_certificates,
)
from kameleoon._doctor.timing import Timing
from kameleoon._network.connections import Stage
from kameleoon._network.deadline import Deadline
from kameleoon._network.endpoints import Endpoints
from kameleoon._network.http import HttpService
from kameleoon._network.request import Request
from kameleoon._settings.table import Settings
from kameleoon._source.events import StreamOpened
from kameleoon._source.stream import EventStream, HasDescriptor, OpenedStream, StreamReport
from kameleoon.events.request_type import RequestType
from kameleoon.testing.data_file_reading import mapping

__all__ = ["Outcome", "Services", "Streamed"]

_HEARTBEAT_SECONDS = 2.0
"""A stream is listened to for so long: services need not send heartbeats."""
_GRACE_SECONDS = 0.5
"""What a check may take beyond the time-out to come to its end."""
_NOBODY = "kameleoon-doctor"
"""A key of remote data that nobody has."""


@dataclass(frozen=True)
class Streamed:
    """What a stream has reported until it was stopped."""

    service: Service
    reports: list[StreamReport] = field(default_factory=list)
    timing: Timing = field(default_factory=Timing)


Outcome = Union[Answered, Unanswered, Streamed]


class Services:
    """The services of one site, as one configuration sees them."""

    def __init__(self, site_code: str, settings: Settings, timeout: float) -> None:
        """``timeout``: seconds for all of it."""
        self._site_code = site_code
        self._settings = settings
        self._timeout = timeout
        self._trust = read_certificates()
        self._deadline = Deadline.after(timeout)
        self._latest = Deadline(self._deadline.moment + _GRACE_SECONDS)
        self._data_domain: Future[str | None] = Future()
        self._token: Future[str | None] = Future()

    def ask(self) -> list[Outcome]:
        """Asks; what came of it, in the order of the report. A service that clients of these settings do not ask is
        left out, and so is the one for tokens where a part of the credentials is missing.
        """
        endpoints = self._endpoints()
        asks: list[tuple[Service, Callable[[Service], Outcome]]] = []
        if self._settings.data_source is None:
            asks.append((Service("configuration", endpoints.configuration(None)), self._ask_for_configuration))
            asks.append((Service("event stream", endpoints.event_stream()), self._ask_for_stream))
        else:
            self._data_domain.set_result(None)
        if self._settings.client_id and self._settings.client_secret:
            asks.append((Service("access token", endpoints.access_token()), self._ask_for_token))
        else:
            self._token.set_result(None)
        asks.append((Service("tracking", endpoints.tracking()), self._ask_tracking))
        asks.append((Service("data", endpoints.remote_data(_NOBODY)), self._ask_for_data))
        answers = [(service, _started(ask, service)) for service, ask in asks]
        return [self._waited(service, answer) for service, answer in answers]

    def _waited(self, service: Service, answer: Future[Outcome]) -> Outcome:
        try:
            return answer.result(self._latest.remaining())
        except FutureTimeoutError:  # of what keeps no deadline: a proxy of another kind, say
            return Unanswered(service, TimeoutError("it did not end in time"), Timing(), Stage.TLS)

    def _ask_for_configuration(self, service: Service) -> Outcome:
        domain = None
        try:
            outcome = asked(self._http(), service, data_file_request(service), self._deadline)
            if isinstance(outcome, Answered):
                named = mapping(mapping(outcome.json_object).get("configuration")).get("dataApiDomain")
                domain = named if isinstance(named, str) else None
        finally:
            self._data_domain.set_result(domain)
        return outcome

    def _ask_for_token(self, service: Service) -> Outcome:
        credentials = f"{self._settings.client_id}:{self._settings.client_secret}".encode()
        headers = {
            "Authorization": "Basic " + base64.b64encode(credentials).decode("ascii"),
            "Content-Type": "application/x-www-form-urlencoded",
        }
        token = None
        try:
            request = Request(
                RequestType.ACCESS_TOKEN, "POST", service.address, headers, b"grant_type=client_credentials"
            )
            outcome = asked(self._http(), service, request, self._deadline)
            if isinstance(outcome, Answered) and 200 <= outcome.answer.status < 300:
                given = mapping(outcome.json_object).get("access_token")
                token = given if isinstance(given, str) else None
        finally:
            self._token.set_result(token)
        return outcome

    def _ask_tracking(self, service: Service) -> Outcome:
        service = Service(service.name, self._endpoints(self._waited_for(self._data_domain)).tracking())
        return self._exchange_with_token(
            service, Request(RequestType.TRACKING, "POST", service.address, {"Content-Type": "*/*"}, b"")
        )

    def _ask_for_data(self, service: Service) -> Outcome:
        service = Service(service.name, self._endpoints(self._waited_for(self._data_domain)).remote_data(_NOBODY))
        return self._exchange_with_token(service, Request(RequestType.REMOTE_DATA, "GET", service.address))

    def _exchange_with_token(self, service: Service, request: Request) -> Outcome:
        token = self._waited_for(self._token)
        if token is None:
            return asked(self._http(), service, request, self._deadline)
        return asked(self._http(), service, request.with_token(token), self._deadline, with_token=True)

    def _ask_for_stream(self, service: Service) -> Outcome:
        timing = Timing()
        reports: queue.Queue[StreamReport] = queue.Queue()
        failures: list[BaseException] = []

        def opened(on_socket: Callable[[HasDescriptor], object]) -> OpenedStream:
            try:
                return self._http().open_stream(service.address, self._deadline.remaining(), on_socket, timing.reach)
            except BaseException as error:
                failures.append(error)
                raise
            finally:
                timing.end()

        stream = EventStream(1, opened, reports.put)
        stream.start()
        found = Streamed(service, [], timing)
        patience = self._deadline.remaining() + _GRACE_SECONDS / 2
        try:
            found.reports.append(reports.get(timeout=patience))
            if isinstance(found.reports[0], StreamOpened):
                found.reports.append(reports.get(timeout=min(_HEARTBEAT_SECONDS, self._deadline.remaining())))
        except queue.Empty:
            pass  # no heartbeat, or no stream
        finally:
            stream.stop()
        if failures:
            return Unanswered(service, failures[0], timing, timing.last)
        if not found.reports:
            return Unanswered(service, TimeoutError("it was not connected in time"), timing, timing.last)
        return found

    def _http(self) -> HttpService:
        """For one request: on a connection that another one has left, nobody sees how long connecting takes."""
        return http_service(self._timeout, self._trust)

    def _endpoints(self, data_domain: str | None = None) -> Endpoints:
        settings = self._settings
        endpoints = Endpoints(self._site_code, settings.environment, settings.network_domain, settings.endpoint)
        endpoints.use_data_domain(data_domain)
        return endpoints

    def _waited_for(self, wanted: Future[str | None]) -> str | None:
        """What another check finds out, if that does not take most of the time."""
        try:
            return wanted.result(self._deadline.remaining() / 2)
        except FutureTimeoutError:
            return None


def _started(ask: Callable[[Service], Outcome], service: Service) -> Future[Outcome]:
    """Asks on a thread of its own, which does not keep the process from ending."""
    answer: Future[Outcome] = Future()

    def run() -> None:
        try:
            answer.set_result(ask(service))
        except BaseException as error:  # noqa: BLE001  # whoever waits has to know
            answer.set_exception(error)

    threading.Thread(target=run, name="kameleoon-doctor", daemon=True).start()
    return answer
