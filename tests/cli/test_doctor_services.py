"""``doctor`` and the services: those that are well, and those that hang, refuse, or answer something else."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest

from kameleoon.testing import Platform
from tests.cli.commands import shop
from tests.cli.examined import CREDENTIALS, GIVEN, doctor
from tests.loopback import free_port

SERVICES = ("configuration", "event stream", "access token", "tracking", "data")


@pytest.fixture
def platform() -> Iterator[Platform]:
    """One whose stream tells of updates all the time, so that nobody waits for a heartbeat."""
    streaming = {**shop(), "configuration": {"realTimeUpdate": True}}
    with Platform(streaming) as running:
        threading.Thread(target=tell_all_the_time, args=(running,), daemon=True).start()
        yield running


def tell_all_the_time(platform: Platform) -> None:
    while not platform.wait(0.05):
        platform.push_update()


def test_where_all_is_well_nothing_is_tracked_and_every_check_is_ok(platform: Platform) -> None:
    platform.requires_token = True
    found = doctor("--site-code", "shop", "--endpoint", platform.origin)
    assert found.status == 0
    assert set(found.verdicts.values()) == {"ok"}, found.report
    assert {*SERVICES, "clock", "data file", "proxy", "certificates"} <= set(found.verdicts)
    assert platform.received.lines == []
    asked = [(method, path.partition("?")[0]) for method, path, _ in platform.requests]
    assert sorted(asked) == [
        ("GET", "/map/map"),
        ("GET", "/sse"),
        ("GET", "/v3/shop"),
        ("POST", "/oauth/token"),
        ("POST", "/visit/events"),
    ]


def test_the_time_is_split_into_stages(platform: Platform) -> None:
    found = doctor("--site-code", "shop", "--endpoint", platform.origin)
    parts = dict(found.of("configuration")["details"]["milliseconds"])
    total = parts.pop("total")
    assert list(parts) == ["name", "connection", "first byte"]
    assert sum(parts.values()) <= total + 1


def test_a_closed_port_is_told_of_each_service(tmp_path: Any) -> None:
    found = doctor("--site-code", "shop", "--endpoint", f"http://127.0.0.1:{free_port()}")
    assert found.status == 1
    assert {found.verdicts[service] for service in SERVICES} == {"failed"}
    for service in SERVICES:
        assert "Connection refused" in found.of(service)["text"]
        assert "open" in found.of(service)["hint"]
    assert found.verdicts["clock"] == "warning"


def test_a_name_that_there_is_not() -> None:
    found = doctor("--site-code", "shop", "--endpoint", "http://no-such-name.invalid", timeout=10)
    assert found.status == 1
    assert "no-such-name.invalid" in found.of("configuration")["text"]
    assert "name" in found.of("configuration")["hint"]


FAULTS = [
    ("configuration", {"kind": "status", "status": 403}, "configuration", "failed", "HTTP 403", "site code"),
    ("configuration", {"kind": "status", "status": 500}, "configuration", "failed", "HTTP 500", "trouble"),
    ("configuration", {"kind": "redirect"}, "configuration", "failed", "HTTP 302", "trouble"),
    ("configuration", {"kind": "malformed"}, "configuration", "failed", "no data file", "log in"),
    ("configuration", {"kind": "wrong-type"}, "configuration", "failed", "no data file", "log in"),
    ("configuration", {"kind": "drop"}, "configuration", "failed", "without response", "hangs"),
    ("configuration", {"kind": "latency", "seconds": 2.5}, "configuration", "warning", "slow", "evaluations"),
    (
        "configuration",
        {"kind": "slow-bytes", "seconds": 0.5},
        "configuration",
        "failed",
        "did not end in time",
        "hangs",
    ),
    ("stream", {"kind": "status", "status": 403}, "event stream", "failed", "HTTP status 403", "interval"),
    ("stream", {"kind": "black-hole"}, "event stream", "failed", "in time", "interval"),
    ("token", {"kind": "status", "status": 401}, "access token", "failed", "credentials", "client_id"),
    ("token", {"kind": "status", "status": 500}, "access token", "failed", "HTTP 500", "trouble"),
    ("token", {"kind": "wrong-type"}, "access token", "failed", "no token", "log in"),
    ("token", {"kind": "black-hole"}, "access token", "failed", "in time", "--timeout"),
    ("tracking", {"kind": "status", "status": 400}, "tracking", "ok", "it is there", None),
    ("tracking", {"kind": "status", "status": 401}, "tracking", "failed", "refuses the token", "credentials"),
    ("tracking", {"kind": "status", "status": 503}, "tracking", "failed", "HTTP 503", "trouble"),
    ("tracking", {"kind": "reset"}, "tracking", "failed", "/visit/events: ", "hangs"),
    ("remote-data", {"kind": "status", "status": 500}, "data", "failed", "HTTP 500", "trouble"),
    ("remote-data", {"kind": "status", "status": 403}, "data", "failed", "refuses the token", "credentials"),
    ("remote-data", {"kind": "black-hole"}, "data", "failed", "in time", "--timeout"),
]


@pytest.mark.long
@pytest.mark.parametrize(
    ("service", "fault", "check", "verdict", "text", "hint"),
    FAULTS,
    ids=[f"{fault[0]} {' '.join(map(str, fault[1].values()))}" for fault in FAULTS],
)
def test_a_service_that_is_not_well(
    platform: Platform, service: str, fault: dict[str, Any], check: str, verdict: str, text: str, hint: str | None
) -> None:
    platform.misbehave(service, **fault)
    hangs = fault["kind"] in ("black-hole", "slow-bytes")
    found = doctor("--site-code", "shop", "--endpoint", platform.origin, timeout=3 if hangs else 10)
    finding = found.of(check)
    assert finding["verdict"] == verdict, finding
    assert text in finding["text"]
    assert finding["hint"] is None if hint is None else hint in finding["hint"]
    assert found.status == (1 if verdict == "failed" else 0)
    others = {each for each in SERVICES if found.verdicts[each] == "failed"} - {check}
    assert others == set(), "the others are well all the same"


def test_services_that_hang_do_not_add_up(platform: Platform) -> None:
    for service in ("configuration", "stream", "token", "tracking", "remote-data"):
        platform.misbehave(service, "black-hole")
    start = time.monotonic()
    found = doctor("--site-code", "shop", "--endpoint", platform.origin, timeout=2)
    assert time.monotonic() - start < 20
    assert {found.verdicts[service] for service in SERVICES} == {"failed"}
    longest = max(found.of(service)["details"]["milliseconds"]["total"] for service in SERVICES)
    assert longest < 2 * 2000, "each within the one time-out"


def test_a_stream_that_is_not_asked_for_is_no_failure() -> None:
    with Platform(shop()) as platform:
        platform.misbehave("stream", "status", status=403)
        found = doctor("--site-code", "shop", "--endpoint", platform.origin)
    assert found.of("event stream")["verdict"] == "warning"
    assert found.status == 0


def test_without_credentials_no_token_is_asked_for(platform: Platform) -> None:
    platform.requires_token = True
    found = doctor("--site-code", "shop", "--endpoint", platform.origin, env={"KAMELEOON_CLIENT_ID": "id"})
    assert found.of("access token")["text"].startswith("client_secret is missing")
    assert "there was none" in found.of("tracking")["text"]
    assert not any("/oauth/token" in path for _, path, _ in platform.requests)
    assert found.status == 1


def test_without_a_site_code_no_service_is_asked(platform: Platform) -> None:
    found = doctor("--endpoint", platform.origin)
    assert found.verdicts["services"] == "warning"
    assert found.status == 0
    assert platform.requests == []


def test_a_proxy_is_named_without_its_password(platform: Platform) -> None:
    proxy = platform.origin.replace("//", "//user:pa55word@")
    env = {**GIVEN, "HTTP_PROXY": proxy, "http_proxy": proxy, "NO_PROXY": "", "no_proxy": ""}
    found = doctor("--site-code", "shop", "--endpoint", "http://kameleoon.invalid", env=env)
    assert found.status == 0, found.report
    assert found.of("proxy")["details"]["proxies"] == {platform.origin.replace("//", "//****@"): list(SERVICES)}
    assert "pa55word" not in str(found.report)


def test_credentials_are_shown_nowhere(platform: Platform) -> None:
    platform.misbehave("token", "status", status=401)
    endpoint = platform.origin.replace("//", "//someone:pa55word@")
    found = str(doctor("--site-code", "shop", "--endpoint", endpoint, env=CREDENTIALS).report)
    assert "someone" not in found
    assert [secret for secret in (*CREDENTIALS.values(), "pa55word") if secret in found] == []
