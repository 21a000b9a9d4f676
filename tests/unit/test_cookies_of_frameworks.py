"""``Cookie`` takes what frameworks have as cookies, by its items."""

from __future__ import annotations

from collections import ChainMap, OrderedDict
from collections.abc import Iterator, Mapping
from http.cookies import SimpleCookie
from types import MappingProxyType
from typing import Any

import pytest

from kameleoon.data import Cookie
from tests.data_files import targeted_by

HEADER = "a=b; c=d"


class Plain(Mapping[str, str]):
    """A mapping that is no dict."""

    def __getitem__(self, name: str) -> str:
        return {"a": "b", "c": "d"}[name]

    def __iter__(self) -> Iterator[str]:
        return iter(["a", "c"])

    def __len__(self) -> int:
        return 2


def of_flask() -> Any:
    from flask import Flask, request

    with Flask(__name__).test_request_context(headers={"Cookie": HEADER}):
        return request.cookies


def of_flask_twice() -> Any:
    from flask import Flask, request

    with Flask(__name__).test_request_context(headers={"Cookie": HEADER + "; a=later"}):
        return request.cookies


def of_aiohttp() -> Any:
    from aiohttp.test_utils import make_mocked_request

    return make_mocked_request("GET", "/", headers={"Cookie": HEADER}).cookies


def of_starlette() -> Any:
    from starlette.requests import Request

    return Request({"type": "http", "headers": [(b"cookie", HEADER.encode())]}).cookies


def of_requests() -> Any:
    import requests

    jar = requests.cookies.RequestsCookieJar()
    jar.set("a", "b")
    jar.set("c", "d")
    return jar


MAPPINGS = {
    "dict": lambda: {"a": "b", "c": "d"},
    "flask": of_flask,
    "flask, one name twice": of_flask_twice,
    "aiohttp": of_aiohttp,
    "starlette": of_starlette,
    "requests": of_requests,
    "MappingProxyType": lambda: MappingProxyType({"a": "b", "c": "d"}),
    "ChainMap": lambda: ChainMap({"a": "b"}, {"a": "hidden", "c": "d"}),
    "OrderedDict": lambda: OrderedDict(a="b", c="d"),
    "SimpleCookie": lambda: SimpleCookie(HEADER),
    "a mapping of its own": Plain,
}


@pytest.mark.parametrize("name", MAPPINGS)
def test_any_mapping_will_do(make_client: Any, name: str) -> None:
    if name.partition(",")[0] in ("flask", "aiohttp", "starlette"):
        pytest.importorskip(name.partition(",")[0])
    cookie = Cookie(MAPPINGS[name]())
    assert cookie == Cookie({"a": "b", "c": "d"})
    condition = {
        "targetingType": "COOKIE",
        "name": "a",
        "nameMatchType": "EXACT",
        "value": "b",
        "valueMatchType": "EXACT",
    }
    client = make_client(targeted_by(condition))
    client.add_data("v", cookie)
    assert client.is_feature_active("v", "flag")


@pytest.mark.parametrize("wrong", [None, HEADER, 5, [("a", "b")]], ids=repr)
def test_what_is_no_mapping_is_left_out_with_a_hint(make_client: Any, log: Any, wrong: Any) -> None:
    make_client(targeted_by()).add_data("v", Cookie(wrong))
    assert f"got {type(wrong).__name__} {wrong!r}; the datum is left out" in log
    assert "http.cookies.SimpleCookie(text)" in log


def test_what_a_mapping_raises_is_raised() -> None:
    class Broken(Plain):
        def __getitem__(self, name: str) -> str:
            raise OSError("the session is gone")

    with pytest.raises(OSError, match="the session is gone"):
        Cookie(Broken())
