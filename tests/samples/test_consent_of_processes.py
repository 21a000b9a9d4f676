"""What a visitor has told one process of a site, when another one serves the next request."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

from kameleoon.testing import DataFile, Platform
from tests.samples.servers import CONSENT, SAMPLES, Sample, Server

httpx = pytest.importorskip("httpx")

NAME = "kameleoonVisitorCode"
SHOP = next(sample for sample in SAMPLES if sample.program == "flask_shop")
REQUIRED = DataFile().flag("checkout").experiment(on=100).consent(required=True).build()


@contextmanager
def two_processes(sample: Sample, folder: Path) -> Iterator[tuple[str, str]]:
    """The origins of two processes that serve the same site."""
    if sample.is_missing:
        pytest.skip(f"not here: {sample.is_missing}")
    with ExitStack() as stack:
        platform = stack.enter_context(Platform(REQUIRED))
        settings = {
            "KAMELEOON_CLIENT_ID": "id",
            "KAMELEOON_CLIENT_SECRET": "secret",
            "KAMELEOON_ENDPOINT": platform.origin,
        }
        servers = [Server(sample, folder / f"{name}.log", settings) for name in ("first", "second")]
        for server in servers:
            stack.callback(server.stop)
        yield servers[0].origin, servers[1].origin


@pytest.fixture
def browser() -> Iterator[httpx.Client]:
    with httpx.Client(timeout=30) as browser:  # whose cookies are of the host, whatever the port
        yield browser


def is_kept(response: httpx.Response) -> bool:
    return any(text.startswith(f"{NAME}=") for text in response.headers.get_list("set-cookie"))


def test_a_consent_is_known_in_the_process_that_was_told(tmp_path: Path, browser: httpx.Client) -> None:
    with two_processes(SHOP, tmp_path) as (first, second):
        given = browser.post(f"{first}/consent?given=yes")
        assert is_kept(given) and is_kept(browser.get(first))
        elsewhere = browser.get(second)
        assert elsewhere.text == given.text, "the browser has its cookie"
        assert not is_kept(elsewhere), "which is not renewed"


def test_a_refusal_is_known_in_the_process_that_was_told(tmp_path: Path, browser: httpx.Client) -> None:
    with two_processes(SHOP, tmp_path) as (first, second):
        browser.cookies.set(NAME, "alice", domain="127.0.0.1")
        assert browser.post(f"{first}/consent?given=no").text == browser.get(first).text == "alice off"
        assert browser.get(second).text == "alice on"


def test_told_with_each_request_it_is_known_everywhere(tmp_path: Path, browser: httpx.Client) -> None:
    with two_processes(CONSENT, tmp_path) as (first, second):
        unasked = browser.get(second)
        assert not is_kept(unasked) and unasked.text.endswith(" on")
        given = browser.post(f"{first}/consent?given=yes")
        for origin in (second, first, second):
            answer = browser.get(origin)
            assert is_kept(answer) and answer.text == given.text
        withdrawn = browser.post(f"{second}/consent?given=no")
        for origin in (first, second, first):
            answer = browser.get(origin)
            assert not is_kept(answer) and answer.text == withdrawn.text and answer.text.endswith(" off")
