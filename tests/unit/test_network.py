"""Addresses and access tokens, without a network."""

from __future__ import annotations

import json
import threading
import time
from typing import Any

import pytest

from kameleoon._network.access_token import AccessTokens, TokenFetch
from kameleoon._network.backoff import Backoff
from kameleoon._network.deadline import Deadline
from kameleoon._network.endpoints import Endpoints
from kameleoon._network.request import Answer, RequestError
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


class Pauses(Backoff):
    """Remembers what it was asked for; its pauses take ``seconds``."""

    def __init__(self, seconds: float = 1000.0) -> None:
        super().__init__(5, 300)
        self.seconds = seconds
        self.asked: list[tuple[int, float | None]] = []

    def pause(self, failures: int, retry_after: float | None = None) -> float:
        self.asked.append((failures, retry_after))
        return self.seconds


def one(name: str, seconds: int = 7200) -> dict[str, Any]:
    return {"access_token": name, "expires_in": seconds}


def on_a_thread(job: Any) -> bool:
    threading.Thread(target=job, daemon=True).start()
    return True


def kept(jobs: list[Any]) -> Any:
    """Keeps the jobs for later."""
    return lambda job: not jobs.append(job)  # type: ignore[func-returns-value]


def tokens(http: FakeHttp, **options: Any) -> AccessTokens:
    options.setdefault("start", on_a_thread)
    return AccessTokens(http, Endpoints("site", None, None, None), "id", "secret", **options)  # type: ignore[arg-type]


def get(access: AccessTokens) -> str | None:
    return access.get(Deadline.after(20))


def test_waiters_share_one_fetch_and_the_token_is_kept() -> None:
    http = FakeHttp(one("one"))
    access, found = tokens(http), []
    threads = [threading.Thread(target=lambda: found.append(get(access))) for _ in range(8)]
    [thread.start() for thread in threads]
    [thread.join() for thread in threads]
    assert found == ["one"] * 8
    assert http.calls == 1


def test_a_waiter_leaves_after_half_of_its_time_and_the_others_get_the_token() -> None:
    jobs: list[Any] = []
    access, found = tokens(FakeHttp(one("one")), start=kept(jobs)), []
    patient = threading.Thread(target=lambda: found.append(get(access)))
    patient.start()
    start = time.monotonic()
    assert access.get(Deadline.after(0.4)) is None
    assert 0.1 < time.monotonic() - start < 0.4
    assert len(jobs) == 1
    jobs.pop()()
    patient.join()
    assert found == ["one"]


def test_a_token_is_refreshed_in_the_background_once_while_it_is_used_and_not_at_once() -> None:
    jobs: list[Any] = []
    http = FakeHttp(one("one", 1), one("two"))
    access = tokens(http, start=kept(jobs), chance=lambda: 0.0)
    waiting = access.ask(Deadline.after(5))
    jobs.pop()()
    assert isinstance(waiting, TokenFetch)
    assert [get(access), get(access)] == ["one", "one"]
    assert jobs == []
    time.sleep(0.3)  # its life is a second, half of which it is used
    assert [get(access), get(access)] == ["one", "one"]
    assert len(jobs) == 1
    jobs.pop()()
    assert get(access) == "two"
    assert jobs == []


@pytest.mark.parametrize(
    "answer",
    [RequestError(RequestType.ACCESS_TOKEN, "down"), b"{", [], {}, {"access_token": "", "expires_in": 5},
     {"access_token": "x", "expires_in": 0}, {"access_token": "x", "expires_in": "5"}, {"access_token": 5, "expires_in": 5}],
)  # fmt: skip
def test_after_a_failed_fetch_there_is_no_further_one_for_a_while(answer: Any, log: Any) -> None:
    http, pauses = FakeHttp(answer, answer, one("x")), Pauses(0.3)
    access = tokens(http, backoff=pauses)
    assert [get(access), get(access)] == [None, None]
    assert http.calls == 1
    time.sleep(0.3)
    assert [get(access), get(access)] == [None, None]
    time.sleep(0.3)
    assert get(access) == "x"
    assert pauses.asked == [(1, None), (2, None)], "pauses grow"


def test_the_service_says_when_to_come_back_for_a_token() -> None:
    pauses = Pauses()
    access = tokens(FakeHttp(RequestError(RequestType.ACCESS_TOKEN, "busy", 429, 70.0)), backoff=pauses)
    assert get(access) is None
    assert pauses.asked == [(1, 70.0)]


def test_a_token_that_worked_is_replaced_at_once_but_not_its_successor() -> None:
    http = FakeHttp(one("one"), one("two"))
    access = tokens(http)
    get(access)
    access.accept("one")
    access.discard("one")
    assert get(access) == "two"
    access.discard("one")
    assert get(access) == "two"
    assert http.calls == 2


def test_tokens_that_never_work_count_as_failed_fetches() -> None:
    http, pauses = FakeHttp(*[one(str(number)) for number in range(9)]), Pauses(0.0)
    access = tokens(http, backoff=pauses)
    for number in range(3):
        assert get(access) == str(number)
        access.discard(str(number))
    assert [failures for failures, _ in pauses.asked] == [1, 2, 3]
    assert get(access) == "3"
    access.accept("3")
    access.discard("3")
    assert [failures for failures, _ in pauses.asked] == [1, 2, 3, 1], "another one was refused a moment ago"


def test_who_is_told_of_a_fetch_does_not_wait_for_it() -> None:
    class Telling(FakeHttp):
        def attempt(self, *arguments: Any, **details: Any) -> Answer:
            found.append(get(access))
            return super().attempt(*arguments, **details)

    found: list[Any] = []
    access = tokens(Telling(one("one")))
    assert get(access) == "one"
    assert found == [None]


def test_a_fetch_that_is_not_made_is_not_waited_for() -> None:
    start = time.monotonic()
    assert get(tokens(FakeHttp(), start=lambda job: False)) is None
    assert time.monotonic() - start < 5


def test_without_a_thread_the_fetch_is_made_at_once() -> None:
    def start(job: Any) -> None:
        raise RuntimeError("can't start new thread")

    assert get(tokens(FakeHttp(one("one")), start=start)) == "one"
