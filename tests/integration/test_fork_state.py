"""What a forked child knows, and what it can do, before it has asked the service for anything."""

from __future__ import annotations

import os

import pytest

from kameleoon.testing import Platform
from tests.integration.test_lifecycle import run

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork here")
CHILD = """
def in_child(check, seconds=10):
    child = os.fork()
    if child == 0:
        try:
            check()
        except BaseException as error:
            print("child:", repr(error), file=sys.stderr, flush=True)
            os._exit(1)
        os._exit(0)
    deadline = time.monotonic() + seconds
    while True:
        ended, status = os.waitpid(child, os.WNOHANG)
        if ended:
            return status
        if time.monotonic() > deadline:
            os.kill(child, 9)
            print("the child hangs", file=sys.stderr)
            return 1
        time.sleep(0.005)
"""


def test_a_child_can_create_while_a_thread_of_its_parent_is_inside_create(platform: Platform) -> None:
    done = run(
        platform,
        CHILD
        + """
from collections.abc import Mapping
inside = threading.Event()
class Slow(Mapping):
    def __init__(self, seconds): self.seconds = seconds
    def __getitem__(self, key): return []
    def __len__(self): return 1
    def __iter__(self):
        inside.set()
        time.sleep(self.seconds)
        return iter(["featureFlags"])
def create():
    assert KameleoonClientFactory.create("other", KameleoonClientConfig.offline({})).is_ready()
for seconds in (0.2, 3):
    inside.clear()
    config = KameleoonClientConfig.offline(Slow(seconds))
    threading.Thread(target=KameleoonClientFactory.create, args=(f"slow {seconds}", config), daemon=True).start()
    inside.wait()
    start = time.monotonic()
    if in_child(create) != 0:
        sys.exit(1)
    assert time.monotonic() - start < 2.5, "forking does not wait for a create that takes long"
KameleoonClientFactory.create("third", KameleoonClientConfig.offline({}))
""",
    )
    assert done.returncode == 0, done.stderr


def test_a_child_is_ready_at_once_with_its_parents_data_file_though_the_service_is_down(platform: Platform) -> None:
    done = run(
        platform,
        CHILD
        + """
assert client.wait_init()
fetched = client.stats()
assert fetched.data_file_source == "service"
import requests
fault = {"service": "configuration", "kind": "status", "status": 500}
requests.post(sys.argv[1] + "/control/faults", json=fault).raise_for_status()
def check():
    assert client.is_ready()
    assert client.wait_init(0)
    assert client.wait_init()
    assert client.is_feature_active("v", "flag")
    stats = client.stats()
    assert stats.data_file_source == "service", stats.data_file_source
    assert stats.data_file_age_second >= fetched.data_file_age_second
sys.exit(1 if in_child(check) else 0)
""",
    )
    assert done.returncode == 0, done.stderr


def test_a_child_follows_the_stream_though_its_parents_data_file_is_still_the_latest(platform: Platform) -> None:
    platform.update_data_file(lambda file: file.update(configuration={"realTimeUpdate": True}))
    done = run(
        platform,
        CHILD
        + """
assert client.wait_init()
import requests
def listeners():
    return requests.get(sys.argv[1] + "/control/state").json()["streaming"]
def until(condition):
    deadline = time.monotonic() + 5
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.02)
until(lambda: listeners() == 1)
def check():
    client.is_feature_active("v", "flag")
    until(lambda: listeners() == 2)
    headers = {"Content-Type": "application/json"}
    requests.post(sys.argv[1] + "/control/environment", headers=headers, data='{"flag": "flag", "enabled": false}')
    until(lambda: not client.is_feature_active("v", "flag"))
sys.exit(1 if in_child(check) else 0)
""",
    )
    assert done.returncode == 0, done.stderr
    asked = [headers for _, path, headers in platform.requests if path.startswith("/v3/")]
    assert "If-Modified-Since" in asked[1], "the child asks conditionally"
