"""A plugin of pytest beside pytest-run-parallel: which tests do not run in several threads of one process at once, and why.

python -m pytest -p tests.races.parallel --parallel-threads=8 …      (``make free-threaded``)

These run in one thread, as always, on the free-threaded interpreter.
"""

from __future__ import annotations

import subprocess

import pytest

from tests.core import programs

FIXTURES = {
    "kameleoon_platform": "counts what its one platform receives",
    "platform": "counts what its one platform receives",
    "service": "counts what its one service is asked for",
    "make_online": "counts what its one platform receives",
    "log": "looks at the log, of which a process has one",
    "caplog": "looks at the log, of which a process has one",
    "kameleoon_clock": "turns the clock, of which a process has one",
}
"""By fixtures, which all threads of a test share."""
PROCESSES = "works in processes of its own, where the threads of this one change nothing"
ONE_NAME = "asks for the client of a site, of which a process has one"
ONE_CLIENT = "looks at what the one client, source or hook of its fixtures has done"
ONE_PROCESS = "looks at what the whole process has, or turns its clock, or captures what all its clients do"
TESTS = {
    "tests/testing/test_captures.py": ONE_PROCESS,
    "tests/testing/test_clock.py": ONE_PROCESS,
    "tests/testing/test_conditions.py": ONE_PROCESS,
    "tests/testing/test_scopes.py": ONE_PROCESS,
    "tests/unit/test_data_source.py": ONE_CLIENT,
    "tests/unit/test_event_stream.py": "counts what its one server sends",
    "tests/unit/test_network_parts.py": ONE_PROCESS,
    "tests/unit/test_test_hook.py": ONE_PROCESS,
    "tests/unit/test_visitor.py::test_details_tell_why": ONE_CLIENT,
    "tests/unit/test_client.py::test_a_closed_client_is_not_handed_out_again": ONE_NAME,
    "tests/unit/test_client.py::test_one_client_per_site_however_many_threads_ask": ONE_NAME,
    "tests/unit/test_bad_input.py::test_fifty_megabytes": "takes half a gigabyte for each thread",
}
"""By the beginning of the identifier: a folder, a file, a test."""


def _reason(item: pytest.Item) -> str | None:
    for fixture in getattr(item, "fixturenames", ()):
        if fixture in FIXTURES:
            return FIXTURES[fixture]
    for start, reason in TESTS.items():
        if item.nodeid.startswith(start):
            return reason
    used = vars(getattr(item, "module", None) or object).values()
    return PROCESSES if any(value is subprocess or value is programs.run for value in used) else None


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Marks them; pytest-run-parallel looks for the mark."""
    for item in items:
        reason = _reason(item)
        if reason is not None:
            item.add_marker(pytest.mark.thread_unsafe(reason=reason))
