"""The local platform's control path: who may use it, and what the platform keeps."""

from __future__ import annotations

import json
from typing import Any

import pytest
import requests

from kameleoon.testing import Platform
from tests.data_files import data_file, flag

JSON = {"Content-Type": "application/json"}
SWITCH = {"flag": "flag", "enabled": False}


def control(platform: Platform, method: str, path: str, body: Any = None, **headers: str) -> tuple[int, Any]:
    headers = {name.replace("_", "-"): value for name, value in headers.items()}
    text = None if body is None else json.dumps(body)
    answer = requests.request(
        method, f"{platform.origin}/control/{path}", data=text, headers={**JSON, **headers}, timeout=5
    )
    return answer.status_code, answer.json()


def is_on(platform: Platform) -> bool:
    return platform.state()["dataFile"]["featureFlags"][0]["environmentEnabled"]


@pytest.mark.parametrize("host", ["evil.example", "evil.example:{port}", "127.0.0.1", "localhost:1", "127.0.0.1.evil.example:{port}", ""])  # fmt: skip
def test_another_host_is_refused(host: str, platform: Platform) -> None:
    host = host.format(port=platform.port)
    for method, path, body in (("POST", "environment", SWITCH), ("GET", "state", None), ("GET", "received", None)):
        status, answer = control(platform, method, path, body, Host=host)
        assert status == 403
        assert repr(host) in answer["error"]
        assert "hint: " in answer["error"]
    assert is_on(platform)


@pytest.mark.parametrize("origin", ["https://evil.example", "null", "http://127.0.0.1:1", "https://127.0.0.1:{port}", "http://localhost:{port}"])  # fmt: skip
def test_a_page_of_another_origin_is_refused(origin: str, platform: Platform) -> None:
    origin = origin.format(port=platform.port)
    assert control(platform, "POST", "environment", SWITCH, Origin=origin)[0] == 403
    assert control(platform, "GET", "state", Origin=origin)[0] == 403
    assert is_on(platform)


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", "application/jsonp", ""])
def test_what_changes_things_must_say_that_it_is_json(kind: str, platform: Platform) -> None:
    for method, path, body in (("POST", "environment", SWITCH), ("DELETE", "received", None)):
        status, answer = control(platform, method, path, body, Content_Type=kind)
        assert status == 415
        assert "application/json" in answer["error"]
    assert is_on(platform)


@pytest.mark.parametrize("host", ["127.0.0.1:{port}", "localhost:{port}", "LOCALHOST:{port}", "[::1]:{port}"])
def test_its_own_page_and_programs_are_served(host: str, platform: Platform) -> None:
    host = host.format(port=platform.port)
    assert control(platform, "GET", "state", Host=host)[0] == 200
    own = {"Host": host, "Origin": f"http://{host}", "Content_Type": "application/json; charset=utf-8"}
    assert control(platform, "POST", "environment", SWITCH, **own)[0] == 200
    assert not is_on(platform)


@pytest.mark.parametrize("body", [[1], "text", 5, None])
def test_a_data_file_that_is_no_mapping_is_refused(body: Any, platform: Platform, make_online: Any) -> None:
    answer = requests.post(f"{platform.origin}/control/data-file", data=json.dumps(body), headers=JSON, timeout=5)
    assert answer.status_code == 400
    assert "must be a JSON object" in answer.json()["error"]
    with pytest.raises(ValueError, match="must be a mapping"):
        platform.set_data_file(body)
    client = make_online()
    assert client.wait_init()
    assert client.get_feature_list() == ["flag"]


def test_flags_that_are_no_mappings_and_text_that_is_no_json_are_answered_with_400(platform: Platform) -> None:
    platform.set_data_file({"featureFlags": [1, flag("flag")]})
    assert control(platform, "POST", "environment", SWITCH)[0] == 200
    platform.set_data_file({"featureFlags": 1})
    assert control(platform, "POST", "environment", SWITCH)[0] == 400
    for text in (b"{", b"\xff", b"[" * 100_000):
        answer = requests.post(f"{platform.origin}/control/data-file", data=text, headers=JSON, timeout=5)
        assert answer.status_code == 400


def test_what_is_kept_is_bounded_and_what_was_dropped_is_counted() -> None:
    with Platform(data_file(flag()), event_limit=10, request_limit=4) as platform, requests.Session() as session:
        for number in range(5):
            lines = [f"nonce={number * 5 + line:016}&eventType=page&visitorCode=v" for line in range(5)]
            session.post(f"{platform.origin}/visit/events", data="\n".join(lines), timeout=5)
        session.post(f"{platform.origin}/visit/events", data=lines[-1], timeout=5)
        assert len(platform.received.lines) == len(platform.received.nonces) == 10
        assert platform.received.lines[-1] == lines[-1]
        assert platform.received.duplicated == 1
        assert len(platform.requests) == 4
        state = control(platform, "GET", "state")[1]
        assert (state["received"]["events"], state["received"]["dropped"]) == (25, 15)
        assert state["received"]["kinds"] == {"page": 25}
        assert (state["requests"], state["requestsDropped"]) == (6, 2)
        assert control(platform, "DELETE", "received")[0] == 200
        assert control(platform, "GET", "received")[1]["dropped"] == 0
