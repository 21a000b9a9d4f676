"""Forked children of the process that the machine runs in: what they do with the client, and how they end."""

from __future__ import annotations

import json
import os
import select
import signal
import time
import traceback
from collections.abc import Callable
from typing import Any

__all__ = ["in_child"]

_SECONDS = 30.0


def in_child(work: Callable[[], dict[str, Any]]) -> dict[str, Any]:
    """Runs ``work`` in a forked child, which ends with it as if it were killed, and returns what ``work`` has returned.
    Fails where the child hangs, or fails itself.
    """
    read, write = os.pipe()
    child = os.fork()
    if child == 0:
        status = 1
        try:
            try:
                told = {"returned": work()}
                status = 0
            except BaseException:  # noqa: BLE001  # told to the parent, whatever it is
                told = {"raised": traceback.format_exc()}
            os.write(write, json.dumps(told).encode())
        finally:
            os._exit(status)
    os.close(write)
    try:
        told = json.loads(_read_all(read, time.monotonic() + _SECONDS) or "{}")
    finally:
        os.close(read)
        os.kill(child, signal.SIGKILL)  # it has ended, or hangs
        _, status = os.waitpid(child, 0)
    assert "raised" not in told, f"in the child: {told['raised']}"
    assert "returned" in told, f"the child hangs, or has ended by itself: {status}"
    returned: dict[str, Any] = told["returned"]
    return returned


def _read_all(descriptor: int, deadline: float) -> bytes:
    """What comes until the other end is closed, or the deadline comes."""
    parts: list[bytes] = []
    while select.select([descriptor], [], [], max(deadline - time.monotonic(), 0))[0]:
        part = os.read(descriptor, 65536)
        if not part:
            break
        parts.append(part)
    return b"".join(parts)
