"""The data file of a client: the one that comes with the program, and the place of the one in use."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any, NamedTuple, Optional, Union

from kameleoon._native import DataFileHandle
from kameleoon.exceptions import ConfigException
from kameleoon.logging.kameleoon_logger import KameleoonLogger

DataFileSource = Union[str, "os.PathLike[str]", bytes, Mapping[str, Any]]
"""Where a data file comes from: the path of a JSON file, JSON text as bytes, or the decoded object."""


class DataFileSettings(NamedTuple):
    """What the data file in use says beside its flags."""

    date_modified: int
    """Milliseconds since the epoch; 0 where it does not say."""
    real_time_update: bool
    """Whether updates are announced by the event stream."""
    consent_required: bool
    """Whether visitors have to consent before they are tracked."""
    data_api_domain: Optional[str]  # evaluated at run time, in Python 3.9 too
    """The domain of the data services, if it is not the usual one."""


class DataFileSlot:
    """The place of the data file in use: a data source puts another one there. It knows how the client came by it.

    It outlives a fork: a child has its parent's data file.
    """

    __slots__ = ("_handle", "is_fetched", "last_modified", "source", "updated_at")

    def __init__(self, handle: DataFileHandle) -> None:
        self._handle = handle
        self.source = "none"
        """``"none"``, ``"default"`` or ``"service"``."""
        self.is_fetched = False
        """Whether the service has sent a data file, be it one that is older than the default one."""
        self.last_modified: str | None = None
        """The ``Last-Modified`` of the data file that the service sent last."""
        self.updated_at: float | None = None
        """When the data file in use was fetched, in seconds since the epoch."""

    @property
    def settings(self) -> DataFileSettings:
        """What the data file in use says beside its flags."""
        return DataFileSettings(*self._handle.settings())

    def use(self, text: bytes, source: str) -> bool:
        """Uses another data file from now on; what had to be left out of it is logged. Raises ``ValueError``.

        One that is older than the default one, as long as that is in use, is not used, and the answer is false.
        """
        not_older_than = self.settings.date_modified if self.source == "default" else None
        is_used, omissions = self._handle.update(text, not_older_than)
        if is_used:
            self.source = source
        for omission in omissions:
            KameleoonLogger.warning("%s", omission)
        return is_used


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
