"""What a client does over the network, again and again, in a process of its own: the platform runs in another one, whose
memory is not looked at.

python -m tests.races.online_calls CALLS SWAPS            starts both, and prints a table (``make growth``)
python -m tests.races.online_calls ORIGIN CALLS SWAPS     is that process: the bytes that each call leaves, as JSON
"""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
import threading
from collections.abc import Coroutine, Iterator
from contextlib import contextmanager
from typing import Any

from kameleoon import CustomData, KameleoonClient, KameleoonClientConfig, KameleoonClientFactory
from kameleoon.events import EventType
from kameleoon.testing import Platform
from tests.data_files import data_file, flag, rule
from tests.races import memory
from tests.races.calls import CODE, Call
from tests.races.growth import LIMIT, left_by

NAMES = {
    "aclose",
    "close",
    "flush_async",
    "get_remote_data",
    "get_remote_data_async",
    "get_remote_visitor_data",
    "get_remote_visitor_data_async",
    "get_visitor_warehouse_audience",
    "get_visitor_warehouse_audience_async",
    "wait_init_async",
}
"""The methods of ``KameleoonClient`` that are called here."""
PLAN = {"data": {"index": 1, "valuesCountMap": {"pro": 1}}, "time": 1}
REMOTE_DATA = {"currentVisit": {"timeStarted": 1, "customDataEvents": [PLAN]}}
"""What the platform is to answer for the visitor ``CODE``."""
SWAP_LIMIT = 4 * 1024 * 1024 / 10_000
"""The bytes that the swap of a data file may leave: 4 MiB of ten thousand."""
AUDIENCES = {"customDataIndex": 3, "values": ["a", "b"]}
"""What it is to answer for the key ``key``."""


def config(origin: str) -> KameleoonClientConfig:
    return KameleoonClientConfig("id", "secret", endpoint=origin, default_timeout_millisecond=10_000)


def of_network(client: KameleoonClient, origin: str) -> dict[str, Call]:
    """Each call that waits for the network, or for the client's threads."""
    loop = asyncio.new_event_loop()
    numbers = iter(range(10**9))

    def run(coroutine: Coroutine[object, object, object]) -> object:
        return loop.run_until_complete(coroutine)

    def made_and_closed() -> None:
        name = f"site {next(numbers) % 3}"
        assert KameleoonClientFactory.create(name, config(origin)).wait_init()
        KameleoonClientFactory.forget(name)

    def used_in_a_block() -> None:
        with KameleoonClient("another site", config(origin)) as another:
            another.add_data(CODE, CustomData(1, "pro"))

    async def used_in_an_asynchronous_block() -> None:
        async with KameleoonClient("another site", config(origin)) as another:
            assert await another.wait_init_async()
            another.track_conversion(CODE, 1)

    def tracked() -> None:
        assert client.is_feature_active(CODE, "flag")
        client.track_conversion(CODE, 5)
        assert client.flush(CODE, timeout=10)

    return {
        "flush": tracked,
        "flush_async": lambda: run(client.flush_async(timeout=10)),
        "get_remote_data": lambda: client.get_remote_data("key")["values"],
        "get_remote_data_async": lambda: run(client.get_remote_data_async("key")),
        "get_remote_visitor_data": lambda: client.get_remote_visitor_data(CODE)[0],
        "get_remote_visitor_data_async": lambda: run(client.get_remote_visitor_data_async(CODE)),
        "get_visitor_warehouse_audience": lambda: client.get_visitor_warehouse_audience(CODE, 3, "key"),
        "get_visitor_warehouse_audience_async": lambda: run(
            client.get_visitor_warehouse_audience_async(CODE, 3, "key")
        ),
        "wait_init_async": lambda: run(client.wait_init_async()),
        "close": made_and_closed,
        "close by a block": used_in_a_block,
        "aclose": lambda: run(used_in_an_asynchronous_block()),
    }


def measured(calls: int, swaps: int, timeout: float = 120) -> dict[str, float]:
    """The bytes that each call leaves, of so many, and each of so many swaps of a data file."""
    with Platform(_data_file(0)) as platform:
        platform.visitor_data[CODE] = REMOTE_DATA
        platform.remote_data["key"] = AUDIENCES
        stop = threading.Event()

        def change() -> None:
            number = 0
            while not stop.wait(0.004):
                number += 1
                platform.set_data_file(_data_file(number))

        changing = threading.Thread(target=change)
        if swaps:
            changing.start()
        command = [sys.executable, "-m", "tests.races.online_calls", platform.origin, str(calls), str(swaps)]
        try:
            done = subprocess.run(command, capture_output=True, text=True, timeout=timeout, check=False)
        finally:
            stop.set()
            if swaps:
                changing.join()
    assert done.returncode == 0, done.stderr
    left: dict[str, float] = json.loads(done.stdout)
    return left


def _data_file(number: int) -> dict[str, Any]:
    """Data files that are as long, and have other rules each time."""
    flags = [
        flag("flag" if n == 0 else f"flag{n}", n + 1, [rule(100_000 + number % 1000 * 100 + 10 * n)]) for n in range(50)
    ]
    return data_file(*flags, configuration={"realTimeUpdate": True})


@contextmanager
def counted_swaps(client: KameleoonClient) -> Iterator[threading.Semaphore]:
    """A semaphore that is released with each data file that the client begins to use."""
    swapped = threading.Semaphore(0)

    class Handler:
        def on_update(self, event: object) -> None:
            swapped.release()

    handler = Handler()
    client.add_event_handler(EventType.DATAFILE_UPDATE, handler)
    yield swapped
    client.remove_event_handler(EventType.DATAFILE_UPDATE, handler)


def main(origin: str, calls: int, swaps: int) -> None:
    """Prints what each leaves. The data file is changed meanwhile, again and again, where there are swaps."""
    client = KameleoonClient("site", config(origin))
    assert client.wait_init()
    left = {}
    with counted_swaps(client) as swapped:

        def swap() -> None:
            assert swapped.acquire(timeout=30)
            client.get_variations(CODE)
            client.get_variations("another visitor", only_active=True)

        if swaps:
            left["a swap"] = left_by(swap, swaps, limit=SWAP_LIMIT)
            left["a swap, by pages"] = left_by(swap, swaps, memory.resident, SWAP_LIMIT)
    if calls:
        left.update({name: left_by(call, calls) for name, call in of_network(client, origin).items()})
    client.close()
    print(json.dumps(left))


def table(calls: int, swaps: int) -> int:
    """Prints what ``measured`` finds; 1 where a call leaves too much."""
    left = measured(calls, swaps, timeout=3600)
    growing = [name for name, grown in left.items() if grown > (SWAP_LIMIT if "swap" in name else LIMIT)]
    for name, grown in left.items():
        print(f"{name:40} {grown:10.2f} bytes{'  TOO MUCH' * (name in growing)}")
    print(f"{calls:,} calls, {swaps:,} swaps: {len(growing)} leave too much")
    return 1 if growing else 0


if __name__ == "__main__":
    if len(sys.argv) > 3:
        main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]))
    else:
        sys.exit(table(int(sys.argv[1]), int(sys.argv[2])))
