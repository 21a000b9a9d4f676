"""``Spool``: a directory of events that could not be sent, a file for each request, bounded in size."""

from __future__ import annotations

import contextlib
import os
import time
import uuid

from kameleoon._network.repeated import Repeated
from kameleoon.logging.kameleoon_logger import KameleoonLogger
from kameleoon.stores._file_lock import FileLock
from kameleoon.stores._file_name import file_name
from kameleoon.stores._private_files import check_directory, make_directory, read_private, write_private

__all__ = ["Spool"]

_SUFFIX = ".events"
_UNFINISHED = ".new"
_LONGEST_WRITE_SECONDS = 3600.0
_UNREADABLE_SECONDS = 600.0
"""So long a file is left alone that cannot be read."""
_SMALLEST_FILE_BYTES = 4096
"""What a file takes at least: many small ones count as well."""


class Spool:
    """Writes files, and hands them out, the oldest first, to one process of the host at a time.

    A file is whole once it has its name, also after a crash; its name begins with the time, and ends with how many
    events it holds. Threads may write at the same time.
    """

    def __init__(self, path: str, key: str, most_bytes: int) -> None:
        """``key``: whose events they are: a site's and environment's; each has a directory below ``path``.
        ``most_bytes``: what the files of a key may take.
        """
        self._directory = os.path.join(path, file_name(key))
        self._most_bytes = most_bytes
        self._lock: FileLock | None = None
        self._is_tidy = False
        self._unreadable: dict[str, float] = {}  # until when they are left alone, by ``time.monotonic``
        self._settled: set[str] = set()  # they cannot be removed
        self._failures = Repeated()
        self.written = 0
        """How many events this process has written."""
        self.dropped = 0
        """How many events this process has dropped, the oldest ones, to make room."""
        self.sent = 0
        """How many events this process has sent from here, whoever has written them."""
        self.refused = 0
        """How many of them the service refuses, which are lost."""

    @property
    def directory(self) -> str:
        """Where the files are."""
        return self._directory

    def write(self, body: bytes, events: int) -> bool:
        """Keeps the body of a request: when this returns, it is on the disk. False where it is larger than all files
        may be. Raises ``OSError``, and has kept nothing then.
        """
        make_directory(self._directory)  # events tell what visitors did
        if not self._make_room(len(body)):
            return False
        name = f"{time.time_ns():020}-{uuid.uuid4().hex[:12]}-{events}"
        beside = os.path.join(self._directory, name + _UNFINISHED)
        try:
            write_private(beside, body)
            os.replace(beside, os.path.join(self._directory, name + _SUFFIX))
        except BaseException:
            with contextlib.suppress(OSError):
                os.unlink(beside)
            raise
        self._sync_directory()
        self.written += events
        return True

    def files(self) -> list[str]:
        """The names of the files that are to be sent, the oldest first; none where they cannot be listed."""
        try:
            names = {name for name in os.listdir(self._directory) if name.endswith(_SUFFIX)}
        except OSError:
            return []
        now = time.monotonic()
        self._unreadable = {name: until for name, until in self._unreadable.items() if until > now}
        self._settled = {name for name in self._settled & names if not self._has_removed(name)}
        return sorted(names - self._settled - self._unreadable.keys())

    def acquire(self) -> bool:
        """Whether this process is the one that sends them: takes that upon it, if no other one has."""
        if self._lock is None:
            self._lock = FileLock(os.path.join(self._directory, "lock"))
        try:
            check_directory(self._directory)
            is_ours = self._lock.acquire()
        except OSError:
            return False  # there is nothing yet, or it may not be read, or it is another user's
        if is_ours and not self._is_tidy:
            self._is_tidy = True
            self._tidy_up()
        return is_ours

    def release(self) -> None:
        """Lets another process send them."""
        if self._lock is not None:
            self._lock.release()

    def read(self, name: str) -> bytes:
        """What a file holds; nothing where it is gone. Raises ``OSError`` where it cannot be read, or is not this
        user's: it is left alone for a while then, so that it keeps no others waiting.
        """
        try:
            return read_private(os.path.join(self._directory, name))[0]
        except FileNotFoundError:
            return b""
        except OSError as error:
            self._unreadable[name] = time.monotonic() + _UNREADABLE_SECONDS
            self._tell(error)
            raise

    def remove(self, name: str) -> None:
        """Its events are sent. Where it cannot be removed, that is tried again, and it is not sent again."""
        if not self._has_removed(name):
            self._settled.add(name)

    def _has_removed(self, name: str) -> bool:
        try:
            os.unlink(os.path.join(self._directory, name))
        except FileNotFoundError:
            pass
        except OSError as error:
            self._tell(error)
            return False
        return True

    def _tell(self, error: OSError) -> None:
        repeated = self._failures.failed(type(error).__name__, time.monotonic())
        if repeated is not None:
            KameleoonLogger.error(
                "a file of the spool cannot be read or removed: %s%s; the others are sent. hint: do all files in %r "
                "belong to the user of this process?",
                error,
                repeated,
                self._directory,
            )

    def waiting(self) -> tuple[int, int]:
        """How many events wait, of any process, and about how many bytes they take on the disk."""
        sizes = self._sizes()
        return sum(map(_events_of, sizes)), sum(sizes.values())

    def _sizes(self) -> dict[str, int]:
        sizes = {}
        with contextlib.suppress(OSError), os.scandir(self._directory) as entries:
            for entry in entries:
                if entry.name.endswith(_SUFFIX):
                    with contextlib.suppress(OSError):
                        sizes[entry.name] = max(entry.stat(follow_symlinks=False).st_size, _SMALLEST_FILE_BYTES)
        return sizes

    def _make_room(self, size: int) -> bool:
        """Drops the oldest files until there is room for so many bytes; false where there is never enough. Raises
        ``OSError`` where what is there cannot be removed.
        """
        size = max(size, _SMALLEST_FILE_BYTES)
        if size > self._most_bytes:
            return False
        sizes = self._sizes()
        total = sum(sizes.values())
        refusal: OSError | None = None
        for name in sorted(sizes):
            if total + size <= self._most_bytes:
                break
            try:
                os.unlink(os.path.join(self._directory, name))
                self.dropped += _events_of(name)
            except FileNotFoundError:
                pass  # another process was quicker
            except OSError as error:
                refusal = error
                continue
            total -= sizes[name]
        if refusal is not None and total + size > self._most_bytes:
            raise refusal
        return True

    def _tidy_up(self) -> None:
        """Removes what writers have left that were killed."""
        oldest = time.time() - _LONGEST_WRITE_SECONDS
        with contextlib.suppress(OSError), os.scandir(self._directory) as entries:
            for entry in entries:
                if entry.name.endswith(_UNFINISHED) and entry.stat(follow_symlinks=False).st_mtime < oldest:
                    with contextlib.suppress(OSError):
                        os.unlink(entry.path)

    def _sync_directory(self) -> None:
        """Has the system keep the new name as well; where it has no such thing, the name is kept soon."""
        with contextlib.suppress(OSError):
            descriptor = os.open(self._directory, os.O_RDONLY)
            try:
                os.fsync(descriptor)
            finally:
                os.close(descriptor)


def _events_of(name: str) -> int:
    count = name[: -len(_SUFFIX)].rpartition("-")[2]
    return int(count) if count.isdecimal() else 0
