"""Data files from elsewhere than the service: a file that is watched, and a function of the program's own."""

from __future__ import annotations

import os
import time
from collections.abc import Callable

from kameleoon._data_file import DataFileFunction, DataFileSlot, read_data_file
from kameleoon._source.events import Outcome
from kameleoon._source.source import SourceError
from kameleoon.exceptions import ConfigException

__all__ = ["FileSource", "FunctionSource"]


class FileSource:
    """A file, read again once it is another one: by its time, its size or its inode."""

    LOOK_SECONDS = 1.0
    """A look costs a few microseconds."""

    def __init__(
        self, path: str | os.PathLike[str], slot: DataFileSlot, use_data_domain: Callable[[str | None], object]
    ) -> None:
        """``use_data_domain``: is told of the data domain of each data file that is put to use."""
        self._path = path
        self._slot = slot
        self._use_data_domain = use_data_domain
        self._seen: tuple[int, int, int] | None = None

    def fetch(self, timestamp: int | None) -> Outcome:  # noqa: ARG002  # as `Source`
        """As ``Source``. One that is being written, and cannot be read yet, is read at the next look."""
        try:
            stat = os.stat(self._path)
            seen = (stat.st_mtime_ns, stat.st_size, stat.st_ino)
            if seen == self._seen:
                return Outcome.NOT_MODIFIED
            with open(self._path, "rb") as file:
                text = file.read()
        except (OSError, ValueError) as error:
            raise SourceError(f"the data file {os.fspath(self._path)!r} cannot be read: {error}") from error
        outcome = _use(self._slot, text, "file", self._use_data_domain)
        self._seen = seen
        return outcome


class FunctionSource:
    """A function of the program's own. Whatever it raises counts as a failure, and it is asked again later."""

    def __init__(
        self, function: DataFileFunction, slot: DataFileSlot, use_data_domain: Callable[[str | None], object]
    ) -> None:
        """``use_data_domain``: as for a file."""
        self._function = function
        self._slot = slot
        self._use_data_domain = use_data_domain

    def fetch(self, timestamp: int | None) -> Outcome:  # noqa: ARG002  # as `Source`
        """As ``Source``."""
        found = self._function()
        if found is None:
            if self._slot.is_fetched:
                return Outcome.NOT_MODIFIED
            raise SourceError("the data source has no data file yet")
        try:
            return _use(self._slot, read_data_file(found), "function", self._use_data_domain)
        except ConfigException as error:
            raise SourceError(f"the data source gave no data file: {error}") from error


def _use(slot: DataFileSlot, text: bytes, name: str, use_data_domain: Callable[[str | None], object]) -> Outcome:
    try:
        is_used = slot.use(text, name)
    except ValueError as error:
        raise SourceError(str(error)) from error
    slot.is_fetched = True
    use_data_domain(slot.settings.data_api_domain)
    if not is_used:
        return Outcome.OLDER
    slot.updated_at = time.time()
    return Outcome.CHANGED
