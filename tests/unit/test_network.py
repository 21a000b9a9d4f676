"""Addresses and access tokens, without a network."""

from __future__ import annotations

import json
import threading
import time
from typing import Any

import pytest

from kameleoon._network.access_token import AccessTokens
from kameleoon._network.endpoints import Endpoints
from kameleoon._network.http import Answer, RequestError
from kameleoon.events import RequestType
from kameleoon.types.remote_visitor_data_filter import RemoteVisitorDataFilter

IDENTITY = "sdkName=PYTHON&sdkVersion=3.22.2&siteCode=site"


def test_default_addresses() -> None:
    endpoints = Endpoints("site", None, None, None)
    assert endpoints.configuration(None) == "https://sdk-config.kameleoon.eu/v3/site"
    assert endpoints.event_stream() == "https://events.kameleoon.eu:8110/sse?siteCode=site"
    assert endpoints.access_token() == f"https://api.kameleoon.com/oauth/token?{IDENTITY}"
    assert endpoints.tracking() == f"https://data.kameleoon.io/visit/events?{IDENTITY}&bodyUa=true"
    assert endpoints.remote_data("a/b é") == "https://data.kameleoon.io/map/map?siteCode=site&key=a%2Fb%20%C3%A9"


def test_addresses_in_a_domain_of_ones_own() -> None:
    endpoints = Endpoints("site", "a b", "example.com", None)
    assert endpoints.configuration(7) == "https://sdk-config.example.com/v3/site?environment=a%20b&ts=7"
    assert endpoints.event_stream() == "https://events.example.com:8110/sse?siteCode=site"
    assert endpoints.access_token().startswith("https://api.example.com/oauth/token?")
    assert endpoints.tracking().startswith("https://data.example.com/visit/events?")
    endpoints.use_data_domain("eu-data.kameleoon.io")
    assert endpoints.tracking().startswith("https://eu-data.example.com/visit/events?")


def test_the_data_files_own_data_domain_and_one_endpoint_for_all() -> None:
    endpoints = Endpoints("site", None, None, None)
    endpoints.use_data_domain("eu-data.kameleoon.io")
    endpoints.use_data_domain(None)
    assert endpoints.tracking().startswith("https://eu-data.kameleoon.io/visit/events?")
    relay = Endpoints("site", None, None, "http://127.0.0.1:9")
    relay.use_data_domain("eu-data.kameleoon.io")
    for address in (relay.configuration(None), relay.event_stream(), relay.access_token(), relay.tracking()):
        assert address.startswith("http://127.0.0.1:9/")


def test_the_query_of_visitor_data_names_what_is_wanted_in_order() -> None:
    endpoints = Endpoints("site", None, None, None)
    wanted = RemoteVisitorDataFilter(previous_visit_amount=3, kcs=True, page_views=True, cbs=True)
    query = endpoints.visitor_data("a&b", wanted, False).split("?")[1]
    assert query == (
        "siteCode=site&visitorCode=a%26b&maxNumberPreviousVisits=3&version=0&staticData=true"
        "&kcs=true&currentVisit=true&customData=true&page=true&cbs=true"
    )
    assert "&mappingValue=u&" in endpoints.visitor_data("u", wanted, True)


class FakeHttp:
    def __init__(self, *answers: Any) -> None:
        self.answers = list(answers)
        self.calls = 0

    def attempt(self, request_type: RequestType, method: str, url: str, **details: Any) -> Answer:
        self.calls += 1
        assert details["headers"]["Authorization"] == "Basic aWQ6c2VjcmV0"
        assert details["body"] == b"grant_type=client_credentials"
        time.sleep(0.05)
        answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return Answer(200, {}, json.dumps(answer).encode() if not isinstance(answer, bytes) else answer)


def tokens(http: FakeHttp, background: Any = None) -> AccessTokens:
    endpoints = Endpoints("site", None, None, None)
    return AccessTokens(http, endpoints, "id", "secret", background or (lambda job: None))  # type: ignore[arg-type]


def test_waiters_share_one_fetch_and_the_token_is_kept() -> None:
    http = FakeHttp({"access_token": "one", "expires_in": 7200})
    access, found = tokens(http), []
    threads = [threading.Thread(target=lambda: found.append(access.get())) for _ in range(8)]
    [thread.start() for thread in threads]
    [thread.join() for thread in threads]
    assert found == ["one"] * 8
    assert http.calls == 1


def test_a_token_that_expires_soon_is_refreshed_in_the_background_once_while_it_is_used() -> None:
    jobs: list[Any] = []
    http = FakeHttp({"access_token": "one", "expires_in": 1000}, {"access_token": "two", "expires_in": 7200})
    access = tokens(http, jobs.append)
    assert [access.get(), access.get(), access.get()] == ["one", "one", "one"]
    assert len(jobs) == 1
    jobs.pop()()
    assert access.get() == "two"
    assert jobs == []


@pytest.mark.parametrize(
    "answer",
    [RequestError(RequestType.ACCESS_TOKEN, "down"), b"{", [], {}, {"access_token": "", "expires_in": 5},
     {"access_token": "x", "expires_in": 0}, {"access_token": "x", "expires_in": "5"}, {"access_token": 5, "expires_in": 5}],
)  # fmt: skip
def test_after_a_failed_fetch_there_is_no_further_one_for_a_while(answer: Any, log: Any) -> None:
    http = FakeHttp(answer, {"access_token": "x", "expires_in": 7200})
    access = tokens(http)
    assert [access.get(), access.get()] == [None, None]
    assert http.calls == 1
    access._not_before = 0.0  # the pause is over
    assert access.get() == "x"


def test_a_refused_token_is_discarded_but_not_its_successor() -> None:
    http = FakeHttp({"access_token": "one", "expires_in": 7200}, {"access_token": "two", "expires_in": 7200})
    access = tokens(http)
    access.get()
    access.discard("one")
    assert access.get() == "two"
    access.discard("one")
    assert access.get() == "two"
    assert http.calls == 2
