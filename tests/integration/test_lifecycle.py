"""What the process does to a client: threads, fork, exit."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import textwrap
import threading
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from kameleoon.testing import Platform
from tests.data_files import data_file, flag
from tests.integration.conftest import eventually

needs_fork = pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork here")
PREAMBLE = """
import os, sys, threading, time
from kameleoon import KameleoonClientConfig, KameleoonClientFactory
config = KameleoonClientConfig("id", "secret", endpoint=sys.argv[1], default_timeout_millisecond=1000)
client = KameleoonClientFactory.create("site", config)
"""


def run(
    platform: Platform, program: str, timeout: float = 30, arguments: Sequence[str] = ()
) -> subprocess.CompletedProcess[str]:
    code = PREAMBLE + textwrap.dedent(program)
    command = [sys.executable, "-W", "ignore::DeprecationWarning", "-c", code, platform.origin, *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=timeout, check=False)


def conversions(platform: Platform) -> list[str]:
    events = platform.received.events
    return sorted(event["visitorCode"] for event in events if event["eventType"] == "conversion")


def test_threads_are_few_named_and_daemonic(platform: Platform, make_online: Any) -> None:
    def ours() -> list[str]:
        return sorted(thread.name for thread in threading.enumerate() if thread.name.startswith("kameleoon"))

    assert ours() == []
    platform.set_data_file(data_file(flag(), configuration={"realTimeUpdate": True}))
    client = make_online()
    assert client.wait_init()
    eventually(lambda: platform.listeners == 1)
    for number in range(200):
        client.track_conversion(f"v{number}", 1)
        client.flush(f"v{number}", instant=True)
        client.get_remote_data("x")
    lanes = ["configuration", "housekeeping", "stream", "token", "tracking"]
    assert ours() == [f"kameleoon-{lane}" for lane in lanes]
    assert all(thread.daemon for thread in threading.enumerate() if thread.name.startswith("kameleoon"))
    client.close()
    eventually(lambda: ours() == [])


def test_a_conversion_on_the_last_line_of_a_script_arrives_20_of_20(platform: Platform) -> None:
    for number in range(20):
        done = run(platform, f"client.wait_init()\nclient.track_conversion('v{number:02}', 1)")
        assert done.returncode == 0, done.stderr
    assert conversions(platform) == [f"v{number:02}" for number in range(20)]


@pytest.mark.long
@pytest.mark.alone
def test_with_a_dead_service_the_script_ends_in_time() -> None:
    with Platform(data_file(flag())) as platform:
        for kind in ("black-hole", "drop", "status", "slow-bytes"):
            platform.behave()
            platform.misbehave("tracking", kind, seconds=1)
            platform.misbehave("token", kind, seconds=1)
            start = time.monotonic()
            done = run(platform, "client.wait_init()\nfor n in range(1000): client.track_conversion(f'v{n}', 1)")
            assert done.returncode == 0, done.stderr
            assert time.monotonic() - start < 3.5, kind


@pytest.mark.skipif(os.name == "nt", reason="POSIX signals")
def test_sigterm_under_a_server_that_exits_on_it(platform: Platform) -> None:
    program = PREAMBLE + textwrap.dedent("""
        import signal
        signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
        client.wait_init()
        client.track_conversion('v', 1)
        print('ready', flush=True)
        while True:
            time.sleep(0.05)  # one long sleep would miss a signal that comes just before it begins
    """)
    with subprocess.Popen(
        [sys.executable, "-c", program, platform.origin], stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        try:
            assert process.stdout.readline() == "ready\n"
            process.send_signal(signal.SIGTERM)
            assert process.wait(10) == 0
        finally:
            process.kill()
    assert conversions(platform) == ["v"]


@needs_fork
def test_forked_children_and_the_parent_each_send_their_own_once(platform: Platform) -> None:
    done = run(
        platform,
        """
        client.wait_init()
        for number in range(100):
            client.track_conversion(f"parent {number:03}", 1)
        children = []
        for child in range(4):
            pid = os.fork()
            if pid == 0:
                assert client.is_feature_active("v", "flag"), "the parent's data file"
                for number in range(100):
                    client.track_conversion(f"child {child} {number:03}", 1)
                assert client.get_remote_data("nothing") is None
                client.close()
                os._exit(0)
            children.append(pid)
        for pid in children:
            assert os.waitpid(pid, 0)[1] == 0
        """,
    )
    assert done.returncode == 0, done.stderr
    expected = [f"parent {number:03}" for number in range(100)]
    expected += [f"child {child} {number:03}" for child in range(4) for number in range(100)]
    assert conversions(platform) == sorted(expected)
    assert platform.received.duplicated == 0


@needs_fork
def test_forking_while_everything_runs_never_hangs(platform: Platform) -> None:
    done = run(
        platform,
        """
        client.wait_init()
        stop = threading.Event()
        def evaluate():
            number = 0
            while not stop.is_set():
                number += 1
                client.is_feature_active(f"visitor {number % 5000}", "flag")
        threads = [threading.Thread(target=evaluate, daemon=True) for _ in range(3)]
        [thread.start() for thread in threads]
        for child in range(60):
            pid = os.fork()
            if pid == 0:
                for number in range(200):
                    client.is_feature_active(f"visitor {number}", "flag")
                os._exit(0)
            deadline = time.monotonic() + 10
            while os.waitpid(pid, os.WNOHANG)[0] == 0:
                if time.monotonic() > deadline:
                    os.kill(pid, 9)
                    sys.exit(f"child {child} hangs")
                time.sleep(0.001)
        stop.set()
        """,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr


@needs_fork
def test_multiprocessing_children_send_at_their_end(platform: Platform, tmp_path: Path) -> None:
    script = tmp_path / "work.py"
    script.write_text(
        textwrap.dedent("""
        import multiprocessing, sys
        from kameleoon import KameleoonClientConfig, KameleoonClientFactory
        config = KameleoonClientConfig("id", "secret", endpoint=sys.argv[1])
        client = KameleoonClientFactory.create("site", config)

        def work(number):
            client.track_conversion(f"worker {number}", 1)

        if __name__ == "__main__":
            client.wait_init()
            context = multiprocessing.get_context("fork")
            workers = [context.Process(target=work, args=(number,)) for number in range(4)]
            [worker.start() for worker in workers]
            [worker.join(20) for worker in workers]
            assert all(worker.exitcode == 0 for worker in workers)
    """)
    )
    done = subprocess.run(
        [sys.executable, script, platform.origin], capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stderr
    assert conversions(platform) == [f"worker {number}" for number in range(4)]


APPLICATION = """
import os
from kameleoon import KameleoonClientConfig, KameleoonClientFactory, KameleoonWSGIMiddleware

client = KameleoonClientFactory.create("site", KameleoonClientConfig("id", "secret", endpoint=os.environ["ORIGIN"]))
client.wait_init()


def application(environ, start_response):
    cookie = environ["HTTP_COOKIE"]
    code = client.get_visitor_code(cookies_readonly=dict(pair.split("=", 1) for pair in cookie.split("; ")))
    client.track_conversion(code, os.getpid())
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [f"{code} {client.is_feature_active(code, 'flag')}".encode()]


application = KameleoonWSGIMiddleware(application, client)
"""


@needs_fork
def test_gunicorn_with_preload_and_four_workers(platform: Platform, tmp_path: Path) -> None:
    import requests

    (tmp_path / "site_application.py").write_text(APPLICATION)
    command = [
        sys.executable,
        "-m",
        "gunicorn",
        "--preload",
        "--workers",
        "4",
        "--bind",
        "127.0.0.1:0",
        "site_application:application",
    ]
    environment = {**os.environ, "ORIGIN": platform.origin, "PYTHONPATH": str(tmp_path)}
    output = tmp_path / "gunicorn.log"
    with output.open("w") as file:
        server = subprocess.Popen(command, cwd=tmp_path, env=environment, stderr=file)
    try:
        eventually(lambda: "Listening at: " in output.read_text(), 20)
        origin = output.read_text().split("Listening at: ")[1].split(" ")[0]
        codes, lock = set(), threading.Lock()

        def visit() -> None:
            for _ in range(20):
                response = requests.get(origin, timeout=10)
                code, active = response.text.split(" ")
                assert active == "True"
                assert response.cookies["kameleoonVisitorCode"] == code
                again = requests.get(origin, cookies={"kameleoonVisitorCode": code}, timeout=10)
                assert again.text == response.text
                assert again.cookies["kameleoonVisitorCode"] == code, "its time is prolonged"
                with lock:
                    codes.add(code)

        threads = [threading.Thread(target=visit) for _ in range(8)]
        [thread.start() for thread in threads]
        [thread.join() for thread in threads]
    finally:
        server.terminate()
        assert server.wait(20) == 0
    assert len(codes) == 160, "every visitor without a cookie gets a code of its own"
    events = [event for event in platform.received.events if event["eventType"] == "conversion"]
    assert len(events) == 320
    assert len({event["goalId"] for event in events}) > 1, "several workers have tracked"
    assert platform.received.duplicated == 0


ASGI_APPLICATION = """
import os
from kameleoon import KameleoonASGIMiddleware, KameleoonClientConfig, KameleoonClientFactory

client = KameleoonClientFactory.create("site", KameleoonClientConfig("id", "secret", endpoint=os.environ["ORIGIN"]))


async def application(scope, receive, send):
    if scope["type"] == "lifespan":
        while True:
            message = await receive()
            if message["type"] == "lifespan.startup":
                await client.wait_init_async()
            await send({"type": message["type"] + ".complete"})
            if message["type"] == "lifespan.shutdown":
                return
    cookie = dict(scope["headers"])[b"cookie"].decode()
    code = cookie.split("kameleoonVisitorCode=")[1].split(";")[0]
    client.track_conversion(code, 1)
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": f"{code} {cookie}".encode()})


application = KameleoonASGIMiddleware(application, client)
"""


def test_uvicorn(platform: Platform, tmp_path: Path) -> None:
    import socket

    import requests

    (tmp_path / "asgi_application.py").write_text(ASGI_APPLICATION)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [
        sys.executable,
        "-m",
        "uvicorn",
        "--port",
        str(port),
        "--log-level",
        "warning",
        "asgi_application:application",
    ]
    environment = {**os.environ, "ORIGIN": platform.origin, "PYTHONPATH": str(tmp_path)}
    server = subprocess.Popen(command, cwd=tmp_path, env=environment)
    origin = f"http://127.0.0.1:{port}/"

    def answers() -> bool:
        try:
            return requests.get(origin, cookies={"kameleoonVisitorCode": "probe"}, timeout=1).ok
        except requests.ConnectionError:
            return False

    try:
        eventually(answers, 20)
        first = requests.get(origin, cookies={"other": "x"}, timeout=10)
        code, header = first.text.split(" ", 1)
        assert first.cookies["kameleoonVisitorCode"] == code
        assert header == f"other=x; kameleoonVisitorCode={code}"
        again = requests.get(origin, cookies={"kameleoonVisitorCode": code}, timeout=10)
        assert again.text.split(" ")[0] == code
        assert again.cookies["kameleoonVisitorCode"] == code, "its time is prolonged"
    finally:
        server.terminate()
        server.wait(20)
    assert conversions(platform).count(code) == 2


def test_subprocesses_disturb_nothing(platform: Platform, make_online: Any) -> None:
    client = make_online()
    assert client.wait_init()
    subprocess.run([sys.executable, "-c", "pass"], check=True)
    client.track_conversion("v", 1)
    eventually(lambda: conversions(platform) == ["v"])


def test_after_close_evaluations_go_on_and_nothing_is_sent(platform: Platform, make_online: Any) -> None:
    client = make_online()
    assert client.wait_init()
    client.close()
    before = len(platform.requests)
    assert client.is_feature_active("v", "flag")
    client.flush("v", instant=True)
    assert client.get_remote_data("x") is None
    assert client.get_remote_visitor_data("v") == []
    time.sleep(0.2)
    assert len(platform.requests) == before
    client.close()


def test_the_control_path(platform: Platform) -> None:
    import requests

    def control(method: str, path: str, body: Any = None) -> Any:
        response = requests.request(method, f"{platform.origin}/control/{path}", json=body or {}, timeout=5)
        return response.status_code, response.json()

    assert control("POST", "faults", {"service": "tracking", "kind": "status", "status": 503})[0] == 200
    assert control("GET", "state")[1]["faults"]["tracking"]["status"] == 503
    assert (
        requests.post(
            f"{platform.origin}/visit/events", data="nonce=0000000000000000&eventType=activity", timeout=5
        ).status_code
        == 503
    )
    assert control("DELETE", "faults")[0] == 200
    assert requests.post(
        f"{platform.origin}/visit/events", data="nonce=0000000000000000&eventType=activity", timeout=5
    ).ok
    assert control("GET", "received")[1]["kinds"] == {"activity": 1}
    assert control("POST", "environment", {"flag": "flag", "enabled": False})[0] == 200
    assert control("GET", "state")[1]["dataFile"]["featureFlags"][0]["environmentEnabled"] is False
    assert control("POST", "exposition", {"flag": "flag", "rule": 10, "exposition": 0.25})[0] == 200
    assert control("POST", "exposition", {"flag": "nope", "rule": 10, "exposition": 0.25})[0] == 400
    assert control("POST", "faults", {"service": "nope", "kind": "status"})[0] == 400
    assert control("GET", "nothing")[0] == 404


CELERY_APPLICATION = """
import os
from celery import Celery
from kameleoon import KameleoonClientConfig, KameleoonClientFactory

client = KameleoonClientFactory.create("site", KameleoonClientConfig("id", "secret", endpoint=os.environ["ORIGIN"]))
client.wait_init()
application = Celery("work", broker=f"filesystem://", broker_transport_options={
    "data_folder_in": os.environ["QUEUE"], "data_folder_out": os.environ["QUEUE"],
})

@application.task
def convert(number):
    assert client.is_feature_active(f"task {number}", "flag")
    client.track_conversion(f"task {number}", os.getpid())
"""


@pytest.mark.long
@needs_fork
def test_celery_prefork(platform: Platform, tmp_path: Path) -> None:
    pytest.importorskip("celery")
    (tmp_path / "celery_work.py").write_text(CELERY_APPLICATION)
    queue = tmp_path / "queue"
    queue.mkdir()
    environment = {**os.environ, "ORIGIN": platform.origin, "PYTHONPATH": str(tmp_path), "QUEUE": str(queue)}
    command = [
        sys.executable,
        "-m",
        "celery",
        "-A",
        "celery_work:application",
        "worker",
        "--pool",
        "prefork",
        "-c",
        "3",
        "-l",
        "ERROR",
    ]
    worker = subprocess.Popen(
        command, cwd=tmp_path, env=environment, stderr=subprocess.DEVNULL, stdout=subprocess.DEVNULL
    )
    try:
        send = "import celery_work, sys\nfor n in range(60): celery_work.convert.delay(n)"
        subprocess.run([sys.executable, "-c", send], cwd=tmp_path, env=environment, check=True, timeout=60)
        eventually(lambda: len(conversions(platform)) == 60, 60)
    finally:
        worker.terminate()
        worker.wait(30)
    events = [event for event in platform.received.events if event["eventType"] == "conversion"]
    assert sorted(event["visitorCode"] for event in events) == sorted(f"task {number}" for number in range(60))
    assert len({event["goalId"] for event in events}) > 1, "several workers have tracked"
    assert platform.received.duplicated == 0


def test_uvloop_with_subprocesses(platform: Platform) -> None:
    pytest.importorskip("uvloop")
    done = run(
        platform,
        """
        import asyncio, uvloop
        async def main():
            assert await client.wait_init_async()
            for number in range(10):
                process = await asyncio.create_subprocess_exec(sys.executable, "-c", "print('done')", stdout=asyncio.subprocess.PIPE)
                assert (await process.communicate())[0] == b"done\\n"
                client.track_conversion(f"v{number}", 1)
                await client.get_remote_data_async("x")
        uvloop.run(main())
        uvloop.run(main())
        """,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    assert conversions(platform) == sorted(f"v{number}" for number in range(10) for _ in range(2))
