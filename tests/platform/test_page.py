"""The platform's page, in a real browser."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from kameleoon import Conversion, KameleoonClientConfig
from kameleoon._demo.shop import data_file
from kameleoon.kameleoon_client import KameleoonClient
from kameleoon.testing import Platform
from tests.integration.conftest import eventually

CHROMIUM = shutil.which("chromium") or shutil.which("google-chrome")
DRIVER = shutil.which("chromedriver")
pytestmark = [
    pytest.mark.skipif(not (CHROMIUM and DRIVER), reason="needs Chromium and its driver"),
    pytest.mark.filterwarnings("ignore"),
]


@pytest.fixture
def browser() -> Iterator[Any]:
    from selenium import webdriver

    options = webdriver.ChromeOptions()
    options.binary_location = CHROMIUM or ""
    for argument in (
        "--headless=new",
        "--no-sandbox",
        "--disable-gpu",
        "--window-size=1400,1100",
        "--disable-dev-shm-usage",
    ):
        options.add_argument(argument)
    running = webdriver.Chrome(options=options, service=webdriver.ChromeService(DRIVER))
    yield running
    running.quit()


def test_the_page_shows_flags_shares_and_events_and_its_switches_reach_clients(browser: Any, tmp_path: Path) -> None:
    from selenium.webdriver.common.by import By

    shop = {**data_file(), "configuration": {"realTimeUpdate": True}}
    with Platform(shop) as platform:
        client = KameleoonClient("page", KameleoonClientConfig("id", "secret", endpoint=platform.origin))
        assert client.wait_init()
        eventually(lambda: platform.listeners == 1)
        for number in range(400):
            client.add_data(f"visitor {number}", Conversion(1, 9.9))
            client.get_variations(f"visitor {number}")
        client.flush(instant=True)
        browser.get(platform.origin + "/")
        eventually(lambda: len(browser.find_elements(By.TAG_NAME, "article")) == 13)
        eventually(lambda: int(browser.find_element(By.ID, "count").text.replace(",", "")) > 1000)
        eventually(lambda: len(browser.find_elements(By.CSS_SELECTOR, "#events tr")) == 40)
        counted = "return [...document.querySelectorAll('tr[data-id]')].filter(r => !/^0 /.test(r.lastChild.textContent)).length"
        eventually(lambda: browser.execute_script(counted) > 5)
        picture = Path(os.environ.get("SCREENSHOT", tmp_path / "page.png"))
        browser.save_screenshot(str(picture))
        assert picture.stat().st_size > 20_000
        assert client.get_variations("v")["checkout_one_page"]
        start = time.monotonic()
        browser.find_element(By.CSS_SELECTOR, "[aria-label='checkout_one_page enabled']").click()
        eventually(lambda: "checkout_one_page" not in client.get_variations("v"), 3)
        assert time.monotonic() - start < 2, "connected clients follow within a second of the click"
        # Found and changed in one step: the page draws the flags anew whenever the data file has changed.
        share = f"[aria-label='exposition of rule {shop['featureFlags'][1]['rules'][0]['id']}']"
        change = (
            "const box = document.querySelector(arguments[0]); box.value = 0; box.dispatchEvent(new Event('change'))"
        )
        browser.execute_script(change, share)
        eventually(
            lambda: all(client.get_variations(f"w{n}")["button_color"].experiment_id is None for n in range(20)), 3
        )
        assert browser.find_element(By.ID, "problem").text == ""
        assert [entry for entry in browser.get_log("browser") if entry["level"] == "SEVERE"] == []
        client.close()
    eventually(lambda: browser.find_element(By.ID, "problem").text == "the platform does not answer")


def test_the_command_serves_and_names_its_page() -> None:
    import requests

    process = subprocess.Popen(
        [sys.executable, "-m", "kameleoon", "platform", "--port", "0"], stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    try:
        origin = process.stdout.readline().rsplit(" ", 1)[1].strip()
        assert "Kameleoon local platform" in requests.get(origin, timeout=5).text
    finally:
        process.terminate()
        process.wait(10)
        process.stdout.close()
