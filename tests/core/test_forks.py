"""Forked children: they never hang, and nothing is lost or sent twice."""

from __future__ import annotations

import json
import os
from collections import Counter

import pytest

from kameleoon.testing import Platform
from tests.core.programs import run
from tests.data_files import data_file, flag, rule

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork here")

FORK = """
def fork(child, seconds=20):
    pid = os.fork()
    if pid == 0:
        try:
            child()
        except BaseException as error:
            print("child:", repr(error), file=sys.stderr, flush=True)
            os._exit(3)
        os._exit(0)
    return pid
def wait_for(pid, what, seconds=20):
    deadline = time.monotonic() + seconds
    while True:
        done, status = os.waitpid(pid, os.WNOHANG)
        if done:
            assert status == 0, (what, status)
            return
        if time.monotonic() > deadline:
            os.kill(pid, 9)
            os._exit(f"{what} hangs" and print(f"{what} hangs", file=sys.stderr, flush=True) or 9)
        time.sleep(0.001)
"""


def run_forking(platform: Platform, program: str, timeout: float = 90) -> str:
    import textwrap

    return run(FORK + textwrap.dedent(program), platform.origin, timeout=timeout)


@pytest.mark.long
def test_forking_while_data_files_are_swapped_never_hangs(platform: Platform) -> None:
    """Each of the clients swaps a data file that takes a while to read, as often as it can."""
    platform.set_data_file(
        data_file(*(flag("flag" if n == 0 else f"flag{n}", n + 1, [rule(10 * n)]) for n in range(400)))
    )
    run_forking(
        platform,
        """
        import json, urllib.request
        clients = [online(f"site{n}", refresh_interval_minute=0.0005) for n in range(3)]
        assert all([client.wait_init() for client in clients])
        stop = threading.Event()
        def swap():
            number = 0
            while not stop.is_set():
                number += 1
                change = json.dumps({"flag": "flag", "enabled": True}).encode()
                headers, url = {"Content-Type": "application/json"}, sys.argv[1] + "/control/environment"
                urllib.request.urlopen(urllib.request.Request(url, change, headers)).read()
        def evaluate():
            while not stop.is_set():
                for client in clients:
                    client.is_feature_active("v", "flag")
        for job in (swap, evaluate):
            threading.Thread(target=job, daemon=True).start()
        def child():
            for client in clients:
                assert client.is_feature_active("child", "flag")
        for number in range(150):
            wait_for(fork(child), f"child {number}")
        stop.set()
        os._exit(0)
        """,
    )


def test_forking_while_clients_are_made_and_dropped_never_hangs(platform: Platform) -> None:
    run_forking(
        platform,
        """
        from tests.data_files import data_file, flag
        file = data_file(*(flag(f"f{n}", n + 1) for n in range(200)))
        client = KameleoonClient("site", KameleoonClientConfig.offline(file))
        stop = threading.Event()
        def make():
            while not stop.is_set():
                KameleoonClient("site", KameleoonClientConfig.offline(file)).get_variations("v")
        threading.Thread(target=make, daemon=True).start()
        for number in range(150):
            wait_for(fork(lambda: client.get_variations("child")), f"child {number}")
        stop.set()
        os._exit(0)
        """,
    )


CHILD = """
client = online(tracking_interval_millisecond=5000)
assert client.wait_init()
for number in range(100):
    client.add_data(f"visitor {number}", CustomData(1, "a"))
    client.track_conversion(f"visitor {number}", 1)
def child(which):
    for number in range(100):
        assert client.is_feature_active(f"visitor {number}", "flag")
    client.track_conversion("visitor 7", 100 + which)
    client.flush()
    client.close(10)
"""


def conversions(platform: Platform) -> Counter[tuple[str, str]]:
    events = [event for event in platform.received.events if event["eventType"] == "conversion"]
    return Counter((event["visitorCode"], event["goalId"]) for event in events)


def test_what_waits_at_a_fork_is_sent_once_and_the_children_send_their_own(platform: Platform) -> None:
    run_forking(
        platform,
        CHILD
        + """
for pid in [fork(lambda which=which: child(which)) for which in range(4)]:
    wait_for(pid, "a child")
client.close(10)
""",
    )
    expected = Counter({(f"visitor {number}", "1"): 1 for number in range(100)})
    expected.update({("visitor 7", str(100 + which)): 1 for which in range(4)})
    assert conversions(platform) == expected
    assert platform.received.duplicated == 0
    assert platform.received.summary()["kinds"]["customData"] == 100


def test_a_child_counts_nothing_of_what_became_of_its_parents_events(platform: Platform) -> None:
    platform.set_data_file(
        data_file(flag(), customData=[{"index": 9, "id": 9, "name": "u", "isMappingIdentifier": True}])
    )
    told = run_forking(
        platform,
        """
        import json, urllib.request
        client = online(tracking_interval_millisecond=5000, visitor_data_maximum_size=0.2)
        assert client.wait_init()
        def counted():
            stats = client.stats()
            names = ("events_sent", "events_failed", "events_refused", "events_dropped", "evicted_visitors")
            return [getattr(stats, name) for name in names]
        client.track_conversion("visitor", 1)
        assert client.flush(timeout=10)
        fault = json.dumps({"service": "tracking", "kind": "status", "status": 503}).encode()
        headers, url = {"Content-Type": "application/json"}, sys.argv[1] + "/control/faults"
        urllib.request.urlopen(urllib.request.Request(url, fault, headers)).read()
        client.track_conversion("visitor", 2)
        assert not client.flush(timeout=0.3)
        for number in range(3000):
            client.add_data(f"visitor {number}", CustomData(1, "x" * 1000))
        def child():
            print(counted(), flush=True)
        wait_for(fork(child), "the child")
        print(counted(), flush=True)
        os._exit(0)
        """,
    )
    child, parent = map(json.loads, told.splitlines())
    assert child == [0, 0, 0, 0, 0]
    sent, failed, _, dropped, evicted = parent
    assert min(sent, failed, dropped, evicted) > 0, "there was something to count"


def test_children_of_multiprocessing_send_their_own_once(platform: Platform) -> None:
    run_forking(
        platform,
        CHILD.replace("    client.close(10)\n", "")
        + """
import multiprocessing
context = multiprocessing.get_context("fork")
children = [context.Process(target=child, args=(which,)) for which in range(4)]
[process.start() for process in children]
[process.join(30) for process in children]
assert [process.exitcode for process in children] == [0] * 4
client.close(10)
""",
    )
    expected = Counter({(f"visitor {number}", "1"): 1 for number in range(100)})
    expected.update({("visitor 7", str(100 + which)): 1 for which in range(4)})
    assert conversions(platform) == expected
    assert platform.received.duplicated == 0


@pytest.mark.long
def test_what_is_on_its_way_or_to_be_tried_again_at_a_fork_is_the_parents(platform: Platform) -> None:
    platform.misbehave("tracking", "status", status=503)
    run_forking(
        platform,
        CHILD.replace("5000", "1000")
        + """
import json, urllib.request
def control(method, **fields):
    headers, url = {"Content-Type": "application/json"}, sys.argv[1] + "/control/faults"
    request = urllib.request.Request(url, json.dumps(fields).encode(), headers, method=method)
    urllib.request.urlopen(request).read()
while client.stats().events_failed == 0:
    time.sleep(0.01)
first = fork(lambda: child(0))  # meanwhile a retry is due
time.sleep(0.5)
wait_for(first, "the first child")
control("POST", service="tracking", kind="latency", seconds=1.5)
time.sleep(5)
second = fork(lambda: child(1))  # meanwhile a request is under way
wait_for(second, "the second child")
control("DELETE", service="tracking")
deadline = time.monotonic() + 20
while client.stats().queued_visitors and time.monotonic() < deadline:
    time.sleep(0.05)
client.close(10)
""",
    )
    expected = Counter({(f"visitor {number}", "1"): 1 for number in range(100)})
    expected["visitor 7", "101"] = 1  # the first child's own cannot arrive: it ends while the service is down
    assert conversions(platform) == expected
    assert platform.received.duplicated == 0


def test_a_child_forked_while_a_client_is_used_for_the_first_time_can_use_it(platform: Platform) -> None:
    """What is made at the first use (an outcome's object, a flag's key) is made by one thread, and asked for by the child."""
    run_forking(
        platform,
        """
        from tests.data_files import data_file, flag
        sys.setswitchinterval(1e-6)
        keys = [f"f{n}" for n in range(300)]
        file = data_file(*(flag(key, n + 1) for n, key in enumerate(keys)))
        for number in range(100):
            client = KameleoonClient("site", KameleoonClientConfig.offline(file))
            def use():
                for key in keys:
                    client.get_variation("visitor", key, track=False)
            threads = [threading.Thread(target=use, daemon=True) for _ in range(3)]
            for thread in threads:
                thread.start()
            wait_for(fork(use), f"child {number}")
            for thread in threads:
                thread.join()
        os._exit(0)
        """,
    )
