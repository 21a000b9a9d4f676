"""40 conversions in the processes of ``multiprocessing``. Arguments: start method, model, modules to preload.

A process that is not forked imports this module anew, and so makes a client of its own; where the fork server preloads
the client's module, its processes inherit the client.
"""

from __future__ import annotations

import multiprocessing
import sys
from concurrent.futures import ProcessPoolExecutor
from multiprocessing.context import BaseContext

from tests.servers.programs.shop import client

COUNT = 40


def work(number: int) -> bool:
    client.wait_init()
    visitor_code = f"visitor-{number:03}"
    client.track_conversion(visitor_code, 1)
    return client.is_feature_active(visitor_code, "flag")


def work_on(numbers: list[int]) -> None:
    assert all(work(number) for number in numbers)


def processes(context: BaseContext) -> None:
    parts = [list(range(first, COUNT, 4)) for first in range(4)]
    started = [context.Process(target=work_on, args=(part,)) for part in parts]  # type: ignore[attr-defined]
    for process in started:
        process.start()
    for process in started:
        process.join()
        assert process.exitcode == 0


def pool(context: BaseContext, tasks_per_child: int | None = None) -> None:
    with context.Pool(2, maxtasksperchild=tasks_per_child) as workers:
        assert all(workers.map(work, range(COUNT), chunksize=1))
        workers.close()
        workers.join()


def executor(context: BaseContext) -> None:
    with ProcessPoolExecutor(2, mp_context=context) as workers:
        assert all(workers.map(work, range(COUNT)))


MODELS = {
    "process": processes,
    "pool": pool,
    "pool with maxtasksperchild": lambda context: pool(context, 10),
    "executor": executor,
}

if __name__ == "__main__":
    if sys.argv[3:]:
        multiprocessing.set_forkserver_preload(sys.argv[3:])
    MODELS[sys.argv[2]](multiprocessing.get_context(sys.argv[1]))
