"""Worker processes of gunicorn, each with figures of its own, as docs/figures.md has it."""

from __future__ import annotations

import os
import subprocess
import sys
import urllib.request
from pathlib import Path

import pytest

from kameleoon.testing import Platform
from tests.docs import pages
from tests.figures.conftest import shop
from tests.figures.test_dashboard import free_port
from tests.integration.conftest import eventually

pytest.importorskip("prometheus_client")
pytest.importorskip("gunicorn")

from prometheus_client.parser import text_string_to_metric_families

PROGRAM = """
import json, os, sys, uuid
from kameleoon import KameleoonClient, KameleoonClientConfig
client = KameleoonClient("site", KameleoonClientConfig("id", "secret", endpoint=os.environ["PLATFORM"]))
client.wait_init(5000)
client.get_variation("before the fork", "checkout")

def app(environ, start_response):
    if environ["PATH_INFO"] == "/ready":
        body = json.dumps(client.health().to_dict())
    else:
        body = client.get_variation(uuid.uuid4().hex, "checkout").key
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [body.encode()]
"""
REQUESTS = 200


def evaluations(port: int) -> float:
    """What a worker has counted; ``OSError`` where none is at that port."""
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics") as answer:
        families = list(text_string_to_metric_families(answer.read().decode()))
    return sum(
        sample.value
        for family in families
        for sample in family.samples
        if sample.name == "kameleoon_flag_evaluations_total"
    )


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork here")
def test_each_worker_counts_what_it_serves(tmp_path: Path) -> None:
    (block,) = (block for _, block in pages.code_blocks(pages.ROOT / "docs" / "figures.md") if "post_fork" in block)
    first, port = free_port(), free_port()
    (tmp_path / "gunicorn.conf.py").write_text(block.replace("9100", str(first)))
    (tmp_path / "shop.py").write_text(PROGRAM)
    with Platform(shop()) as platform:
        command = [sys.executable, "-m", "gunicorn", "--preload", "--workers=2", f"--bind=127.0.0.1:{port}", "shop:app"]
        paths = os.pathsep.join([str(pages.ROOT / "python"), os.environ.get("PYTHONPATH", "")])
        environment = {**os.environ, "PLATFORM": platform.origin, "PYTHONPATH": paths}
        server = subprocess.Popen(command, cwd=tmp_path, env=environment, stderr=subprocess.DEVNULL)
        try:

            def serves() -> bool:
                try:
                    return [evaluations(first + number) for number in (1, 2)] == [0, 0]
                except OSError:
                    return False

            eventually(serves, 30)
            for _ in range(REQUESTS):
                with urllib.request.urlopen(f"http://127.0.0.1:{port}/") as answer:
                    assert answer.read() in (b"off", b"on")
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/ready") as answer:
                assert answer.read() == b'{"is_live": true, "is_ready": true, "reasons": []}'
            assert sum(evaluations(first + number) for number in (1, 2)) == REQUESTS
        finally:
            server.terminate()
            server.wait(30)
