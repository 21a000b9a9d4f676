"""``FileStore``: the processes of a host share a data file by a file, which the next start finds as well."""

from __future__ import annotations

import contextlib
import json
import os
import time

from kameleoon.exceptions import ConfigException
from kameleoon.stores._file_lock import FileLock
from kameleoon.stores._file_name import file_name
from kameleoon.stores._private_files import make_directory, read_private, write_private
from kameleoon.stores.data_file_store import StoredDataFile

__all__ = ["FileStore"]

_STAMP = b',"kameleoonCache":'
_LONGEST_STAMP_BYTES = 4096


class FileStore:
    """Keeps the last good data file, and lets one process of the host fetch it: the one that holds a lock.

    What ``data_file_cache`` makes; give one as ``data_file_store`` to say the same. The file is a data file like
    others, with one key more; it is replaced as a whole, so that nobody reads half of one. Its time is when the service
    last said that it is the latest. See docs/deployment.md#workers-of-a-host.

    >>> FileStore("/var/cache/shop/").path("my-site/production")
    '/var/cache/shop/kameleoon-my-site-production.json'
    """

    def __init__(self, path: str | os.PathLike[str]) -> None:
        """``path``: a file whose name ends with ``.json``, for one site and environment, else a directory, for any of
        them; it is made if it is not there.
        """
        self._path = os.fspath(path)
        self._locks: dict[str, FileLock] = {}
        self._terms: dict[str, int] = {}
        self._seen: dict[str, tuple[tuple[int, ...], StoredDataFile]] = {}
        self._written: set[str] = set()  # what this process has written: if it is gone, the store was emptied

    def path(self, key: str) -> str:
        """The file in which the data file of ``key`` is kept."""
        if self._path.endswith(".json"):
            return self._path
        return os.path.join(self._path, f"kameleoon-{file_name(key)}.json")

    def should_fetch(self, key: str) -> int:
        """As ``DataFileStore``. Raises ``OSError`` where the lock's file cannot be opened."""
        path = self.path(key)
        lock = self._locks.get(key)
        if lock is None:
            lock = self._locks.setdefault(key, FileLock(f"{path}.lock"))
        try:
            is_ours = lock.acquire()
        except FileNotFoundError:  # there is no directory yet, or no more
            make_directory(os.path.dirname(os.path.abspath(path)))
            is_ours = lock.acquire()
        if not is_ours:
            self._terms.pop(key, None)
            return 0
        if key not in self._terms or (key in self._written and not os.path.exists(path)):
            self._written.discard(key)
            self._terms[key] = time.time_ns()
        return self._terms[key]

    def get(self, key: str) -> StoredDataFile | None:
        """As ``DataFileStore``. Raises ``OSError`` where there is a file that cannot be read, or is not this user's or
        root's; ``ConfigException`` where it is that of another site or environment.
        """
        path = self.path(key)
        try:
            known = self._seen.get(key)
            if known is not None and known[0] == _state(os.lstat(path)):
                return known[1]
            content, stat = read_private(path)
        except FileNotFoundError:
            self._seen.pop(key, None)
            return None
        text, stamp = _without_stamp(content)
        owner = stamp.get("key", key)
        if owner != key:
            raise ConfigException(
                f"{path!r} keeps the data file of {owner!r}, not of {key!r}",
                hint="give data_file_cache a directory, or a file for each site and environment",
            )
        if known is not None and known[1].text == text:
            text = known[1].text
        last_modified = stamp.get("lastModified")
        found = StoredDataFile(text, stat.st_mtime_ns / 1e9, last_modified if isinstance(last_modified, str) else None)
        self._seen[key] = _state(stat), found
        return found

    def received(self, key: str, data_file: StoredDataFile, token: int) -> None:
        """As ``DataFileStore``. Raises ``OSError`` where the file cannot be written; the former one stays then."""
        if token != self._terms.get(key):
            return
        path = self.path(key)
        try:
            known = self.get(key)
        except OSError:
            known = None  # a link, or another user's: ours takes its place, if it may
        if known is None or (known.text, known.last_modified) != (data_file.text, data_file.last_modified):
            _replace(path, _with_stamp(data_file.text, {"key": key, "lastModified": data_file.last_modified}))
        moment = int(data_file.checked_at * 1e9)
        os.utime(path, ns=(moment, moment), follow_symlinks=os.utime not in os.supports_follow_symlinks)
        self._written.add(key)

    def close(self, key: str) -> None:
        """As ``DataFileStore``."""
        lock = self._locks.get(key)
        if lock is not None:
            lock.release()
        self._terms.pop(key, None)

    def __repr__(self) -> str:
        return f"FileStore({self._path!r})"


def _state(stat: os.stat_result) -> tuple[int, ...]:
    """Another one once the file was written or replaced."""
    return stat.st_mtime_ns, stat.st_ctime_ns, stat.st_size, stat.st_ino


def _replace(path: str, content: bytes) -> None:
    """Writes a file as a whole: whoever reads it finds the former content or this one, even after a crash. The lock is
    held, so nobody else writes, and what a process has left that was killed is removed.
    """
    beside = f"{path}.new"
    try:
        write_private(beside, content)
        os.replace(beside, path)
    except BaseException:
        with contextlib.suppress(OSError):
            os.unlink(beside)
        raise


def _with_stamp(text: bytes, stamp: dict[str, object]) -> bytes:
    """A JSON object with a key more, by which nothing else in it is touched; whatever is no object stays as it is."""
    body = text.rstrip()
    if not body.startswith(b"{") or not body.endswith(b"}") or not body[1:-1].strip():
        return text
    return b"".join((body[:-1], _STAMP, json.dumps(stamp).encode("ascii"), b"}", text[len(body) :]))


def _without_stamp(content: bytes) -> tuple[bytes, dict[str, object]]:
    """The same in reverse: the bytes as they were, and the stamp, empty where there is none."""
    body = content.rstrip()
    start = body.rfind(_STAMP, max(0, len(body) - _LONGEST_STAMP_BYTES))
    if start < 0 or not body.endswith(b"}}"):
        return content, {}
    try:
        stamp = json.loads(body[start + len(_STAMP) : -1])
    except ValueError:
        return content, {}
    return b"".join((body[:start], b"}", content[len(body) :])), stamp if isinstance(stamp, dict) else {}
