"""The shops of FastAPI and Django in a real browser: one cookie, one variation, consent, a conversion on click."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from kameleoon.testing import DataFile, Platform
from tests.integration.conftest import eventually
from tests.platform.test_page import CHROMIUM, DRIVER, browser
from tests.samples.servers import EXAMPLES, UVICORN, Sample, Server

__all__ = ["browser"]

pytestmark = [
    pytest.mark.long,
    pytest.mark.skipif(not (CHROMIUM and DRIVER), reason="needs Chromium and its driver"),
    pytest.mark.filterwarnings("ignore"),
]
CHECKOUT = (
    DataFile()
    .flag("checkout")
    .variation("off")
    .variation("on", {"title": "<b>Hello</b>"}, partial=True)
    .experiment(50, 50)
)
SHOPS = [
    Sample("fastapi_shop", UVICORN, "app", ("uvicorn", "fastapi"), EXAMPLES / "fastapi"),
    Sample("django_shop", UVICORN, "asgi_application", ("uvicorn", "django"), EXAMPLES / "django"),
]
NAME = "kameleoonVisitorCode"


@pytest.fixture(autouse=True)
def no_cookies(browser: Any) -> None:
    """The browser is one for several tests."""
    browser.execute_cdp_cmd("Network.clearBrowserCookies", {})


@pytest.fixture(params=SHOPS, ids=lambda shop: shop.program)
def shop(request: Any) -> Sample:
    sample: Sample = request.param
    if sample.is_missing:
        pytest.skip(f"not here: {sample.is_missing}")
    return sample


@pytest.fixture
def served(request: pytest.FixtureRequest, shop: Sample, tmp_path: Path) -> Iterator[tuple[str, Platform]]:
    checkout = CHECKOUT.consent(required=request.param)
    with Platform(checkout.build()) as platform:
        settings = {
            "KAMELEOON_CLIENT_ID": "id",
            "KAMELEOON_CLIENT_SECRET": "secret",
            "KAMELEOON_ENDPOINT": platform.origin,
        }
        server = Server(shop, tmp_path / "server.log", settings)
        try:
            yield server.origin, platform
        finally:
            server.stop()


def text(browser: Any, name: str) -> str:
    return str(browser.find_element("id", name).text)


def click(browser: Any, name: str, path: str) -> None:
    browser.find_element("id", name).click()
    eventually(lambda: path in text(browser, "done"))


def conversions(platform: Platform) -> list[str | None]:
    return [event.get("visitorCode") for event in platform.received.events if event.get("eventType") == "conversion"]


@pytest.mark.parametrize("served", [False], indirect=True, ids=["free"])
def test_a_visitor_stays_the_same(browser: Any, served: tuple[str, Platform], tmp_path: Path) -> None:
    origin, platform = served
    browser.get(f"{origin}/page")
    code, shown = text(browser, "code"), text(browser, "variation")
    cookie = browser.get_cookie(NAME)
    assert cookie["value"] == code
    for _ in range(3):
        browser.get(f"{origin}/page")
        assert (text(browser, "code"), text(browser, "variation")) == (code, shown)
    assert [each["name"] for each in browser.get_cookies()] == [NAME], "one cookie"
    click(browser, "buy", "/buy")
    eventually(lambda: conversions(platform) == [code], 30)
    experiments = {event["visitorCode"] for event in platform.received.events if event.get("eventType") == "experiment"}
    assert experiments == {code}
    browser.save_screenshot(str(tmp_path / "page.png"))


@pytest.mark.parametrize("served", [True], indirect=True, ids=["consent required"])
def test_consent_is_respected(browser: Any, served: tuple[str, Platform]) -> None:
    origin, platform = served
    codes = set()
    for _ in range(2):
        browser.get(f"{origin}/page")
        codes.add(text(browser, "code"))
        assert browser.get_cookies() == []
    assert len(codes) == 2, "nobody is known again"
    click(browser, "consent", "/consent")
    code = browser.get_cookie(NAME)["value"]
    browser.get(f"{origin}/page")
    assert text(browser, "code") == code
    click(browser, "buy", "/buy")
    eventually(lambda: conversions(platform) == [code], 30)
