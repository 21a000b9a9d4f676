"""Data files that come with the program: a path, bytes, or a mapping."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any, Union

from kameleoon.exceptions import ConfigException

DataFileSource = Union[str, "os.PathLike[str]", bytes, Mapping[str, Any]]
"""Where a data file comes from: the path of a JSON file, JSON text as bytes, or the decoded object."""


class DataFileInUse:
    """How a client came by the data file that it uses. It outlives a fork: a child has its parent's data file."""

    __slots__ = ("is_fetched", "last_modified", "source", "updated_at")

    def __init__(self) -> None:
        self.source = "none"
        """``"none"``, ``"default"`` or ``"service"``."""
        self.is_fetched = False
        """Whether the service has sent a data file, be it one that is older than the default one."""
        self.last_modified: str | None = None
        """The ``Last-Modified`` of the data file that the service sent last."""
        self.updated_at: float | None = None
        """When the data file in use was fetched, in seconds since the epoch."""


def read_data_file(source: DataFileSource) -> bytes:
    """The JSON text of a data file.

    Raises ``ConfigException`` where the file cannot be read, or the mapping is no JSON (it contains itself, say).
    """
    if isinstance(source, (bytes, bytearray, memoryview)):
        return bytes(source)
    if isinstance(source, Mapping):
        import json  # here, so that importing the package stays fast

        try:
            return json.dumps(dict(source)).encode("ascii")
        except (TypeError, ValueError, RecursionError) as error:
            raise ConfigException(f"the default data file is no JSON: {error}") from error
    if isinstance(source, (str, os.PathLike)):
        try:
            with open(source, "rb") as file:
                return file.read()
        except (OSError, ValueError) as error:
            raise ConfigException(f"the default data file cannot be read: {error}") from error
    kind = type(source).__name__
    raise ConfigException(f"the default data file must be a path, bytes or a mapping, not {kind}")
