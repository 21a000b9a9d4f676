"""What becomes of the client's credentials: on the wire, and in what is handed out."""

from __future__ import annotations

import copy
import gc
import json
import pickle
from pathlib import Path
from typing import Any

import pytest

from kameleoon import KameleoonClientConfig
from kameleoon.events import EventType
from kameleoon.testing import Platform
from tests.integration.conftest import eventually
from tests.loopback import JsonHandler, QuietServer, serving

NETRC = "default login someone password else\n"


@pytest.mark.parametrize("place", ["NETRC", "HOME"])
def test_a_netrc_file_does_not_replace_the_clients_credentials(
    place: str, platform: Platform, make_online: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / ".netrc").write_text(NETRC)
    monkeypatch.delenv("NETRC", raising=False)
    monkeypatch.setenv(place, str(tmp_path / ".netrc" if place == "NETRC" else tmp_path))
    platform.requires_token = True
    platform.remote_data["key"] = {"a": 1}
    client = make_online()
    assert client.wait_init()
    assert client.get_remote_data("key") == {"a": 1}
    client.track_conversion("v", 1)
    client.close(5)
    sent = {
        path.split("?")[0].split("/")[1]: headers.get("Authorization", "") for _, path, headers in platform.requests
    }
    assert sent["v3"] == ""
    assert sent["oauth"].startswith("Basic Y2xpZW50LTAxMjM0NTY3ODk6")  # client-0123456789:
    assert sent["map"].startswith("Bearer ")
    assert sent["visit"].startswith("Bearer ")


def test_a_user_in_the_endpoint_is_still_sent(platform: Platform, make_online: Any) -> None:
    client = make_online(endpoint=platform.origin.replace("//", "//user:word@"))
    assert client.wait_init()
    assert platform.requests[0][2]["Authorization"] == "Basic dXNlcjp3b3Jk"


SECRET = "secret-0123456789"


class Failures:
    def __init__(self) -> None:
        self.seen: list[Any] = []

    def on_request_succeeded(self, *_: Any) -> None:
        pass

    def on_request_failed(self, request_type: Any, failure: Any, milliseconds: int) -> None:
        self.seen.append(failure)


def reachable(thing: Any) -> str:
    """The text of everything that can be reached from a thing, modules and types left out."""
    seen: dict[int, Any] = {}
    waiting = [thing, *(getattr(thing, name, None) for name in getattr(thing, "__slots__", ()))]
    while waiting:
        item = waiting.pop()
        if id(item) in seen or isinstance(item, (type, type(gc))) or type(item).__name__ == "function":
            continue
        seen[id(item)] = item
        if isinstance(item, BaseException):
            waiting += [item.__cause__, item.__context__, item.__traceback__]
        frame = getattr(item, "tb_frame", None)
        waiting += [] if frame is None else [dict(frame.f_locals)]
        waiting += gc.get_referents(item)
    return " ".join(str(item) for item in seen.values() if isinstance(item, (str, bytes)))


@pytest.mark.parametrize("fault", ["drop", "black-hole", "truncated", "reset"])
def test_the_cause_of_a_failure_holds_no_secret(fault: str, platform: Platform, make_online: Any, log: Any) -> None:
    platform.remote_data["key"] = {}
    client, failures = make_online(), Failures()
    assert client.wait_init()
    client.get_remote_data("key")
    (token,) = platform.tokens
    client.set_event_handler(EventType.HTTP_REQUEST, failures)
    platform.misbehave("remote-data", fault)
    assert client.get_remote_data("key", timeout=0.3) is None
    platform.misbehave("token", fault)
    other = make_online()
    other.set_event_handler(EventType.HTTP_REQUEST, failures)
    other.get_remote_data("key", timeout=0.3)
    eventually(lambda: len(failures.seen) >= 3)
    for failure in failures.seen:
        assert isinstance(failure.cause, Exception)
        assert getattr(failure.cause, "request", None) is None
        text = reachable(failure.cause) + repr(pickle.dumps(failure)) + repr(failure)
        assert token not in text
        assert SECRET not in text
        assert "Basic " not in text


def test_a_token_that_cannot_be_a_header_is_not_shown(make_online: Any, log: Any) -> None:
    class Handler(JsonHandler):
        def do_GET(self) -> None:
            self.answer({"featureFlags": [], "dateModified": 1})

        def do_POST(self) -> None:
            self.body()
            self.answer({"access_token": "t0ken-0123456789\nx", "expires_in": 7200})

    with serving(QuietServer, Handler) as origin:
        client, failures = make_online(endpoint=origin), Failures()
        client.set_event_handler(EventType.HTTP_REQUEST, failures)
        assert client.wait_init()
        client.get_remote_data("key")
        shown = json.dumps(client.stats().requests) + repr(failures.seen) + repr(log.lines)
    assert "REMOTE_DATA request failed" in shown
    assert "t0ken" not in shown


def test_a_configuration_with_credentials_is_not_pickled_and_its_copies_work() -> None:
    config = KameleoonClientConfig("client-0123456789", SECRET, environment="staging")
    with pytest.raises(TypeError, match="hint: "):
        pickle.dumps(config)
    for other in (copy.copy(config), copy.deepcopy(config)):
        assert (other.client_secret, other.environment) == (SECRET, "staging")
        other.set_environment("production")
    assert config.environment == "staging"
    assert SECRET not in repr(config)
    offline = pickle.loads(pickle.dumps(KameleoonClientConfig.offline({"featureFlags": []}, environment="e")))
    assert (offline.is_offline, offline.environment) == (True, "e")
