"""``python -m kameleoon flags stale`` with what real processes serve."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from kameleoon import KameleoonClient, KameleoonClientConfig
from tests.cli.commands import kameleoon, write_json
from tests.figures.conftest import shop

DAY = 86_400


@pytest.fixture
def client() -> Iterator[KameleoonClient]:
    """Its program asks for one flag by its key, and for all at once."""
    with KameleoonClient("site", KameleoonClientConfig.offline(shop())) as client:
        client.get_variation("alice", "checkout")
        client.get_variations("alice")
        yield client


@contextmanager
def serving(client: KameleoonClient) -> Iterator[str]:
    """A program that serves its figures; its origin."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = json.dumps(client.stats().to_dict()).encode()
            self.send_response(200 if self.path == "/figures" else 404)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: Any) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


def stale(*arguments: str, status: int = 0) -> list[str]:
    done = kameleoon("flags", "stale", "--json", *arguments, status=status)
    return [found["feature_key"] for found in json.loads(done.stdout)]


def test_of_a_running_process(client: KameleoonClient) -> None:
    with serving(client) as origin:
        done = kameleoon("flags", "stale", f"{origin}/figures")
        failed = kameleoon("flags", "stale", f"{origin}/nowhere", status=1)
    lines = [line.split() for line in done.stdout.splitlines()]
    assert lines[0][:2] == ["feature", "flag"]
    assert [line[:2] for line in lines[1:3]] == [["search", "never"], ["old", "never"]]
    assert lines[1][2] == time.strftime("%Y-%m-%d", time.gmtime(client.stats().flags["search"].last_evaluated))
    assert "2 of 3 feature flags were not asked for within 30 days" in done.stdout
    assert "count since 0.0 hours only" in done.stderr
    assert "404" in failed.stderr
    assert "hint: does the program run" in failed.stderr


def test_of_files_of_several_processes(client: KameleoonClient, tmp_path: Path) -> None:
    one = write_json(tmp_path / "one.json", client.stats().to_dict())
    with KameleoonClient("site", KameleoonClientConfig.offline(shop())) as other:
        other.is_feature_active("bob", "old")
        two = write_json(tmp_path / "two.json", other.stats().to_dict())
    assert stale(one) == ["search", "old"]
    assert stale(two) == ["checkout", "search"]
    assert stale(one, two) == ["search"]
    data_file = shop()
    data_file["featureFlags"].append({**data_file["featureFlags"][0], "featureKey": "unheard of", "id": 9})
    assert stale(one, two, "--data-file", write_json(tmp_path / "data.json", data_file)) == ["search", "unheard of"]


def test_days(client: KameleoonClient, tmp_path: Path) -> None:
    figures = client.stats().to_dict()
    figures["counted_since"] = time.time() - 100 * DAY
    figures["flags"]["search"]["last_asked"] = time.time() - 40 * DAY
    figures["flags"]["old"]["last_asked"] = time.time() - 20 * DAY
    path = write_json(tmp_path / "stats.json", figures)
    assert stale(path, "--days", "50") == []
    assert stale(path) == ["search"]
    assert stale(path, "--days", "10") == ["search", "old"]
    assert kameleoon("flags", "stale", path).stderr == "", "they have counted for long enough"
    assert "nothing" not in kameleoon("flags", "stale", path, "--days", "50", "--fail").stderr
    failed = kameleoon("flags", "stale", path, "--fail", status=1)
    assert "stale feature flags: 'search'" in failed.stderr
    assert "hint: remove them" in failed.stderr


def test_of_prometheus_metrics(client: KameleoonClient, tmp_path: Path) -> None:
    pytest.importorskip("prometheus_client")
    from prometheus_client import CollectorRegistry, generate_latest

    from kameleoon.prometheus import KameleoonCollector

    registry = CollectorRegistry()
    with KameleoonClient("another", KameleoonClientConfig.offline(shop())) as other:
        registry.register(KameleoonCollector(client, other))
        path = tmp_path / "metrics"
        path.write_bytes(generate_latest(registry))
    assert stale(str(path), "--site", "site") == ["search", "old"]
    assert stale(str(path), "--site", "another") == ["checkout", "search", "old"]
    assert "several sites: 'another', 'site'" in kameleoon("flags", "stale", str(path), status=1).stderr


def test_of_an_answer_of_the_query_api(tmp_path: Path) -> None:
    result = [
        {"metric": {"flag": "new"}, "value": [time.time(), str(time.time() - DAY)]},
        {"metric": {"flag": "never"}, "value": [time.time(), "0"]},
        {"metric": {"flag": "once"}, "value": [time.time(), str(time.time() - 60 * DAY)]},
    ]
    answer = {"status": "success", "data": {"resultType": "vector", "result": result}}
    assert stale(write_json(tmp_path / "asked.json", answer)) == ["never", "once"]


@pytest.mark.parametrize("text", ["{}", "[1]", "# nothing\n", "", '{"data": {"result": []}}'])
def test_what_has_no_figures_is_refused(tmp_path: Path, text: str) -> None:
    pytest.importorskip("prometheus_client")
    path = tmp_path / "file"
    path.write_text(text)
    refused = kameleoon("flags", "stale", str(path), status=1).stderr
    assert "has no figures of feature flags. hint: expected the JSON of client.stats().to_dict()" in refused


def test_what_cannot_be_read_is_told(tmp_path: Path) -> None:
    assert "no-such-file cannot be read" in kameleoon("flags", "stale", str(tmp_path / "no-such-file"), status=1).stderr
    page = tmp_path / "page.html"
    page.write_text("<html>not found</html>")
    assert "page.html" in kameleoon("flags", "stale", str(page), status=1).stderr
