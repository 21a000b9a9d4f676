"""``FileLock``: a lock among processes, by a file. It ends with the process that holds it, however that ends."""

from __future__ import annotations

import contextlib
import errno
import os
import sys

from kameleoon._native import process_generation
from kameleoon.stores._private_files import open_private

__all__ = ["FileLock"]

if sys.platform == "win32":
    import msvcrt

    def _lock(descriptor: int) -> None:
        msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)

    def _unlock(descriptor: int) -> None:
        os.lseek(descriptor, 0, os.SEEK_SET)
        msvcrt.locking(descriptor, msvcrt.LK_UNLCK, 1)
else:
    import fcntl

    # Record locks: unlike those of ``flock`` they belong to the process, and a forked child does not keep them for its
    # parent. But closing any descriptor of the file ends them, so this module alone opens it, and once.

    def _lock(descriptor: int) -> None:
        fcntl.lockf(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)

    def _unlock(descriptor: int) -> None:
        fcntl.lockf(descriptor, fcntl.LOCK_UN)


_HELD_ELSEWHERE = frozenset({errno.EACCES, errno.EAGAIN, errno.EDEADLK})

_held: dict[tuple[int, str], FileLock] = {}
"""Who holds which file, by process and path: within a process the system would let everybody have it."""


class FileLock:
    """A lock that one object in one process of the host holds at a time."""

    def __init__(self, path: str) -> None:
        """``path``: of a file for this alone; it is made, and stays."""
        # One path for a file, however it is reached; the file itself may be no link.
        self._path = os.path.join(os.path.realpath(os.path.dirname(path)), os.path.basename(path))
        self._descriptor: int | None = None
        self._process = 0

    def acquire(self) -> bool:
        """Takes the lock if nobody has it, without waiting; whether this object holds it. Where the file was removed,
        the lock is lost, and taken again. Raises ``OSError`` where the file cannot be opened, or is not
        this user's.
        """
        process = process_generation()
        key = (process, self._path)
        holder = _held.setdefault(key, self)
        if holder is not self:
            return False
        if self._descriptor is not None:
            if self._process == process and self._is_in_place(self._descriptor):
                return True
            # A file that was removed, or the parent's, whose lock stays; before ours is taken, which it would end.
            with contextlib.suppress(OSError):
                os.close(self._descriptor)
            self._descriptor = None
        try:
            descriptor = open_private(self._path, os.O_RDWR | os.O_CREAT)
            try:
                _lock(descriptor)
            except OSError as error:
                os.close(descriptor)
                if error.errno in _HELD_ELSEWHERE:
                    _held.pop(key, None)
                    return False
                raise
        except OSError:
            _held.pop(key, None)
            raise
        self._descriptor, self._process = descriptor, process
        return True

    def _is_in_place(self, descriptor: int) -> bool:
        """Whether the file is still the one that others find: else they have a lock of their own."""
        try:
            return os.path.samestat(os.fstat(descriptor), os.stat(self._path))
        except OSError:
            return False

    def release(self) -> None:
        """Lets others have it, if this object holds it in this process."""
        key = (process_generation(), self._path)
        if _held.get(key) is not self or self._descriptor is None:
            return
        descriptor, self._descriptor = self._descriptor, None
        with contextlib.suppress(OSError):
            _unlock(descriptor)
        with contextlib.suppress(OSError):
            os.close(descriptor)
        _held.pop(key, None)
