"""The platform's page, in a real browser. ``SCREENSHOTS``: a folder in which each section is kept as a picture."""

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

from kameleoon import Conversion, CustomData, Device, DeviceType, KameleoonClientConfig
from kameleoon._demo.shop import data_file
from kameleoon.kameleoon_client import KameleoonClient
from kameleoon.testing import Platform
from tests.data_files import data_file as small_data_file
from tests.data_files import flag, rule, segment, variation
from tests.integration.conftest import eventually

CHROMIUM = shutil.which("chromium") or shutil.which("google-chrome")
DRIVER = shutil.which("chromedriver")
pytestmark = [
    pytest.mark.long,
    pytest.mark.skipif(not (CHROMIUM and DRIVER), reason="needs Chromium and its driver"),
    pytest.mark.filterwarnings("ignore"),
]
SECTIONS = ("flags", "visitor", "events", "clients", "faults")


class Page:
    """A browser on the page of a platform."""

    def __init__(self, browser: Any) -> None:
        self.browser = browser

    def open(self, platform: Platform, section: str = "flags") -> None:
        self.browser.get(f"{platform.origin}/#{section}")
        eventually(lambda: self.text("#status") == "live")

    def go(self, section: str) -> None:
        self.find(f"nav a[href='#{section}']").click()
        eventually(lambda: self.find(f"[data-section={section}]").is_displayed())

    def find(self, selector: str) -> Any:
        return self.browser.find_element("css selector", selector)

    def run(self, script: str, *arguments: Any) -> Any:
        return self.browser.execute_script(script, *arguments)

    def text(self, selector: str) -> str:
        """What is shown; read in one step, since the page draws things anew."""
        return self.run("return document.querySelector(arguments[0])?.innerText ?? ''", selector)

    def texts(self, selector: str) -> list[str]:
        """What is shown of each that is not hidden."""
        script = (
            "return [...document.querySelectorAll(arguments[0])].filter(e => e.checkVisibility()).map(e => e.innerText)"
        )
        return self.run(script, selector)

    def count(self, selector: str) -> int:
        return self.run("return document.querySelectorAll(arguments[0]).length", selector)

    def write(self, selector: str, text: str) -> None:
        field = self.find(selector)
        field.clear()
        field.send_keys(text)

    def change(self, selector: str, value: Any) -> None:
        """In one step, for what the page draws anew."""
        script = "const box = document.querySelector(arguments[0]); box.value = arguments[1]; box.dispatchEvent(new Event('change'))"
        self.run(script, selector, value)

    def resize(self, width: int, theme: str = "light", height: int = 900) -> None:
        metrics = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": False}
        self.browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)
        features = [{"name": "prefers-color-scheme", "value": theme}]
        self.browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": features})

    def complaints(self) -> list[str]:
        """What the browser itself complained of since the last look, refused styles and scripts included."""
        return [entry["message"] for entry in self.browser.get_log("browser") if entry["level"] == "SEVERE"]


@pytest.fixture
def browser() -> Iterator[Any]:
    """A browser of its own for each test: what one leaves in it, such as cookies, is not the next one's."""
    webdriver = pytest.importorskip("selenium.webdriver")
    options = webdriver.ChromeOptions()
    options.binary_location = CHROMIUM or ""
    for argument in (
        "--headless=new",
        "--no-sandbox",
        "--disable-gpu",
        "--window-size=1200,900",
        "--disable-dev-shm-usage",
    ):
        options.add_argument(argument)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    running = webdriver.Chrome(options=options, service=webdriver.ChromeService(DRIVER))
    try:
        yield running
    finally:
        running.quit()


@pytest.fixture
def page(browser: Any) -> Page:
    shown = Page(browser)
    shown.resize(1200)
    return shown


@pytest.fixture
def platform() -> Iterator[Platform]:
    with Platform({**data_file(), "configuration": {"realTimeUpdate": True}}) as running:
        yield running


@pytest.fixture
def client(platform: Platform) -> Iterator[KameleoonClient]:
    config = KameleoonClientConfig("id", "secret", endpoint=platform.origin, environment="staging")
    with KameleoonClient("webshop", config) as running:
        assert running.wait_init()
        eventually(lambda: platform.listeners == 1)
        yield running


def send_visitors(client: KameleoonClient, count: int) -> None:
    for number in range(count):
        code = f"visitor {number}"
        client.add_data(code, Conversion(1, 9.9), CustomData("plan", "premium"), Device(DeviceType.PHONE))
        client.get_variations(code)
    client.flush(instant=True)


def test_shares_and_figures_and_switches_that_reach_clients(
    page: Page, platform: Platform, client: KameleoonClient
) -> None:
    send_visitors(client, 400)
    page.open(platform)
    eventually(lambda: len(page.texts("article")) == 13)
    eventually(lambda: int(page.text("#count").replace(",", "")) > 2000)
    eventually(lambda: sum(text != "0" for text in page.texts(".count")) > 5)
    widths = page.run("return [...document.querySelectorAll('.filled')].map(e => e.getBoundingClientRect().width)")
    assert max(widths) > 100, "styles that a script sets are let through"
    assert client.get_variations("v")["checkout_one_page"]
    start = time.monotonic()
    page.find("[aria-label='checkout_one_page enabled']").click()
    eventually(lambda: "checkout_one_page" not in client.get_variations("v"), 3)
    assert time.monotonic() - start < 2, "connected clients follow within a second of the click"
    eventually(lambda: "Disabled in this environment" in page.text("[data-flag=checkout_one_page]"))
    identifier = data_file()["featureFlags"][1]["rules"][0]["id"]
    page.change(f"[aria-label='exposition of rule {identifier}']", 0)
    eventually(lambda: all(client.get_variations(f"w{n}")["button_color"].experiment_id is None for n in range(20)), 3)
    eventually(
        lambda: (
            page.run(
                "return document.querySelector(arguments[0]).value", f"[aria-label='exposition of rule {identifier}']"
            )
            == "0"
        )
    )
    eventually(lambda: page.text("#revision") == str(platform.revision))
    assert page.text("#problem") == ""
    assert page.complaints() == []


def test_rules_in_words_and_search(page: Page, platform: Platform) -> None:
    page.open(platform)
    eventually(lambda: len(page.texts("article")) == 13)
    assert page.text("[data-flag=age_gate] .rules p") == (
        "Delivery (rule 5100): on, for visitors who are in France and whose custom datum 'age' is greater than 17"
    )
    assert page.text("[data-flag=mobile_menu] .audience").splitlines() == [
        "any of",
        "whose device is a phone",
        "all of",
        "whose operating system is Android",
        "whose device is a tablet",
    ]
    assert page.texts("#notes li") == ["Holdout (experiment 900): 5 % of visitors get the default of every flag."]

    def found(wanted: str) -> list[str]:
        page.write("#search", wanted)
        return page.texts("article h2")

    assert found("GATE") == ["age_gate"]
    assert found("france greater") == ["age_gate"], "the rules' words"
    assert found("threshold") == ["free_shipping"], "variables"
    assert found("mail") == ["cart_reminder"], "variations"
    assert found("5100") == ["age_gate"], "identifiers"
    assert page.text("#found") == "1 of 13 flags"
    assert found("nothing like it") == []
    assert "No flag has “nothing like it” in it." in page.text("#no-flags")
    page.find("#search").clear()
    page.find("h1").click()
    page.find("body").send_keys("/")
    assert page.run("return document.activeElement.id") == "search"


def test_evaluating_as_a_visitor(page: Page, platform: Platform) -> None:
    page.open(platform, "visitor")
    eventually(lambda: page.count("#new-kind option") > 5)
    page.write("#visitor-code", "bob")
    page.find("#add-row").click()
    assert page.run("return document.activeElement.name") == "datum", "one can go on writing"
    page.write("[name=datum]", "plam")
    page.write("[name=values]", "premium")
    page.find("[name=datum]").send_keys("\n")
    eventually(lambda: "the data file has no custom datum 'plam'; did you mean 'plan'?" in page.text("#mistake"))
    assert page.run("return document.activeElement.getAttribute('aria-invalid')") == "true"
    page.write("[name=datum]", "plan")
    page.run("document.getElementById('new-kind').value = 'Device'")
    page.find("#add-row").click()
    page.find("#visitor-form .main").click()
    eventually(lambda: page.text("#answer-title") == "bob: 13 flags")
    assert page.text("#mistake") == ""
    assert page.find("#visitor-form").get_attribute("innerHTML").count("aria-invalid") == 0
    summary = "#answer [data-flag=free_shipping] summary"
    assert page.text(summary).split("\n") == ["free_shipping", "on", "Delivery (rule 3100)"]
    page.find(summary).send_keys("\n")  # with the keyboard
    tree = page.text("#answer [data-flag=free_shipping] .tree")
    assert "Delivery (rule 3100): it delivers its first variation" in tree
    assert "whose custom datum 'plan' is 'premium'" in tree
    assert 'visitor: ["premium"]' in tree
    assert "threshold = 29.5" in page.text("#answer [data-flag=free_shipping]")
    page.find("#answer [data-flag=mobile_menu] summary").click()
    lines = page.text("#answer [data-flag=mobile_menu] .tree").split("\n")
    assert [line for line in lines if line in ("OR", "AND")] == ["OR", "AND"]
    assert (
        lines.index("✓ whose device is a phone")
        < lines.index("OR")
        < lines.index("✗ whose operating system is Android")
    )
    marks = page.run(
        "return [...document.querySelectorAll('[data-flag=mobile_menu] .mark')].map(mark => mark.ariaLabel)"
    )
    assert marks == ["holds", "holds", "does not hold", "does not hold"]
    page.find("[aria-label='Remove Custom data']").click()
    page.find("#visitor-form .main").click()
    eventually(lambda: "on" not in page.text(summary).split("\n") or "Delivery" not in page.text(summary))
    page.write("#answer-search", "gate")
    assert len(page.texts("#answer .key")) == 1
    assert platform.received.events == []
    assert platform.clients.to_json(time.time()) == []
    assert [entry for entry in page.complaints() if "400" not in entry] == []


def test_events_that_are_followed_filtered_and_paused(page: Page, platform: Platform, client: KameleoonClient) -> None:
    page.open(platform, "events")
    eventually(lambda: "No events yet" in page.text("#no-events"))
    send_visitors(client, 3)
    eventually(lambda: len(page.texts("#event-list > li")) == len(platform.received.events) > 20)
    words = page.texts("#event-list summary")
    assert "goal 1, revenue 9.9" in words
    assert "custom datum 'plan': premium" in words
    assert any(text.startswith("checkout_one_page: ") for text in words)
    numbers = page.run("return [...document.querySelectorAll('#event-list > li')].map(line => +line.dataset.number)")
    assert numbers == sorted(numbers, reverse=True), "the newest first"
    page.write("#event-visitor", "OR 1")
    eventually(lambda: set(page.texts("#event-list .visitor")) == {"visitor 1"})
    page.change("#event-type", "conversion")
    eventually(lambda: page.texts("#event-list summary") == ["goal 1, revenue 9.9"])
    page.find("#event-list summary").click()
    assert "goalId\n1" in page.text("#event-list .raw")
    page.change("#event-type", "")
    page.find("#event-visitor").send_keys("\b" * 10)
    eventually(lambda: len(page.texts("#event-list > li")) == len(numbers))
    page.find("#follow").click()
    assert page.text("#follow") == "Paused"
    send_visitors(client, 300)
    eventually(lambda: len(platform.received.events) > 2000)
    eventually(lambda: "more came" in page.text("#event-note") and "paused; 0" not in page.text("#event-note"))
    assert len(page.texts("#event-list > li")) == len(numbers)
    page.find("#follow").click()
    eventually(lambda: len(page.texts("#event-list > li")) == 200)
    assert "the latest 200" in page.text("#event-note")
    send_visitors(client, 301)
    newest = len(platform.received.lines)
    eventually(lambda: newest <= page.run("return +document.querySelector('#event-list > li').dataset.number") + 1)
    assert len(page.texts("#event-list > li")) == 200
    code = page.text("#event-list .visitor")
    page.find("#event-list .visitor").click()
    eventually(lambda: page.text("#answer-title") == f"{code}: 13 flags")
    assert page.run("return [...document.querySelectorAll('[name=datum]')].map(field => field.value)") == ["plan"]
    page.go("events")
    page.find("#forget").click()
    eventually(lambda: page.texts("#event-list > li") == [])
    assert page.complaints() == []


def test_clients_that_are_connected(page: Page, platform: Platform, client: KameleoonClient) -> None:
    import requests

    headers = {"X-Kameleoon-SDK-Type": "NODE", "X-Kameleoon-SDK-Version": "4.1.0"}
    requests.get(f"{platform.origin}/v3/polling-site", headers=headers, timeout=5)
    page.open(platform, "clients")

    def lines() -> list[list[str]]:
        return [text.split("\t") for text in page.texts("#client-list tbody tr")]

    eventually(lambda: len(lines()) == 2)
    streaming, polling = lines()
    assert streaming[:5] == ["streaming", "webshop", "staging", "PYTHON 3.22.2", "revision 1"]
    assert polling[:6] == ["polling, every 60 min", "polling-site", "default", "NODE 4.1.0", "revision 1", "1"]
    assert page.text("#client-tally") == "2"
    platform.set_environment_enabled("dark_mode", True)
    eventually(lambda: [line[4] for line in lines()] == ["revision 2", "revision 1, behind"])
    client.close()
    eventually(lambda: sorted(line[0] for line in lines())[0] == "gone")
    assert page.text("#client-tally") == "1"
    assert page.complaints() == []


def test_a_platform_without_clients_says_how_to_get_one(page: Page, platform: Platform) -> None:
    page.open(platform, "clients")
    eventually(lambda: f'endpoint="{platform.origin}"' in page.text("#client-list"))


def test_faults(page: Page, platform: Platform) -> None:
    page.open(platform, "faults")
    eventually(lambda: "Every service is well." in page.text("#fault-list"))
    page.change("#fault-kind", "latency")
    assert not page.find("#fault-status").is_displayed()
    page.write("#fault-times", "3")
    page.find("#fault-form .main").click()
    eventually(lambda: "tracking: latency of 2 s, for 3 requests" in page.text("#fault-list"))
    assert platform.state()["faults"]["tracking"]["seconds"] == 2
    page.find("[aria-label='Clear tracking']").click()
    eventually(lambda: platform.state()["faults"] == {})


EVIL = "<script>window.evil = 1</script><img src=x onerror='window.evil = 1'>"


def test_nothing_that_is_shown_becomes_markup(page: Page, platform: Platform) -> None:
    import requests

    condition = {"targetingType": "PAGE_URL", "url": EVIL, "matchType": "EXACT"}
    unknown = {"targetingType": EVIL, EVIL: EVIL}
    shares = [{"variationKey": EVIL, "variationId": 12, "exposition": 1.0}]
    evil = flag(EVIL, 1, [rule(10, name=EVIL, segmentId=5, variationByExposition=shares)], defaultVariationKey=EVIL,
                variations=[variation(EVIL, (EVIL, "STRING", EVIL))], mutuallyExclusiveGroup=EVIL)  # fmt: skip
    platform.set_data_file(
        small_data_file(evil, segments=[segment(5, condition, unknown)], customData=[{"index": 1, "name": EVIL}])
    )
    quoted = requests.utils.quote(EVIL)
    requests.get(
        f"{platform.origin}/v3/{quoted}?environment={quoted}", headers={"X-Kameleoon-SDK-Type": EVIL}, timeout=5
    )
    lines = [
        f"nonce={n:016}&eventType={kind}&visitorCode={quoted}&href={quoted}&{quoted}={quoted}"
        for n, kind in enumerate(["page", quoted])
    ]
    requests.post(f"{platform.origin}/visit/events", data="\n".join(lines), timeout=5)
    page.open(platform)
    eventually(lambda: page.texts("article h2") == [EVIL])
    assert EVIL in page.text(".rules")
    page.run("document.querySelectorAll('details').forEach(one => one.open = true)")
    page.go("visitor")
    page.write("#visitor-code", EVIL)
    page.find("#visitor-form .main").click()
    eventually(lambda: len(page.texts("#answer .key")) == 1)
    page.run("document.querySelectorAll('details').forEach(one => one.open = true)")
    assert EVIL in page.text("#answer .tree")
    page.go("events")
    eventually(lambda: EVIL in page.text("#event-list"))
    page.go("clients")
    eventually(lambda: EVIL in page.text("#client-list"))
    assert page.run("return window.evil ?? null") is None
    assert page.run("return document.querySelectorAll('main script, main img').length") == 0
    assert page.complaints() == []


@pytest.mark.parametrize("width", [400, 1200])
def test_every_section_fits(
    page: Page, platform: Platform, client: KameleoonClient, width: int, tmp_path: Path
) -> None:
    send_visitors(client, 40)
    long = "x" * 200
    platform.update_data_file(
        lambda file: file["featureFlags"].append(flag(long, 7, variations=[variation("off", (long, "STRING", long))]))
    )
    client.add_data(long, CustomData("plan", long))
    client.flush(instant=True)
    page.resize(width)
    page.open(platform, "visitor")
    eventually(lambda: page.count("#new-kind option") > 5)
    for kind in page.run("return [...document.querySelectorAll('#new-kind option')].map(one => one.value)"):
        page.run(
            "document.getElementById('new-kind').value = arguments[0]; document.getElementById('add-row').click()", kind
        )
    page.write("#visitor-code", "visitor 1")
    page.find("#received").click()
    eventually(lambda: len(page.texts("#rows fieldset")) == 3)
    page.find("#visitor-form .main").click()
    eventually(lambda: page.text("#answer-title") == "visitor 1: 14 flags")
    page.run("document.querySelectorAll('details').forEach(one => one.open = true)")
    pictures = Path(os.environ.get("SCREENSHOTS", tmp_path))
    for section in SECTIONS:
        page.go(section)
        if section == "events":
            eventually(lambda: len(page.texts("#event-list > li")) > 100)
        elif section == "clients":
            eventually(lambda: len(page.texts("#client-list tbody tr")) == 1)
        beyond = "return [...document.querySelectorAll('body *')].filter(e => e.checkVisibility() && !e.closest('nav') && " \
                 "e.getBoundingClientRect().right > innerWidth + 1).map(e => e.outerHTML.slice(0, 100))"  # fmt: skip
        assert page.run("return document.documentElement.scrollWidth <= innerWidth"), section
        assert page.run(beyond) == [], section
        for theme in ("light", "dark"):
            page.resize(width, theme)
            picture = pictures / f"{section}-{width}-{theme}.png"
            page.browser.save_screenshot(str(picture))
            assert picture.stat().st_size > 5_000
    wide = page.run("return [...document.querySelectorAll('.type')].map(e => e.getBoundingClientRect().height)")
    assert all(height < 30 for height in wide), "types of events are not broken"


def test_nothing_is_left_in_the_browser(page: Page, platform: Platform) -> None:
    page.open(platform, "visitor")
    page.write("#visitor-code", "secret")
    page.find("#visitor-form .main").click()
    eventually(lambda: page.text("#answer-title").startswith("secret"))
    kept = "return [localStorage.length, sessionStorage.length, document.cookie, (await indexedDB.databases()).length]"
    assert page.run(f"return (async () => {{ {kept} }})()") == [0, 0, "", 0]
    page.browser.refresh()
    eventually(lambda: page.text("#status") == "live")
    assert page.run("return document.getElementById('visitor-code').value") == "alice"


def test_a_platform_that_ends_and_another_that_begins(page: Page) -> None:
    with Platform(small_data_file(flag("first"))) as platform:
        page.open(platform)
        eventually(lambda: page.texts("article h2") == ["first"])
        port = platform.port
    eventually(lambda: page.text("#problem") == "the platform does not answer")
    assert page.text("#status") == "not answering"
    with Platform(small_data_file(flag("second")), port):
        eventually(lambda: page.texts("article h2") == ["second"])
        eventually(lambda: page.text("#problem") == "")


def test_the_command_serves_and_names_its_page() -> None:
    import requests

    process = subprocess.Popen(
        [sys.executable, "-m", "kameleoon", "platform", "--port", "0"], stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    try:
        origin = process.stdout.readline().rsplit(" ", 1)[1].strip()
        assert "Kameleoon <span>local platform" in requests.get(origin, timeout=5).text
    finally:
        process.terminate()
        process.wait(10)
        process.stdout.close()
