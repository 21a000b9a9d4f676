"""uWSGI forks its workers in C: without Python's fork hooks, unless told otherwise (``py-call-uwsgi-fork-hooks``), and
while Python's threads run. Before 2.0.27 it runs those threads only if told to (``enable-threads``).
"""

from __future__ import annotations

import sys
import warnings
from typing import Any

from kameleoon._native import process_generation, run_fork_hooks
from kameleoon.logging.kameleoon_logger import KameleoonLogger

__all__ = ["prepare_forks", "report_missing_threads", "runs_threads"]

_OFF = frozenset({"", "0", "false", "no", "off", "none"})
_THREADS_BY_DEFAULT = (2, 0, 27)
_WITHOUT_THREADS = (
    "uWSGI runs no Python threads: nothing is fetched or sent while it serves, feature flags do not change, and what "
    "is tracked waits in memory until the process ends. hint: set 'enable-threads = true' in uWSGI's configuration"
)
_reported: set[int] = set()
"""The process generations in which it was reported."""


def prepare_forks() -> None:
    """Makes Python's fork hooks run at uWSGI's forks, too.

    Without them a worker hangs at its first request, if a thread of Python's ran at the moment of the fork.
    """
    uwsgi = sys.modules.get("uwsgi")  # uWSGI itself has put it there
    if uwsgi is not None and getattr(uwsgi, "worker_id", int)() == 0:  # it forks from here
        run_fork_hooks()


def report_missing_threads() -> None:
    """Logs an error where the process is uWSGI's and it runs no Python threads; once a process. Also a
    ``RuntimeWarning``, for those who have not set up logging.
    """
    uwsgi = sys.modules.get("uwsgi")
    if uwsgi is None or runs_threads(uwsgi) or process_generation() in _reported:
        return
    _reported.add(process_generation())
    KameleoonLogger.error(_WITHOUT_THREADS)
    warnings.warn(_WITHOUT_THREADS, RuntimeWarning, stacklevel=2)


def runs_threads(uwsgi: Any) -> bool:
    """Whether the server runs Python's threads. ``uwsgi``: its module."""
    options = getattr(uwsgi, "opt", {})
    if any(_text(options.get(name, "")).lower() not in _OFF for name in ("enable-threads", "threads", "gevent")):
        return True
    parts = _text(getattr(uwsgi, "version", "")).split(".")[:3]  # such as 2.0.31, or 2.0.21-debian
    numbers = [int(digits) for digits in (part.partition("-")[0] for part in parts) if digits.isdigit()]
    return not numbers or tuple(numbers) >= _THREADS_BY_DEFAULT


def _text(value: Any) -> str:
    """Options and version are bytes, or True."""
    return value.decode(errors="replace") if isinstance(value, bytes) else str(value)
