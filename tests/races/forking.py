"""How long a fork waits for this client's threads, and holds up those that do not fork. In a process of its own:

python -m tests.races.forking ORIGIN FORKS VISITORS KIND      prints figures, as JSON

KIND is ``client``: threads evaluate, store, flush and make clients without a pause, so that at each fork some of them hold
locks of the store, of the queue, of the allocator; ``flush``: all visitors are looked through again and again, and none has
anything to send; ``none``: threads that do nothing of ours, to compare with.
"""

from __future__ import annotations

import bisect
import ctypes
import json
import os
import statistics
import sys
import threading
import time
from collections.abc import Callable

PREPARE = ctypes.CFUNCTYPE(None)
quiesced: list[float] = []
"""When each fork had waited for the client: the C library runs what was registered first, last."""


@PREPARE
def _note_end() -> None:
    quiesced.append(time.perf_counter())


ctypes.CDLL(None).__register_atfork(_note_end, None, None, None)

from kameleoon import Conversion, CustomData, KameleoonClient, KameleoonClientConfig  # noqa: E402  # which registers its own
from tests.data_files import data_file, flag  # noqa: E402

quiescing: list[float] = []
"""When each fork began to wait for the client."""


@PREPARE
def _note_begin() -> None:
    quiescing.append(time.perf_counter())


ctypes.CDLL(None).__register_atfork(_note_begin, None, None, None)

NOTED = 0.0002
"""Seconds: a shorter pause of a thread is not noted."""
PATIENCE = 20.0
"""Seconds in which a child has to end."""
Pauses = list[tuple[float, float]]


def watched(work: Callable[[], object], stop: threading.Event, pauses: Pauses) -> None:
    """Works until it is to stop, and notes when a round began and ended that took longer."""
    last = time.perf_counter()
    while not stop.is_set():
        work()
        now = time.perf_counter()
        if now - last > NOTED:
            pauses.append((last, now))
        last = now


def child(client: KameleoonClient | None) -> None:
    """Uses every lock that another thread may have held at the fork."""
    if client is not None:
        for number in range(50):
            client.add_data(f"visitor {number}", CustomData(1, "a"))
            client.get_variations(f"visitor {number}")
        client.track_conversion("visitor 1", 1)
        client.flush()
        client.stats()
        KameleoonClient("site", KameleoonClientConfig.offline(data_file(flag()))).get_variations("visitor")


def fork(client: KameleoonClient | None) -> tuple[float, float]:
    """When a fork began and ended. Its child must end well, and in time."""
    begin = time.perf_counter()
    pid = os.fork()
    if pid == 0:
        try:
            child(client)
        except BaseException as error:  # noqa: BLE001  # it must not go on as its parent would
            print("child:", repr(error), file=sys.stderr, flush=True)
            os._exit(3)
        os._exit(0)
    end = time.perf_counter()
    while True:
        done, status = os.waitpid(pid, os.WNOHANG)
        if done:
            assert status == 0, status
            return begin, end
        if time.perf_counter() > end + PATIENCE:
            os.kill(pid, 9)
            os.waitpid(pid, 0)
            raise AssertionError("a child hangs")
        time.sleep(0.001)


def works(client: KameleoonClient | None, kind: str) -> list[Callable[[], object]]:
    """What the threads do: the first two are those whose pauses count."""
    if client is None:
        return [lambda: sum(range(20))] * 5
    if kind == "flush":
        return [lambda: time.sleep(0.001)] * 2 + [lambda: client.flush(timeout=5)] * 6
    file = data_file(*(flag(f"f{n}", n + 1) for n in range(200)))
    codes = iter(range(10**12))

    def evaluate() -> None:
        client.is_feature_active("visitor 1", "flag")

    def store() -> None:
        code = f"visitor {next(codes) % 5000}"
        client.add_data(code, CustomData(1, "a"))
        client.get_variations(code)

    def make() -> None:
        KameleoonClient("site", KameleoonClientConfig.offline(file)).get_variations("visitor")

    return [evaluate, evaluate, store, client.flush, make]


def held_up(forks: list[tuple[float, float]], pauses: Pauses) -> list[float]:
    """For each fork, the longest pause of a thread that it lies in, or that lies in it; in milliseconds."""
    ends = [end for _, end in pauses]
    longest = []
    for begin, end in forks:
        at, longest_here = bisect.bisect_left(ends, begin), 0.0
        while at < len(pauses) and pauses[at][0] < end:
            longest_here = max(longest_here, pauses[at][1] - pauses[at][0])
            at += 1
        longest.append(longest_here * 1000)
    return longest


def figures(milliseconds: list[float]) -> dict[str, float]:
    ordered = sorted(milliseconds)
    return {
        "median": round(statistics.median(ordered), 3),
        "p90": round(ordered[int(len(ordered) * 0.9)], 3),
        "most": round(ordered[-1], 3),
    }


def main(origin: str, count: int, visitors: int, kind: str) -> None:
    client = None
    if kind != "none":
        client = KameleoonClient("site", KameleoonClientConfig("id", "secret", endpoint=origin))
        assert client.wait_init()
        for number in range(visitors):
            client.add_data(f"visitor {number}", Conversion(1), track=kind == "client")
    stop = threading.Event()
    pauses: list[Pauses] = [[] for _ in works(client, kind)]
    threads = [
        threading.Thread(target=watched, args=(work, stop, noted)) for work, noted in zip(works(client, kind), pauses)
    ]
    for thread in threads:
        thread.start()
    forks = []
    try:
        for _ in range(count):
            time.sleep(0.01)
            forks.append(fork(client))
    finally:
        stop.set()
    for thread in threads:
        thread.join()
    held = [max(both) for both in zip(*(held_up(forks, noted) for noted in pauses[:2]))]
    waited = [(end - begin) * 1000 for begin, end in zip(quiescing, quiesced)]
    took = [(end - begin) * 1000 for begin, end in forks]
    print(json.dumps({"waited": figures(waited), "took": figures(took), "held up": figures(held)}))
    sys.stdout.flush()
    os._exit(0)  # what waits to be sent is nobody's concern


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), sys.argv[4])
