"""What the process does to clients: it ends, and in tests it lets time pass. Importing this registers the hooks and
starts nothing.
"""

from __future__ import annotations

import atexit
import os
import sys
import threading
import warnings
import weakref
from typing import Any

from kameleoon._life import Life
from kameleoon._native import announce_fork, process_generation
from kameleoon._network.deadline import Deadline
from kameleoon._uwsgi import prepare_forks
from kameleoon.logging.kameleoon_logger import KameleoonLogger

__all__ = ["close_dropped", "close_with_process", "data_file_of", "pass_time", "register"]

_lives: weakref.WeakValueDictionary[int, Life] = weakref.WeakValueDictionary()
"""Of all clients, by ``id``. No ``WeakSet``: going through one fails while another thread makes a client."""
_lives_of_clients: weakref.WeakValueDictionary[int, Life] = weakref.WeakValueDictionary()
"""The same, by the ``id`` of the client."""
_dropped: dict[int, Life] = {}
"""Of the clients that were dropped without ``close``, while a thread closes them."""
_finalized: set[tuple[int, str]] = set()
"""The process generations and packages whose finalizers close clients."""


def register(life: Life, client: object) -> None:
    """Makes a client send what is queued when the process ends."""
    _lives[id(life)] = _lives_of_clients[id(client)] = life


def close_dropped(life: Life, name: str) -> None:
    """Closes what a client runs that nobody uses any more and that was not closed. Never waits. ``name``: its own."""
    _dropped[id(life)] = life
    _lives[id(life)] = life  # the garbage collector may have removed it

    def close() -> None:
        try:
            closing = life.begin_close(Deadline.after(life.close_timeout_second))
            if closing is not None:
                closing.wait()
        finally:
            _dropped.pop(id(life), None)

    try:
        threading.Thread(target=close, name="kameleoon-close", daemon=True).start()
    except (RuntimeError, OSError, MemoryError):
        KameleoonLogger.warning("%s cannot be closed before the process ends: no thread can be started", name)
    warnings.warn(
        f"{name} was dropped without being closed; it is closed in the background. hint: call its close(), or use it "
        "in a with statement",
        ResourceWarning,
        stacklevel=3,
    )


def _all_lives() -> list[Life]:
    return [life for life in [reference() for reference in _lives.valuerefs()] if life is not None]


def data_file_of(client: object) -> bytes:
    """For tests: the text of the data file that a client uses, the same object as long as it does."""
    return _lives_of_clients[id(client)].data_file_text


def pass_time(milliseconds: int) -> None:
    """For tests: so much time passes at once for the visitors of all clients; those whose session is over are
    forgotten.
    """
    for life in _all_lives():
        purge = life.purge
        if purge is not None and not life.is_closed:
            purge.pass_time(milliseconds)


def close_all() -> None:
    """Closes all clients, side by side: together they get the time of the one that asks for most."""
    lives = _all_lives()
    deadline = Deadline.after(max((life.close_timeout_second for life in lives), default=0.0))
    for closing in [life.begin_close(deadline.within(life.close_timeout_second)) for life in lives]:
        if closing is not None:
            closing.wait()


def close_with_process() -> None:
    """Makes this process close all clients also where it ends without ``atexit``: children of ``multiprocessing``, and
    of Celery's ``billiard``, run finalizers of their own; those of Celery's pool tell by a signal that they end.
    """
    for package in ("multiprocessing", "billiard"):
        util = sys.modules.get(f"{package}.util")
        key = (process_generation(), package)
        if util is not None and key not in _finalized:
            _finalized.add(key)
            _finalize(util)
    celery = sys.modules.get("celery.signals")
    if celery is not None:
        celery.worker_process_shutdown.connect(_close_with_worker, weak=False, dispatch_uid="kameleoon")


def _finalize(util: Any) -> None:
    util.Finalize(None, close_all, exitpriority=10)
    # A child that imports the program before it begins to work (forkserver) forgets the finalizers until then.
    util.register_after_fork(_lives, lambda _: util.Finalize(None, close_all, exitpriority=10))


def _close_with_worker(**_: Any) -> None:
    close_all()


atexit.register(close_all)
if hasattr(os, "register_at_fork"):
    os.register_at_fork(before=announce_fork, after_in_child=_dropped.clear)  # the parent closes them
    prepare_forks()
