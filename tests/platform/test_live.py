"""What the page asks the platform, over HTTP: flags in words, what is new, a visitor's data, the clients of real requests."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import requests

from kameleoon import CustomData, Device, DeviceType, KameleoonClientConfig
from kameleoon.kameleoon_client import KameleoonClient
from kameleoon.testing import Platform
from tests.data_files import data_file, flag, targeted_by
from tests.integration.conftest import eventually

PHONE = {"targetingType": "DEVICE_TYPE", "device": "PHONE"}


@pytest.fixture
def platform() -> Iterator[Platform]:
    with Platform(targeted_by(PHONE)) as running:
        yield running


def asked(platform: Platform, path: str) -> Any:
    answer = requests.get(f"{platform.origin}/control/{path}", timeout=5)
    assert answer.status_code == 200, answer.text
    return answer.json()


def send(platform: Platform, *lines: str) -> None:
    requests.post(f"{platform.origin}/visit/events?siteCode=site", data="\n".join(lines), timeout=5)


def line(number: int, kind: str = "page", visitor: str = "v", **more: str) -> str:
    rest = "".join(f"&{name}={value}" for name, value in more.items())
    return f"nonce={number:016}&eventType={kind}{rest}&visitorCode={visitor}"


def test_flags_in_words_with_the_kinds_of_data(platform: Platform) -> None:
    words = asked(platform, "flags")
    assert words["revision"] == 1
    assert words["flags"][0]["rules"][0]["sentence"].endswith("for visitors whose device is a phone")
    assert "Device" in [kind["name"] for kind in words["kinds"]]
    platform.set_data_file(data_file())
    assert asked(platform, "flags")["revision"] == asked(platform, "live")["revision"] == 2


def test_what_clients_leave_out_is_told(platform: Platform) -> None:
    assert asked(platform, "flags")["leftOut"] == []
    platform.set_data_file({"featureFlags": [5, flag("good", rules=[{"id": "x"}])]})
    words = asked(platform, "flags")
    assert [found["key"] for found in words["flags"]] == ["good"]
    assert len(words["leftOut"]) == 2
    assert "feature flag" in words["leftOut"][0]


def test_events_that_came_after_one_newest_first(platform: Platform) -> None:
    assert asked(platform, "live")["received"]["newest"] == -1
    send(platform, *(line(number, href=f"/{number}") for number in range(5)))
    received = asked(platform, "live")["received"]
    assert [event["number"] for event in received["events"]] == [4, 3, 2, 1, 0]
    assert received["events"][0]["words"] == "/4"
    assert received["events"][0]["fields"]["visitorCode"] == "v"
    assert (received["total"], received["newest"], received["oldest"]) == (5, 4, 0)
    assert [event["number"] for event in asked(platform, "live?after=2")["received"]["events"]] == [4, 3]
    assert [event["number"] for event in asked(platform, "live?limit=2")["received"]["events"]] == [4, 3]
    assert asked(platform, "live?limit=0&after=99999999999999")["received"]["events"] == []
    platform.received.clear()
    send(platform, line(9))
    received = asked(platform, "live?after=4")["received"]
    assert ([event["number"] for event in received["events"]], received["oldest"], received["total"]) == ([5], 5, 1)


def test_events_of_a_visitor_or_a_kind_alone(platform: Platform) -> None:
    send(
        platform, line(0), line(1, "activity", "Alice%20Smith"), line(2, "page", "alice%20b"), line(3, visitor="100%25")
    )

    def numbers(query: str) -> list[int]:
        return [event["number"] for event in asked(platform, f"live?{query}")["received"]["events"]]

    assert numbers("visitor=alice%20") == [2, 1]
    assert numbers("visitor=%25") == [3]
    assert numbers("visitor=alice&type=page") == [2]
    assert numbers("type=activity") == [1]
    assert numbers("type=act") == []
    assert numbers("visitor=nobody") == []


def test_the_oldest_that_is_kept_moves_on() -> None:
    with Platform(data_file(), event_limit=3) as platform:
        send(platform, *(line(number) for number in range(5)))
        received = asked(platform, "live")["received"]
        assert ([event["number"] for event in received["events"]], received["oldest"]) == ([4, 3, 2], 2)


@pytest.mark.parametrize("query", ["after=x", "limit=", "after=1e3"])
def test_a_query_that_cannot_be_read_is_answered_with_400(platform: Platform, query: str) -> None:
    assert requests.get(f"{platform.origin}/control/live?{query}", timeout=5).status_code == 400


def test_evaluating_over_http(platform: Platform) -> None:
    url = f"{platform.origin}/control/evaluate"
    answer = requests.post(url, json={"visitor": "v", "data": [{"kind": "Device", "device": "PHONE"}]}, timeout=5)
    assert answer.json()["flags"][0]["variation"]["key"] == "on"
    refused = requests.post(url, json={"visitor": "v", "data": [{"kind": "Device", "device": "TOASTER"}]}, timeout=5)
    assert refused.status_code == 400
    assert refused.json() == {
        "error": "device: expected one of PHONE, TABLET, DESKTOP, got 'TOASTER'", "row": 0, "field": "device",
    }  # fmt: skip
    assert platform.received.events == []
    assert platform.requests == []
    assert platform.clients.to_json(0) == []


def client_of(platform: Platform, site: str, **options: Any) -> KameleoonClient:
    client = KameleoonClient(site, KameleoonClientConfig("id", "secret", endpoint=platform.origin, **options))
    assert client.wait_init()
    return client


def test_what_a_client_has_sent_of_a_visitor_can_be_entered_again(platform: Platform) -> None:
    client = client_of(platform, "site")
    try:
        client.add_data("v", Device(DeviceType.PHONE), CustomData(3, "a", "b"))
        client.flush("v", instant=True)
        eventually(lambda: len(platform.received.events) == 2)
    finally:
        client.close()
    rows = asked(platform, "visitor?code=v")["data"]
    assert rows == [
        {"kind": "Device", "device": "PHONE"},
        {"kind": "CustomData", "datum": "3", "values": ["a", "b"]},
    ]
    assert asked(platform, "visitor?code=w") == {"visitor": "w", "data": []}


def test_a_client_that_polls(platform: Platform) -> None:
    def shown() -> dict[str, Any]:
        (client,) = asked(platform, "live")["clients"]
        return client

    client = client_of(platform, "polls")
    try:
        found = shown()
        assert (found["site"], found["sdk"], found["state"]) == ("polls", "PYTHON 3.22.2", "polling")
        assert (found["revision"], found["requests"], found["streams"]) == (1, 1, 0)
        client.is_feature_active("v", "flag")
        client.flush(instant=True)
        eventually(lambda: shown()["requests"] == 3)  # a token, and the event
        platform.set_data_file(data_file())
        assert shown()["revision"] == 1, "it is behind"
    finally:
        client.close()


def test_a_client_that_is_told_to_stream_no_more_goes_on() -> None:
    with Platform({**data_file(flag()), "configuration": {"realTimeUpdate": True}}) as platform:

        def states() -> list[str]:
            return [one["state"] for one in asked(platform, "live")["clients"]]

        client = client_of(platform, "shop")
        try:
            eventually(lambda: states() == ["streaming"])
            platform.set_data_file(data_file(flag()))
            eventually(lambda: states() == ["polling"])
        finally:
            client.close()


def test_a_stream_is_shown_as_long_as_it_is_open() -> None:
    with Platform({**data_file(flag()), "configuration": {"realTimeUpdate": True}}) as platform:

        def states() -> dict[str, tuple[str, int]]:
            return {one["environment"]: (one["state"], one["streams"]) for one in asked(platform, "live")["clients"]}

        clients = [client_of(platform, "shop", environment=name) for name in ("production", "staging", "staging")]
        try:
            eventually(lambda: states() == {"production": ("streaming", 1), "staging": ("streaming", 2)})
            clients.pop().close()
            eventually(lambda: states()["staging"] == ("streaming", 1))
            clients.pop().close()
            eventually(lambda: states()["staging"] == ("gone", 0))
        finally:
            for client in clients:
                client.close()


def test_a_fetch_that_goes_wrong_gives_no_revision(platform: Platform) -> None:
    headers = {"X-Kameleoon-SDK-Type": "NODE", "X-Kameleoon-SDK-Version": "4.1.0"}

    def fetch() -> Any:
        requests.get(f"{platform.origin}/v3/a%2Fb?environment=x", headers=headers, timeout=5)
        return asked(platform, "live")["clients"][0]

    platform.misbehave("configuration", "status", status=503, times=1)
    assert fetch()["revision"] is None
    found = fetch()
    assert (found["site"], found["environment"], found["sdk"], found["revision"]) == ("a/b", "x", "NODE 4.1.0", 1)
    platform.set_data_file(data_file())
    assert asked(platform, "live")["clients"][0]["revision"] == 1


def test_a_client_that_goes_on_with_another_platform_gets_its_data_file() -> None:
    """Both are at their first revision: a date that means the same in both would keep the old flags alive."""
    with Platform(data_file(flag("old"))) as former, Platform(data_file(flag("new"))) as latter:
        date = requests.get(f"{former.origin}/v3/site", timeout=5).headers["Last-Modified"]
        answer = requests.get(f"{latter.origin}/v3/site", headers={"If-Modified-Since": date}, timeout=5)
        assert answer.status_code == 200


@pytest.mark.parametrize("path", ["/", "/index.html", "/page.css", "/page.js", "/events.js"])
def test_the_files_of_the_page_run_nothing_that_they_were_not_served(platform: Platform, path: str) -> None:
    answer = requests.get(platform.origin + path, timeout=5)
    assert answer.status_code == 200
    assert answer.headers["Content-Security-Policy"].startswith("default-src 'none'; script-src 'self'")
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    for away in ("https://", "http://", "localStorage", "sessionStorage", "cookie =", "indexedDB", "innerHTML"):
        assert away not in answer.text.replace('endpoint="${location.origin}"', "")


@pytest.mark.parametrize("path", ["/page/page.js", "/../server.py", "/%2e%2e/server.py", "/server.py"])
def test_no_other_file_is_served(platform: Platform, path: str) -> None:
    session = requests.Session()
    prepared = session.prepare_request(requests.Request("GET", platform.origin + "/"))
    prepared.url = platform.origin + path
    assert session.send(prepared, timeout=5).status_code == 404
