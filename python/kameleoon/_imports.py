"""Imports that come late, and forks: a child never finds a module that another thread was in the middle of importing.

Python's own locks of modules are not made anew in a child: one that a thread of the parent held is held for ever.
"""

from __future__ import annotations

import contextlib
import os
from threading import RLock

__all__ = ["LateImports", "late_imports"]

_FORK_WAITS_SECONDS = 1.0
"""A fork waits this long for an import under way in another thread."""


class LateImports:
    """What modules are imported under, where they are imported when they are first needed: a fork waits for it."""

    def __init__(self) -> None:
        self._lock = RLock()
        if hasattr(os, "register_at_fork"):
            os.register_at_fork(
                before=self._before_fork, after_in_parent=self._after_fork, after_in_child=self._after_fork_in_child
            )

    def __enter__(self) -> None:
        self._lock.acquire()

    def __exit__(self, *_: object) -> None:
        self._lock.release()

    def _before_fork(self) -> None:
        self._lock.acquire(timeout=_FORK_WAITS_SECONDS)

    def _after_fork(self) -> None:
        with contextlib.suppress(RuntimeError):  # where the fork has not waited any longer, another thread has it
            self._lock.release()

    def _after_fork_in_child(self) -> None:
        self._lock = RLock()


late_imports = LateImports()
"""Those of this package. Whoever holds another lock takes this one after it."""
