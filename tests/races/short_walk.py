"""A little of everything that the extension does, for tools under which all takes fifty times as long. Not part of
``make test``: its name is no test's.
"""

from __future__ import annotations

import threading

from tests.races.calls import every_call


def test_every_call_three_times() -> None:
    with every_call() as groups:
        for calls in groups.values():
            for call in calls.values():
                for _ in range(3):
                    call()


def test_threads() -> None:
    with every_call() as groups:
        names = ["add_data", "get_variations", "track_conversion", "stats", "get_data_file"]

        def work() -> None:
            for _ in range(20):
                for name in names:
                    groups["KameleoonClient"][name]()

        threads = [threading.Thread(target=work) for _ in range(3)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
