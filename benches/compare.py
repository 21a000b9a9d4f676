"""This client beside the reference client 3.22.2: the same work, interleaved in one run, ratios of medians.

usage: python -m benches.compare [--rounds N]     (``make bench-compare``)

Each client runs in a process and an environment of its own (``.reference/``; see tests/differential), with its real
tracking over HTTP to a service on loopback in a third process. The two take turns.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import statistics
import subprocess
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]


class Service(BaseHTTPRequestHandler):
    """Serves three data files by site code, tokens, and takes tracking."""

    protocol_version = "HTTP/1.1"

    def log_message(self, *_: Any) -> None:
        pass

    def _answer(self, body: Any) -> None:
        text = json.dumps(body).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    def do_GET(self) -> None:
        from benches import work

        self._answer(getattr(work, self.path.split("/")[-1].split("?")[0]))

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self._answer({"access_token": "token", "expires_in": 7200})


class Player:
    """In a process of its own: runs a case for a while whenever told to, and prints ns per call."""

    def __init__(self, which: str, origin: str) -> None:
        self.which, self.origin = which, origin
        if which == "reference":
            from tests.differential.play import ReferenceReplay

            ReferenceReplay._redirect(origin)
        import kameleoon.data as kinds
        from benches import work

        self.kinds, self.work = kinds, work
        self.codes = work.visitor_codes()
        self.clients: dict[str, Any] = {}

    def client(self, site: str) -> Any:
        if site not in self.clients:
            from kameleoon import KameleoonClientConfig, KameleoonClientFactory

            more = {} if self.which == "reference" else {"endpoint": self.origin}
            config = KameleoonClientConfig("id", "secret", top_level_domain="example.com", **more)
            client = KameleoonClientFactory.create(site, config)
            assert client.wait_init()
            self.clients[site] = client
        return self.clients[site]

    def case(self, name: str) -> tuple[Any, list[str], int]:
        """A loop over codes, the codes, and how many a chunk has."""
        kinds, client = self.kinds, self.client
        if name == "is_feature_active":
            return lambda codes, f=client("ONE").is_feature_active: [f(c, "flag_0") for c in codes], self.codes, 500
        if name == "get_variation":
            return lambda codes, f=client("ONE").get_variation: [f(c, "flag_0") for c in codes], self.codes, 500
        if name == "is_feature_active, five conditions":
            targeted, data = client("TARGETED"), self.work.five_data(kinds)
            for code in self.codes[:20_000]:
                targeted.add_data(code, *data)
            return lambda codes, f=targeted.is_feature_active: [f(c, "flag_0") for c in codes], self.codes[:20_000], 500
        if name == "get_variations, 200 flags":
            return lambda codes, f=client("MANY").get_variations: [f(c) for c in codes], self.codes[:500], 5
        add, b, cd, p = client("ONE").add_data, kinds.Browser, kinds.CustomData, kinds.PageView
        chrome = kinds.BrowserType.CHROME
        return (
            lambda codes: [add(c, b(chrome, 120.0), cd(1, "premium"), p("https://a", "t")) for c in codes],
            self.codes[:20_000],
            200,
        )

    def serve(self) -> None:
        cases: dict[str, Any] = {}
        for line in sys.stdin:
            name, seconds = json.loads(line)
            if name == "memory":
                result: float = self.bytes_per_visitor()
            else:
                if name not in cases:
                    loop, codes, chunk = self.case(name)
                    chunks = [codes[start : start + chunk] for start in range(0, len(codes), chunk)]
                    cases[name] = (loop, chunks, [0])
                result = self.time(*cases[name], seconds)
            print(json.dumps(result), flush=True)
        os._exit(0)

    @staticmethod
    def time(loop: Any, chunks: list[list[str]], place: list[int], seconds: float) -> float:
        calls, start = 0, time.perf_counter()
        while time.perf_counter() - start < seconds:
            chunk = chunks[place[0] % len(chunks)]
            loop(chunk)
            calls += len(chunk)
            place[0] += 1
        return (time.perf_counter() - start) / calls * 1e9

    def bytes_per_visitor(self) -> float:
        client = self.client("ONE")
        codes = [f"{number:016x}" for number in range(200_000)]
        client.get_variation("warm", "flag_0", False)
        before = _resident()
        for code in codes:
            client.get_variation(code, "flag_0", False)
        return (_resident() - before) / len(codes)


def _resident() -> int:
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def _import_milliseconds(python: str) -> float:
    program = "import time; t = time.perf_counter(); import kameleoon; print((time.perf_counter() - t) * 1e3)"
    runs = [subprocess.run([python, "-c", program], capture_output=True, text=True, check=True) for _ in range(9)]
    return statistics.median(float(run.stdout) for run in runs)


CASES = [
    "is_feature_active", "get_variation", "is_feature_active, five conditions", "get_variations, 200 flags",
    "add_data of three data made in the call",
]  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benches.compare")
    parser.add_argument("--rounds", type=int, default=9)
    options = parser.parse_args()
    from tests.differential.__main__ import reference_python
    from tests.differential.play import QuietServer

    server = QuietServer(("127.0.0.1", 0), Service)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    origin = f"http://127.0.0.1:{server.server_address[1]}"
    pythons = {"reference": str(reference_python()), "candidate": sys.executable}
    players = {
        which: subprocess.Popen(
            [python, "-m", "benches.compare", "--play", which, origin],
            cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        )
        for which, python in pythons.items()
    }  # fmt: skip

    def ask(which: str, name: str, seconds: float) -> float:
        player = players[which]
        assert player.stdin is not None
        assert player.stdout is not None
        player.stdin.write(json.dumps([name, seconds]) + "\n")
        player.stdin.flush()
        answer: float = json.loads(player.stdout.readline())
        return answer

    print(f"{platform.platform()}, {os.cpu_count()} cores, CPython {platform.python_version()}; medians (quartiles) of "
          f"{options.rounds} rounds, the clients taking turns")  # fmt: skip
    print(f"{'':42} {'reference':>26} {'this client':>22} {'ratio':>8}")
    for name in CASES:
        for which in players:
            ask(which, name, 2.0)  # warm: every visitor known
        figures: dict[str, list[float]] = {which: [] for which in players}
        for _ in range(options.rounds):
            for which in players:
                figures[which].append(ask(which, name, 1.0))
        shown = {which: _shown(values) for which, values in figures.items()}
        ratio = statistics.median(figures["reference"]) / statistics.median(figures["candidate"])
        print(f"{name + ', ns':42} {shown['reference']:>26} {shown['candidate']:>22} {ratio:7.0f}x", flush=True)
    memory = {which: ask(which, "memory", 0) for which in players}
    imports = {which: _import_milliseconds(python) for which, python in pythons.items()}
    for name, figures_of in (("bytes per visitor, one variation", memory), ("import, ms", imports)):
        ratio = figures_of["reference"] / figures_of["candidate"]
        print(f"{name:42} {figures_of['reference']:26,.0f} {figures_of['candidate']:22,.0f} {ratio:7.1f}x")
    for player in players.values():
        player.kill()


def _shown(values: list[float]) -> str:
    low, middle, high = statistics.quantiles(values, n=4)
    return f"{middle:,.0f} ({low:,.0f}-{high:,.0f})"


if __name__ == "__main__":
    if sys.argv[1:2] == ["--play"]:
        import logging

        logging.disable(logging.CRITICAL)
        Player(sys.argv[2], sys.argv[3]).serve()
    else:
        main()
