"""Texts of every nasty kind, wherever a visitor or a program may hand one over."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from typing import Any
from urllib.parse import quote

import pytest

from kameleoon import Cookie, CustomData, KameleoonClient, PageView, UserAgent
from kameleoon.exceptions import KameleoonError
from kameleoon.testing import Platform
from tests.data_files import data_file, flag, rule
from tests.integration.conftest import eventually

TEXTS = {
    "empty": "",
    "blank": " \t\r\n",
    "NUL": "a\x00b",
    "line feed": "a\nnonce=FFFFFFFFFFFFFFFF&eventType=conversion",
    "carriage return": "a\r\nSet-Cookie: x=y",
    "separators": "a&b=c;d,e\"f'g\\h%00%zz+",
    "lone surrogate": "a\ud800b\udc00",
    "right to left": "\u202egnp.exe\u202c",
    "astral": "\U0001f600" * 60,
    "combining": "a" + "\u0301" * 250,
    "not normalized": "\u212b\ufb01\u0130\u1e9e",
    "digits of others": "٣٤٥",
    "control": "".join(map(chr, range(32))) + "\x7f\x80\x9f\u2028\ufeff",
    "markup": "<script>alert(1)</script>{{7*7}}${x}",
    "JSON": '{"a": [1, null]}',
    "255 characters": "x" * 255,
    "256 characters": "x" * 256,
    "10 MB": "x" * 10_000_000,
}
FILE = data_file(flag("flag", rules=[rule(type="EXPERIMENTATION")]), customData=[{"id": 1, "index": 1, "name": "plan"}])
BOUND_SECONDS = 1.0
"""Ten times what a call may take on a quiet machine. Megabytes are copied, which takes as long again."""

CALLS: dict[str, Callable[[KameleoonClient, Any], object]] = {
    "visitor code": lambda client, text: client.get_variation(text, "flag"),
    "flag's key": lambda client, text: client.get_variation("alice", text),
    "custom data": lambda client, text: client.add_data("alice", CustomData(1, text, text)),
    "name of custom data": lambda client, text: client.add_data("alice", CustomData(text, text)),
    "page": lambda client, text: client.add_data("alice", PageView(text, text)),
    "user agent": lambda client, text: client.add_data("alice", UserAgent(text)),
    "cookie": lambda client, text: client.add_data("alice", Cookie({text: text})),
    "cookie of the visitor": lambda client, text: client.get_visitor_code(cookies={"kameleoonVisitorCode": text}),
    "simulation cookie": lambda client, text: client.get_visitor_code(cookies={"kameleoonSimulationFFData": text}),
    "cookie that is quoted": lambda client, text: client.get_visitor_code(
        cookies={
            "kameleoonVisitorCode": quote(text, errors="surrogatepass"),
            "kameleoonSimulationFFData": quote(text, errors="surrogatepass"),
        }
    ),
    "forced variation": lambda client, text: client.set_forced_variation("alice", 11, text),
    "explanation": lambda client, text: client.explain(text, "flag"),
    "tracking code": lambda client, text: client.get_engine_tracking_code(text),
}


@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS)
@pytest.mark.parametrize("call", CALLS)
def test_an_answer_or_what_is_documented_and_soon(call: str, text: str, make_client: Any) -> None:
    client = make_client(FILE)
    begin = time.perf_counter()
    try:
        CALLS[call](client, text)
    except KameleoonError as error:
        assert len(str(error)) < 2000, "a message does not repeat it all"
    assert time.perf_counter() - begin < BOUND_SECONDS * (5 if len(text) > 1_000_000 else 1)
    assert client.get_variation("bob", "flag").key in {"on", "off"}


def test_no_text_makes_an_event_of_another_or_loses_one() -> None:
    """Each visitor's own events, under its own code, one line each."""
    texts = {name: text for name, text in TEXTS.items() if 0 < len(text) <= 255}
    with Platform(FILE) as platform, platform_client(platform) as client:
        client.wait_init()
        for number, text in enumerate(texts.values(), 1):
            client.add_data(f"v{number}", CustomData(1, text))
            client.track_conversion(f"v{number}", number)
            if is_code(text):
                client.track_conversion(text, 1000 + number)
        assert client.flush(timeout=10)
        eventually(lambda: len(conversions(platform)) >= len(texts))
        events = platform.received.events
        assert len({event["nonce"] for event in events}) == len(events)
        goals = sorted(int(event["goalId"]) for event in conversions(platform))
        tracked = [1000 + number for number, text in enumerate(texts.values(), 1) if is_code(text)]
        assert goals == [*range(1, len(texts) + 1), *tracked]
        assert {event["eventType"] for event in events} <= {"conversion", "customData", "activity"}
        values = {
            event["visitorCode"]: next(iter(json.loads(event["valuesCountMap"])))
            for event in events
            if event["eventType"] == "customData"
        }
        for number, text in enumerate(texts.values(), 1):
            assert values[f"v{number}"] == readable(text)


def platform_client(platform: Platform) -> KameleoonClient:
    from kameleoon import KameleoonClientConfig

    return KameleoonClient("site", KameleoonClientConfig("id", "secret-0123456789", endpoint=platform.origin))


def conversions(platform: Platform) -> list[dict[str, str]]:
    return [event for event in platform.received.events if event["eventType"] == "conversion"]


def is_code(text: str) -> bool:
    """Whether it may be a visitor code: no UTF-8 holds half of a pair."""
    return bool(text.strip()) and not any(0xD800 <= ord(character) <= 0xDFFF for character in text)


def readable(text: str) -> str:
    """As it arrives: what no UTF-8 can hold is replaced."""
    return text.encode("utf-8", "surrogatepass").decode("utf-8", "replace")
