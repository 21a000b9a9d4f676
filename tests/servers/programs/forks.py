"""Forks 60 times while threads evaluate, track, make and forget clients. Every child uses every client at once.

Each child tracks one conversion with each client. What fails is written to the standard error.
"""

from __future__ import annotations

import itertools
import logging
import os
import sys
import threading
import time
import traceback

from kameleoon import KameleoonClientConfig, KameleoonClientFactory
from tests.data_files import data_file, flag

CLIENTS = 3
FORKS = 60
LONGEST_SECONDS = 20
"""So long a child may take before it counts as hanging."""

OFFLINE = KameleoonClientConfig.offline(data_file(flag()))

logging.basicConfig()
config = KameleoonClientConfig(
    "client-id", "client-secret", top_level_domain="example.com", endpoint=os.environ["ORIGIN"]
)
clients = [KameleoonClientFactory.create(f"site-{number}", config) for number in range(CLIENTS)]
stop = threading.Event()


def evaluate() -> None:
    for number in itertools.count():
        for client in clients:
            client.is_feature_active(f"visitor-{number % 5000}", "flag", track=False)
        if stop.is_set():
            return


def track() -> None:
    while not stop.is_set():
        for client in clients:
            client.is_feature_active("visitor", "flag")
            client.flush("visitor", instant=True)
        time.sleep(0.001)


def make_and_forget() -> None:
    while not stop.is_set():
        KameleoonClientFactory.create("another", OFFLINE)
        KameleoonClientFactory.forget("another")


def child(number: int) -> None:
    for client in clients:
        assert client.is_ready()
        assert client.wait_init(0)
        assert client.is_feature_active("child", "flag")
        assert client.stats().data_file_source == "service"
    assert KameleoonClientFactory.create("site-0", config) is clients[0]
    made = KameleoonClientFactory.create(f"child-{number}", OFFLINE)
    assert made.is_ready()
    for place, client in enumerate(clients):
        client.track_conversion(f"visitor-{number * CLIENTS + place:03}", 1)
    for client in clients:
        client.close(LONGEST_SECONDS)


def fork(number: int) -> None:
    process = os.fork()
    if process == 0:
        try:
            child(number)
        except BaseException:  # noqa: BLE001  # whatever it is, the child must not go on as its parent
            traceback.print_exc()
            sys.stderr.flush()
            os._exit(1)
        os._exit(0)
    deadline = time.monotonic() + LONGEST_SECONDS
    while True:
        ended, status = os.waitpid(process, os.WNOHANG)
        if ended:
            assert status == 0, f"child {number} has failed"
            return
        if time.monotonic() > deadline:
            os.kill(process, 9)
            raise AssertionError(f"child {number} hangs")
        time.sleep(0.002)


assert all(client.wait_init() for client in clients)
threads = [threading.Thread(target=job, daemon=True) for job in (evaluate, track, make_and_forget)]
for thread in threads:
    thread.start()
try:
    for number in range(FORKS):
        fork(number)
finally:
    stop.set()
for thread in threads:
    thread.join(LONGEST_SECONDS)
