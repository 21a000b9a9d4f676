"""The documented uses under real servers: what visitors with a browser's cookies get, with consent required and not."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from kameleoon.testing import Platform
from tests.data_files import data_file, flag, rule
from tests.integration.conftest import eventually
from tests.samples.servers import SAMPLES, Sample, Server

httpx = pytest.importorskip("httpx")

pytestmark = pytest.mark.long

NAME = "kameleoonVisitorCode"
CHECKOUT = flag("checkout", rules=[rule(type="EXPERIMENTATION")])
FREE = data_file(CHECKOUT)
REQUIRED = data_file(CHECKOUT, configuration={"consentType": "REQUIRED"})
SETTINGS = {
    "KAMELEOON_CLIENT_ID": "id",
    "KAMELEOON_CLIENT_SECRET": "secret",
    "KAMELEOON_COOKIE_SAME_SITE": "Strict",
    "KAMELEOON_COOKIE_MAX_AGE_SECOND": "86400",
}
each_sample = pytest.mark.parametrize("sample", SAMPLES, ids=lambda sample: sample.name)


class Running:
    """A platform, and a server of each sample."""

    def __init__(self, platform: Platform, servers: dict[str, Server]) -> None:
        self.platform = platform
        self._servers = servers

    def origin(self, sample: Sample) -> str:
        if sample.name not in self._servers:
            pytest.skip(f"not here: {sample.is_missing}")
        return self._servers[sample.name].origin

    def conversions(self) -> list[str | None]:
        """The codes of the visitors that bought something."""
        events = self.platform.received.events
        return [event.get("visitorCode") for event in events if event.get("eventType") == "conversion"]


def running(data: dict[str, Any], folder: Path) -> Iterator[Running]:
    with ExitStack() as stack:
        platform = stack.enter_context(Platform(data))
        settings = {**SETTINGS, "KAMELEOON_ENDPOINT": platform.origin}
        servers: dict[str, Server] = {}
        for sample in SAMPLES:  # all start together
            if not sample.is_missing:
                servers[sample.name] = Server(sample, folder / f"{sample.name}.log", settings)
                stack.callback(servers[sample.name].stop)
        for server in servers.values():
            stack.callback(server.ask_to_stop)  # and stop together
        yield Running(platform, servers)


@pytest.fixture(scope="module")
def free(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """Consent is not required."""
    yield from running(FREE, tmp_path_factory.mktemp("free"))


@pytest.fixture(scope="module")
def required(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """Consent is required."""
    yield from running(REQUIRED, tmp_path_factory.mktemp("required"))


class Browser:
    """A visitor: keeps cookies, and notes the code of each answer and whether it set the cookie."""

    def __init__(self, origin: str) -> None:
        self._client = httpx.Client(base_url=origin, timeout=30)
        self.codes: list[str] = []
        self.variations: list[str] = []
        self.cookies_set = 0

    def __enter__(self) -> Browser:
        return self

    def __exit__(self, *_: object) -> None:
        self._client.close()

    def visit(self, path: str = "/", method: str = "GET", **options: Any) -> None:
        response = self._client.request(method, path, **options)
        assert response.status_code == 200, response.text
        code, variation = response.text.split(" ")
        self.codes.append(code)
        self.variations.append(variation)
        texts = response.headers.get_list("set-cookie")
        assert len(texts) <= 1
        for text in texts:
            pair, *attributes = text.split("; ")
            assert pair == f"{NAME}={code}"
            assert {"Path=/", "Max-Age=86400", "SameSite=Strict"} <= set(attributes)
            self.cookies_set += 1

    def consent(self, given: str) -> None:
        self.visit(f"/consent?given={given}", "POST")

    def buy(self) -> None:
        self.visit("/buy", "POST")


@each_sample
def test_without_required_consent_a_visitor_is_one(free: Running, sample: Sample) -> None:
    origin = free.origin(sample)
    with Browser(origin) as alice, Browser(origin) as bob:
        for browser in (alice, bob):
            browser.visit()
            browser.visit()
            browser.buy()
            assert len(set(browser.codes)) == 1
            assert browser.cookies_set == (3 if sample.slides else 1)
            assert browser.variations == ["on"] * 3
        assert alice.codes[0] != bob.codes[0]
    eventually(lambda: {alice.codes[0], bob.codes[0]} <= set(free.conversions()), 30)


@each_sample
def test_with_required_consent_only_who_gave_it_is_known_again(required: Running, sample: Sample) -> None:
    origin = required.origin(sample)
    with Browser(origin) as unasked, Browser(origin) as refusing, Browser(origin) as giving:
        for _ in range(3):
            unasked.visit()
        assert (len(set(unasked.codes)), unasked.cookies_set) == (3, 0)
        refusing.visit()
        refusing.consent("no")
        refusing.visit()
        assert (len(set(refusing.codes)), refusing.cookies_set) == (3, 0)
        giving.visit()
        giving.consent("yes")
        giving.visit()
        giving.buy()
        assert (len(set(giving.codes)), giving.codes[1:]) == (2, [giving.codes[1]] * 3)
        assert giving.cookies_set == (3 if sample.slides else 1)
        assert refusing.variations == ["on", "off", "on"], (
            "who has refused is left out of experiments, who never said is not"
        )
        assert unasked.variations + giving.variations == ["on"] * 7
    eventually(lambda: giving.codes[1] in required.conversions(), 30)


@each_sample
def test_a_cookie_that_holds_no_code_harms_nobody(free: Running, sample: Sample) -> None:
    origin = free.origin(sample)
    for value in ("x" * 256, "x" * 3000, ""):
        with Browser(origin) as browser:
            browser.visit(headers={"Cookie": f"a=1; {NAME}={value}; b=2"})
            browser.visit()
            assert len(set(browser.codes)) == 1 and len(browser.codes[0]) == 16
            assert browser.cookies_set == (2 if sample.slides else 1)


@each_sample
def test_cookies_that_no_strict_parser_reads_hide_no_code(free: Running, sample: Sample) -> None:
    if not sample.slides:
        pytest.skip("without the middleware it is the framework that reads the cookies")
    for others in ("bad[name]=2", "noequals", "Path=/", 'j={"a":1}', "a b=c"):
        with Browser(free.origin(sample)) as browser:
            browser.visit(headers={"Cookie": f"a=1; {others}; {NAME}=alice; {others}"})
            assert browser.codes == ["alice"]


@each_sample
def test_codes_with_special_characters(free: Running, sample: Sample) -> None:
    origin = free.origin(sample)
    for value, code in (('"a/b@c"', "a/b@c"), ("a%20b", "a%20b"), ("M%C3%BCller", "M\xfcller")):
        response = httpx.get(origin, headers={"Cookie": f"{NAME}={value}"}, timeout=30)
        assert response.content.decode() == f"{code} on"
        assert (NAME in response.headers.get("set-cookie", "")) == sample.slides


@each_sample
def test_a_cache_is_told_that_visitors_get_different_responses(free: Running, sample: Sample) -> None:
    response = httpx.get(free.origin(sample), headers={"Cookie": f"{NAME}=alice"}, timeout=30)
    assert response.headers.get_list("vary") == (["Cookie"] if sample.slides else [])


def test_samples_are_complete() -> None:
    from tests.samples.servers import CONSENT, EXAMPLES, PROGRAMS

    served = (path.stem for path in EXAMPLES.glob("*/*_shop.py"))
    shops = {name for name in served if name not in {"celery_shop", "metrics_shop"}}  # tests/frameworks, tests/figures
    assert {sample.program for sample in [*SAMPLES, CONSENT]} == {path.stem for path in PROGRAMS.glob("*.py")} | shops
