"""A notebook whose cell is run again and again by Jupyter's kernel, and which reloads the modules that it uses.

Argument: a folder for the kernel's connection file. At ``SIGTERM`` the kernel is shut down as Jupyter does it.
"""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path

from jupyter_client.manager import KernelManager

from tests.servers.programs import CONFIRM

_CELL = """
import importlib, time
from tests.servers.programs import shop
shop = importlib.reload(shop)
assert shop.client.wait_init()
for number in range({first}, {first} + 20):
    shop.write_answer(f"visitor-{{number}}" + ("{confirm}" if number % 2 else ""))
    time.sleep(0.005)
"""

is_over: list[int] = []
signal.signal(signal.SIGTERM, lambda number, _: is_over.append(number))
manager = KernelManager(connection_file=str(Path(sys.argv[1]) / "kernel.json"))
manager.start_kernel()
kernel = manager.blocking_client()
kernel.start_channels()
try:
    kernel.wait_for_ready(timeout=60)
    first = 0
    while not is_over:
        cell = _CELL.format(first=first, confirm=CONFIRM if "CONFIRM" in os.environ else "")
        reply = kernel.execute(cell, reply=True, timeout=60)
        assert reply["content"]["status"] == "ok", reply
        first += 20
finally:
    kernel.stop_channels()
    manager.shutdown_kernel(now=False)
