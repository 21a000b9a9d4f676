"""The Python surface, call by call: each benchmark times what its name says, with 100,000 rotating visitors.

A round is a loop over 1,000 visitors; the figures are of one round (ns per call: divide by 1,000).
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from typing import Any

import pytest

import kameleoon.data as kinds
from benches import clients, work
from kameleoon.kameleoon_client import KameleoonClient

CODES = work.visitor_codes()
CHUNK = 1000
CHUNKS = [CODES[start : start + CHUNK] for start in range(0, len(CODES), CHUNK)]


@pytest.fixture
def client(request: pytest.FixtureRequest) -> Iterator[KameleoonClient]:
    client = clients.alone(request.param)
    yield client
    client.close(0)


def measure(benchmark: Any, loop: Callable[[list[str]], None], chunks: list[list[str]] = CHUNKS) -> None:
    for chunk in chunks:  # every visitor is known: the steady state of a server
        loop(chunk)
    rotating = itertools.cycle(chunks)
    benchmark.pedantic(loop, setup=lambda: ((next(rotating),), {}), rounds=300, iterations=1)


@pytest.mark.parametrize("client", [work.ONE], indirect=True, ids=["50/50"])
@pytest.mark.parametrize("track", [True, False], ids=["tracking", "no tracking"])
def test_is_feature_active(benchmark: Any, client: KameleoonClient, track: bool) -> None:
    def loop(codes: list[str], call: Any = client.is_feature_active) -> None:
        for code in codes:
            call(code, "flag_0", None, track)

    measure(benchmark, loop)


@pytest.mark.parametrize("client", [work.ONE], indirect=True, ids=["the same visitor and flag again"])
def test_again(benchmark: Any, client: KameleoonClient) -> None:
    def loop(codes: list[str], call: Any = client.is_feature_active) -> None:
        for _ in codes:
            call("0123456789abcdef", "flag_0")

    measure(benchmark, loop)


@pytest.mark.parametrize("client", [work.MANY], indirect=True, ids=["flags in turn: nothing is remembered"])
def test_flags_in_turn(benchmark: Any, client: KameleoonClient) -> None:
    def loop(codes: list[str], call: Any = client.is_feature_active) -> None:
        for code in codes:
            call(code, "flag_0")
            call(code, "flag_1")

    measure(benchmark, loop)


@pytest.mark.parametrize("client", [work.ONE], indirect=True, ids=["visitors never seen"])
def test_new_visitors(benchmark: Any, client: KameleoonClient) -> None:
    numbers = itertools.count()

    def loop(codes: list[str], call: Any = client.is_feature_active) -> None:
        for code in codes:
            call(code, "flag_0")

    def fresh() -> Any:
        return ([f"{next(numbers):016x}" for _ in range(CHUNK)],), {}

    benchmark.pedantic(loop, setup=fresh, rounds=100, iterations=1)


@pytest.mark.parametrize("client", [work.ONE], indirect=True, ids=["50/50"])
def test_get_variation(benchmark: Any, client: KameleoonClient) -> None:
    def loop(codes: list[str], call: Any = client.get_variation) -> None:
        for code in codes:
            call(code, "flag_0")

    measure(benchmark, loop)


@pytest.mark.parametrize("client", [work.TARGETED], indirect=True, ids=["five conditions that hold"])
def test_is_feature_active_targeted(benchmark: Any, client: KameleoonClient) -> None:
    data = work.five_data(kinds)
    for code in CODES:
        client.add_data(code, *data)

    def loop(codes: list[str], call: Any = client.is_feature_active) -> None:
        for code in codes:
            call(code, "flag_0")

    measure(benchmark, loop)


@pytest.mark.parametrize("client", [work.TARGETED], indirect=True, ids=["five data made, added, evaluated"])
def test_request(benchmark: Any, client: KameleoonClient) -> None:
    def loop(
        codes: list[str],
        add: Any = client.add_data,
        call: Any = client.is_feature_active,
        custom: Any = kinds.CustomData,
        version: Any = kinds.ApplicationVersion,
        place: Any = kinds.Geolocation,
    ) -> None:
        for code in codes:
            add(code, custom(1, "premium"), custom(2, "34"), custom(3, "gold"), version("3.4.1"), place("FR"))
            call(code, "flag_0")

    measure(benchmark, loop)


@pytest.mark.parametrize("client", [work.ONE], indirect=True, ids=["three data made and added"])
def test_add_data(benchmark: Any, client: KameleoonClient) -> None:
    def loop(
        codes: list[str],
        add: Any = client.add_data,
        browser: Any = kinds.Browser,
        chrome: Any = kinds.BrowserType.CHROME,
        custom: Any = kinds.CustomData,
        page: Any = kinds.PageView,
    ) -> None:
        for code in codes:
            add(code, browser(chrome, 120.0), custom(1, "premium"), page("https://shop.example/", "shop"))

    measure(benchmark, loop)


@pytest.mark.parametrize("client", [work.MANY], indirect=True, ids=["200 flags, 1000 visitors"])
def test_get_variations(benchmark: Any, client: KameleoonClient) -> None:
    few = [CODES[start : start + 20] for start in range(0, 1000, 20)]

    def loop(codes: list[str], call: Any = client.get_variations) -> None:
        for code in codes:
            call(code)

    measure(benchmark, loop, few)
