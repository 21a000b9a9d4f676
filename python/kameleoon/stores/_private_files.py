"""Files that are this user's alone, whoever else may write into their directory.

A neighbour who can write there may have put something else in their place: a link to a file of ours that would be
overwritten, or read and sent; a file of its own; a pipe that nobody ever writes to. None of that is used.
"""

from __future__ import annotations

import contextlib
import errno
import os
import stat
import sys

__all__ = ["check_directory", "make_directory", "open_private", "read_private", "write_private"]

_FILE_MODE = 0o600
_DIRECTORY_MODE = 0o700
_BINARY = getattr(os, "O_BINARY", 0)
_NO_LINK = getattr(os, "O_NOFOLLOW", 0)  # Windows has none, nor owners of this kind
_NO_WAIT = getattr(os, "O_NONBLOCK", 0)  # opening a pipe would wait for its other end


def make_directory(path: str) -> None:
    """Makes a directory, and those above it that are missing, for this user alone. Raises ``OSError`` where the path is
    a link, or a directory of a user who is neither this one nor root. Those above it may be anything.
    """
    above = os.path.dirname(path)
    if above and not os.path.isdir(above):
        _make_all(above)
    try:
        os.mkdir(path, _DIRECTORY_MODE)
    except FileExistsError:
        check_directory(path)


def check_directory(path: str) -> None:
    """Raises ``OSError`` as ``make_directory``, and where there is none."""
    found = os.lstat(path)
    if not stat.S_ISDIR(found.st_mode):
        raise _refusal(errno.ENOTDIR, "it is a link or a file, not a directory", path)
    _check_owner(found, path)


def _make_all(path: str) -> None:
    above = os.path.dirname(path)
    if above and above != path and not os.path.isdir(above):
        _make_all(above)
    try:
        os.mkdir(path, _DIRECTORY_MODE)
    except FileExistsError:
        if not os.path.isdir(path):
            raise


def open_private(path: str, flags: int) -> int:
    """A descriptor of a regular file; one that is made is for this user alone. Raises ``OSError`` where it is a link,
    not a regular file, or one of a user who is neither this one nor root.
    """
    try:
        descriptor = os.open(path, flags | _BINARY | _NO_LINK | _NO_WAIT, _FILE_MODE)
    except OSError as error:
        if error.errno in (errno.ELOOP, errno.EMLINK) and os.path.islink(path):
            raise _refusal(error.errno, "it is a symbolic link", path) from None
        raise
    try:
        found = os.fstat(descriptor)
        if not stat.S_ISREG(found.st_mode):
            raise _refusal(errno.EINVAL, "it is no regular file", path)
        _check_owner(found, path)
    except BaseException:
        os.close(descriptor)
        raise
    return descriptor


def read_private(path: str) -> tuple[bytes, os.stat_result]:
    """What a file holds, and what it was when it was opened. Raises as ``open_private``."""
    with os.fdopen(open_private(path, os.O_RDONLY), "rb") as file:
        found = os.fstat(file.fileno())
        return file.read(), found


def write_private(path: str, content: bytes) -> None:
    """Writes a new file: when this returns, it is on the disk. What stood there is removed first, never written to.
    Raises ``OSError``.
    """
    with contextlib.suppress(FileNotFoundError):
        os.unlink(path)
    with os.fdopen(open_private(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL), "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def _check_owner(found: os.stat_result, path: str) -> None:
    if sys.platform != "win32" and found.st_uid not in (os.geteuid(), 0):
        raise _refusal(errno.EPERM, f"it belongs to another user, {found.st_uid}", path)


def _refusal(number: int, reason: str, path: str) -> OSError:
    return OSError(number, reason, path)
