"""Conversions without end, in the processes of a model, until a signal. Arguments: the model, and the start method.

The signal handlers do what the pages advise: they end the program as a program ends.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
import sys
import time
from collections.abc import Iterator
from concurrent.futures import Executor, Future, ProcessPoolExecutor, ThreadPoolExecutor
from multiprocessing.context import BaseContext
from typing import Any

from tests.servers.programs import CONFIRM
from tests.servers.programs.shop import client, write_answer

_PAUSE_SECOND = 0.006
_AT_A_TIME = 8
_is_over: list[int] = []
"""The signal that has come."""


def visit(number: int) -> None:
    client.wait_init()
    write_answer(f"visitor-{number}{CONFIRM if 'CONFIRM' in os.environ and number // 2 % 2 else ''}")


def numbers(first: int = 0, step: int = 1) -> Iterator[int]:
    while not _is_over:
        yield first
        first += step
        time.sleep(_PAUSE_SECOND)


def visit_until(ends: Any, first: int) -> None:
    """A process's work. ``ends``: an event, which tells the process that it is over."""
    for number in numbers(first, 2):
        if ends.is_set():
            return
        visit(number)


def process(context: BaseContext) -> None:
    ends = context.Event()
    processes = [context.Process(target=visit_until, args=(ends, first)) for first in range(2)]  # type: ignore[attr-defined]
    for started in processes:
        started.start()
    for _ in numbers():
        pass
    ends.set()
    for started in processes:
        started.join()


def pool(context: BaseContext, tasks_per_child: int | None = None) -> None:
    with context.Pool(2, maxtasksperchild=tasks_per_child) as workers:
        for _ in workers.imap_unordered(visit, numbers()):
            pass
        workers.close()
        workers.join()


def submit(workers: Executor) -> None:
    running: list[Future[None]] = []
    for number in numbers():
        running.append(workers.submit(visit, number))
        if len(running) > _AT_A_TIME:
            running.pop(0).result()
    workers.shutdown()


def script(_: BaseContext) -> None:
    for number in numbers():
        visit(number)


def end_at_once(context: BaseContext) -> None:
    script(context)
    os._exit(0)


MODELS = {
    "process": process,
    "pool": pool,
    "short-pool": lambda context: pool(context, 20),
    "executor": lambda context: submit(ProcessPoolExecutor(2, mp_context=context)),
    "threads": lambda _: submit(ThreadPoolExecutor(4)),
    "script": script,
    "plain": script,
    "exit": end_at_once,
}

if __name__ == "__main__":
    client.wait_init()
    if sys.argv[1] != "plain":
        signal.signal(signal.SIGTERM, lambda number, _: _is_over.append(number))
    MODELS[sys.argv[1]](multiprocessing.get_context(sys.argv[2]))
