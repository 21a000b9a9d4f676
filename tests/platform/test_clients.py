"""Which clients are connected, as far as requests tell: a table of what happens and what is shown."""

from __future__ import annotations

from typing import Any

from kameleoon.testing.clients import ClientKey, Clients

HOUR = 3600.0


def polled(
    clients: Clients, now: float, site: str = "shop", *, environment: str = "", sdk: str = "PYTHON 3", **more: Any
) -> ClientKey:
    options = {"revision": 1, "is_pushed": False, **more}
    return clients.polled(site, environment, sdk, "agent", now=now, **options)


def state(clients: Clients, now: float) -> str:
    (client,) = clients.to_json(now)
    return client["state"]


def test_one_that_polls_is_connected_until_a_poll_is_overdue() -> None:
    clients = Clients()
    polled(clients, 0)
    assert [state(clients, now) for now in (0, HOUR, 1.2 * HOUR, 1.3 * HOUR)] == ["polling"] * 3 + ["gone"]
    polled(clients, 600)
    polled(clients, 1200)
    assert [state(clients, 1200 + after) for after in (600, 740, 760)] == ["polling", "polling", "gone"]
    assert clients.to_json(1200)[0]["interval"] == 600
    polled(clients, 9000)
    assert state(clients, 9000) == "polling", "it is back"


def test_a_poll_that_comes_at_once_or_because_of_an_event_says_nothing_of_the_pace() -> None:
    clients = Clients()
    polled(clients, 0)
    polled(clients, 2)
    polled(clients, 500, is_pushed=True)
    assert clients.to_json(500)[0]["interval"] == HOUR
    assert state(clients, HOUR) == "polling"


def test_one_that_streams_is_connected_as_long_as_a_stream_is_open() -> None:
    clients = Clients()
    key = polled(clients, 0)
    first = clients.stream_began("shop", key, "agent", 0)
    second = clients.stream_began("shop", None, "agent", 1)
    assert first == second == key
    assert clients.to_json(10 * HOUR)[0]["streams"] == 2
    assert clients.to_json(10 * HOUR)[0]["seen"] == 0
    clients.stream_ended(key, 11 * HOUR)
    assert state(clients, 11 * HOUR) == "streaming"
    clients.stream_ended(key, 11 * HOUR)
    assert state(clients, 11 * HOUR) == "gone"
    assert clients.to_json(11 * HOUR + 7)[0]["seen"] == 7
    clients.seen("shop", "PYTHON 3", None, "agent", 11 * HOUR + 1)
    assert state(clients, 11 * HOUR + 1) == "gone", "that was the last that it had to send"
    polled(clients, 11 * HOUR + 60)
    assert state(clients, 11 * HOUR + 61) == "polling", "it goes on without a stream"
    clients.stream_ended(ClientKey("nobody", "", ""), 0)


def test_what_names_less_counts_for_the_one_of_the_connection_else_for_the_one_that_asked_last() -> None:
    clients = Clients()
    production = polled(clients, 0, environment="production")
    staging = polled(clients, 1, environment="staging")
    other = polled(clients, 2, "blog")
    assert clients.seen("shop", "PYTHON 3", production, "", 3) == production
    assert clients.seen("shop", "PYTHON 3", None, "", 4) == production
    assert clients.seen("shop", "", staging, "", 5) == staging
    assert clients.seen("blog", "", production, "", 6) == other
    assert clients.seen("shop", "NODE 4", production, "", 7) == ClientKey("shop", "", "NODE 4")
    assert clients.stream_began("new", None, "curl", 8) == ClientKey("new", "", "")
    requests = {(one["site"], one["environment"], one["sdk"]): one["requests"] for one in clients.to_json(9)}
    assert requests == {
        ("shop", "production", "PYTHON 3"): 3,
        ("shop", "staging", "PYTHON 3"): 2,
        ("blog", "", "PYTHON 3"): 2,
        ("shop", "", "NODE 4"): 1,
        ("new", "", ""): 1,
    }


def test_the_revision_is_the_last_one_that_was_given() -> None:
    clients = Clients()
    polled(clients, 0, revision=None)
    assert clients.to_json(0)[0]["revision"] is None
    polled(clients, 1, revision=3)
    polled(clients, 2, revision=None)
    assert clients.to_json(2)[0]["revision"] == 3


def test_those_that_are_connected_come_first_and_few_are_remembered() -> None:
    clients = Clients()
    streaming = clients.stream_began("streaming", None, "", 0)
    for number in range(300):
        polled(clients, number, f"site {number}")
    shown = clients.to_json(300)
    assert len(shown) == 100
    assert shown[0]["site"] == streaming.site
    assert shown[1]["site"] == "site 299"
    assert [one["state"] for one in clients.to_json(3 * HOUR)] == ["streaming"] + ["gone"] * 99
