"""The dashboard and the alerts of ``examples/operations`` with a real Prometheus that scrapes a real program."""

from __future__ import annotations

import json
import os
import re
import shutil
import socket
import subprocess
import sys
import urllib.parse
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from kameleoon import KameleoonClient, KameleoonClientConfig
from kameleoon.testing import Platform
from tests.figures.conftest import shop
from tests.integration.conftest import eventually

pytest.importorskip("prometheus_client")

pytestmark = pytest.mark.long

OPERATIONS = Path(__file__).parents[2] / "examples" / "operations"
DASHBOARD = json.loads((OPERATIONS / "grafana.json").read_text())
PANELS = [panel for panel in DASHBOARD["panels"] if panel["type"] != "row"]
EXPRESSIONS = {f"{panel['title']} {target['refId']}": target["expr"] for panel in PANELS for target in panel["targets"]}
needs_prometheus = pytest.mark.skipif(not shutil.which("prometheus"), reason="no Prometheus here")


def filled(expression: str) -> str:
    """As Grafana asks it."""
    for name, value in (
        ("$__rate_interval", "10s"),
        ("$__range", "5m"),
        ("$site", ".*"),
        ("$environment", ".*"),
        ("$flag", "checkout"),
    ):
        expression = expression.replace(name, value)
    assert "$" not in expression
    return expression


class Prometheus:
    """A Prometheus server of the test's own."""

    def __init__(self, origin: str) -> None:
        self.origin = origin

    def ask(self, path: str, **parameters: str) -> Any:
        with urllib.request.urlopen(f"{self.origin}/api/v1/{path}?{urllib.parse.urlencode(parameters)}") as answer:
            return json.load(answer)["data"]

    def query(self, expression: str) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.ask("query", query=expression)["result"]
        return found

    def samples(self) -> float:
        """How many scrapes have come to something."""
        try:
            found = self.query("sum(count_over_time(kameleoon_ready[5m]))")
        except OSError:
            return 0
        return float(found[0]["value"][1]) if found else 0


def free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        port: int = one.getsockname()[1]
        return port


@pytest.fixture(scope="module")
def prometheus(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Prometheus]:
    """It scrapes two processes every second."""
    folder = tmp_path_factory.mktemp("prometheus")
    shutil.copy(OPERATIONS / "alerts.yml", folder)
    with ExitStack() as stack:
        platform = stack.enter_context(Platform(shop()))

        def start(*command: str, **environment: str) -> None:
            process = subprocess.Popen(command, env={**os.environ, **environment}, stderr=subprocess.DEVNULL)
            stack.callback(process.wait, 20)
            stack.callback(process.terminate)

        ports = [free_port(), free_port()]
        for port in ports:
            start(
                sys.executable,
                str(OPERATIONS / "metrics_shop.py"),
                str(port),
                KAMELEOON_ENDPOINT=platform.origin,
                KAMELEOON_CLIENT_ID="id",
                KAMELEOON_CLIENT_SECRET="secret",
            )
        text = (OPERATIONS / "prometheus.yml").read_text().replace("15s", "1s")
        targets = ", ".join(f'"127.0.0.1:{port}"' for port in ports)
        text = re.sub(r"targets: .*", f"targets: [{targets}]", text)
        (folder / "prometheus.yml").write_text(text)
        port = free_port()
        start(
            "prometheus",
            f"--config.file={folder / 'prometheus.yml'}",
            f"--storage.tsdb.path={folder / 'data'}",
            f"--web.listen-address=127.0.0.1:{port}",
            "--log.level=error",
        )
        running = Prometheus(f"http://127.0.0.1:{port}")
        eventually(lambda: running.samples() >= 16, 60)
        yield running


@needs_prometheus
@pytest.mark.parametrize("name", EXPRESSIONS)
def test_a_panel_shows_something(prometheus: Prometheus, name: str) -> None:
    assert prometheus.query(filled(EXPRESSIONS[name])) != []


@needs_prometheus
def test_panels_show_what_is_so(prometheus: Prometheus) -> None:
    def value(name: str) -> float:
        (found,) = prometheus.query(filled(EXPRESSIONS[name]))
        return float(found["value"][1])

    assert (value("Processes A"), value("Processes ready A"), value("Data file stale for A")) == (2, 1, 0)
    assert value("Requests that fail A") == 0
    stale = prometheus.query(filled(EXPRESSIONS["Not asked for lately A"]))
    assert {found["metric"]["flag"] for found in stale} == {"search", "old"}
    ratios = prometheus.query(filled(EXPRESSIONS["Sample ratios A"]))
    assert [found["metric"] for found in ratios] == [{"flag": "checkout", "experiment": "11"}]
    evaluated = prometheus.query(filled(EXPRESSIONS["Evaluations by flag A"]))
    assert evaluated[0]["metric"] == {"flag": "checkout"}


@needs_prometheus
def test_the_choices_have_values(prometheus: Prometheus) -> None:
    for variable in DASHBOARD["templating"]["list"]:
        if variable["type"] == "query":
            found = re.fullmatch(r"label_values\((\w+).*, (\w+)\)", variable["definition"])
            assert found, variable
            assert prometheus.query(f"group by ({found[2]}) ({found[1]})") != []


@needs_prometheus
def test_alerts_are_evaluated_and_none_fires(prometheus: Prometheus) -> None:
    (group,) = prometheus.ask("rules")["groups"]
    assert len(group["rules"]) == 5
    for rule in group["rules"]:
        prometheus.query(rule["query"])
        assert rule["state"] in ("inactive", "pending"), rule
        assert not rule.get("lastError"), rule


@pytest.mark.skipif(not shutil.which("promtool"), reason="no promtool here")
def test_alerts_fire_where_they_should(tmp_path: Path) -> None:
    shutil.copy(OPERATIONS / "alerts.yml", tmp_path)
    labels = 'instance="shop:9100", site="shop", environment=""'

    def series(name: str, values: str, more: str = "") -> dict[str, str]:
        return {"series": f"kameleoon_{name}{{{labels}{more}}}", "values": values}

    def split(name: str, off: int, on: int) -> list[dict[str, str]]:
        of_experiment = ', flag="checkout", experiment="11", variation='
        return [
            series(f"experiment_{name}_visitors", f"{count}x180", f'{of_experiment}"{key}"')
            for key, count in (("off", off), ("on", on))
        ]

    well = [series("ready", "1x180"), series("data_file_stale_seconds", "0x180"), series("queued_visitors", "9x180")]
    tests = {
        "": [*well, *split("exposed", 5_050, 4_950), *split("expected", 5_000, 5_000)],
        "KameleoonNotReady": [series("ready", "0x180")],
        "KameleoonDataFileStale": [series("data_file_stale_seconds", "0+60x180")],
        "KameleoonEventsWait": [series("queued_visitors", "20000x180")],
        "KameleoonEventsLost": [series("events_total", "0+1x180", ', outcome="dropped"')],
        "KameleoonSampleRatioMismatch": [*split("exposed", 5_300, 4_700), *split("expected", 5_000, 5_000)],
    }
    names = [name for name in tests if name]
    described = {
        "rule_files": ["alerts.yml"],
        "tests": [{"interval": "1m", "name": name, "input_series": given} for name, given in tests.items()],
    }
    # Which alerts fire is read off the failures: the texts of the annotations are not repeated here.
    for test in described["tests"]:
        test["alert_rule_test"] = [{"eval_time": "150m", "alertname": name, "exp_alerts": []} for name in names]
    (tmp_path / "tests.yml").write_text(json.dumps(described))  # JSON is YAML
    done = subprocess.run(
        ["promtool", "test", "rules", str(tmp_path / "tests.yml")], capture_output=True, text=True, check=False
    )
    fired = re.findall(r"alertname: (\w+), time: 2h30m, *\n *exp:", done.stdout + done.stderr)
    assert sorted(fired) == sorted(names), done.stdout + done.stderr


def test_the_dashboard_asks_for_metrics_that_there_are() -> None:
    from kameleoon.prometheus import KameleoonCollector

    with KameleoonClient("site", KameleoonClientConfig.offline(shop())) as client:
        families = [family.name for family in KameleoonCollector(client).describe()]
    known = {f"{name}{ending}" for name in families for ending in ("", "_total", "_bucket")}
    text = (OPERATIONS / "grafana.json").read_text() + (OPERATIONS / "alerts.yml").read_text()
    asked = set(re.findall(r"\bkameleoon_\w+", text))
    assert len(asked) > 12
    assert asked <= known


def test_panels_say_what_they_show_and_do_not_overlap() -> None:
    taken: set[tuple[int, int]] = set()
    for panel in DASHBOARD["panels"]:
        place = panel["gridPos"]
        cells = {
            (x, y)
            for x in range(place["x"], place["x"] + place["w"])
            for y in range(place["y"], place["y"] + place["h"])
        }
        assert not taken & cells, panel["title"]
        assert place["x"] + place["w"] <= 24
        taken |= cells
    assert all(panel["description"].endswith(".") for panel in PANELS)
    assert len({panel["id"] for panel in DASHBOARD["panels"]}) == len(DASHBOARD["panels"])
