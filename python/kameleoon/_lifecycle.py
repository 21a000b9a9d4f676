"""What the process does to clients: fork and exit. Importing this registers the hooks and starts nothing."""

from __future__ import annotations

import atexit
import os
import sys
import time
import warnings
import weakref
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from kameleoon._service import Service
    from kameleoon.kameleoon_client import KameleoonClient

_clients: weakref.WeakValueDictionary[int, KameleoonClient] = weakref.WeakValueDictionary()
"""By ``id``. No ``WeakSet``: going through one fails while another thread makes a client."""
_held: list[KameleoonClient] = []
"""The clients whose fork gates the fork under way holds."""


_dropped: dict[int, KameleoonClient] = {}
"""The clients that were dropped without ``close``, by ``id``, while the background closes them."""


def register(client: KameleoonClient) -> None:
    """Makes a client survive a fork, and send what is queued at exit."""
    _clients[id(client)] = client


def close_dropped(client: KameleoonClient, service: Service) -> None:
    """Closes a client that nobody uses any more, and that was not closed. Called by its ``__del__``; never waits.

    The client lives again until what it has queued is sent, for at most the config's ``close_timeout_second``.
    """
    _dropped[id(client)] = client
    _clients[id(client)] = client  # the garbage collector has removed it
    service.close_dropped(client, lambda: _dropped.pop(id(client), None))
    warnings.warn(
        f"{client!r} was dropped without being closed; it is closed in the background. hint: call its close(), or use "
        "it in a with statement",
        ResourceWarning,
        stacklevel=3,
        source=client,
    )


def _living() -> list[KameleoonClient]:
    return [client for client in [reference() for reference in _clients.valuerefs()] if client is not None]


def _before_fork() -> None:
    for client in _living():
        client._fork_gate.acquire()  # no other thread is inside the store meanwhile
        _held.append(client)


def _after_fork_in_parent() -> None:
    while _held:
        _held.pop()._fork_gate.release()


def _after_fork_in_child() -> None:
    """Nothing heavy: each client wakes up by itself on its next use."""
    _held.clear()
    _dropped.clear()
    for client in _living():
        client._forget_parent()


def close_at_child_exit(client: KameleoonClient) -> None:
    """A child of ``multiprocessing`` ends without ``atexit``; it has finalizers of its own."""
    if "multiprocessing.process" in sys.modules:
        from multiprocessing import process, util

        if process.parent_process() is not None:
            close = weakref.WeakMethod(client.close)

            def close_if_alive() -> None:
                living = close()
                if living is not None:
                    living()

            util.Finalize(client, close_if_alive, exitpriority=10)


def _close_all() -> None:
    """All clients together get the time of the one that asks for most."""
    start = time.monotonic()
    for client in _living():
        client.close(max(client._config.close_timeout_second - (time.monotonic() - start), 0.0))


if hasattr(os, "register_at_fork"):
    os.register_at_fork(before=_before_fork, after_in_parent=_after_fork_in_parent, after_in_child=_after_fork_in_child)
atexit.register(_close_all)
