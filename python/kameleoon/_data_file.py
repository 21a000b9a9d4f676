"""The data file of a client: the one that comes with the program, and the place of the one in use."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple, Optional, Union

from kameleoon._native import DataFileHandle
from kameleoon.exceptions import ConfigException
from kameleoon.logging.kameleoon_logger import KameleoonLogger

_MOST_KEYS_SHOWN = 5

DataFileSource = Union[str, os.PathLike[str], bytes, Mapping[str, Any]]
"""Where a data file comes from: the path of a JSON file, JSON text as bytes, or the decoded object."""

DataFileFunction = Callable[[], Optional[DataFileSource]]
"""Gives the latest data file, ``None`` where it has not changed."""
OwnSource = Union[str, os.PathLike[str], DataFileFunction]
"""Where data files come from instead of the service: the path of a file, or a function."""


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

    __slots__ = (
        "_failure",
        "_handle",
        "_made_at",
        "_warned",
        "is_fetched",
        "last_modified",
        "source",
        "text",
        "updated_at",
    )

    def __init__(self, handle: DataFileHandle) -> None:
        self._handle = handle
        self._made_at = time.time()
        self._failure: tuple[str, float] | None = None
        self.text = b"{}"
        """The data file in use."""
        self._warned: int | None = None  # the hash of the last data file without flags
        self.source = "none"
        """``"none"``, ``"default"``, ``"service"``, ``"file"``, ``"function"``, ``"cache"`` (of an earlier process) or
        ``"store"`` (of another process).
        """
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

    def use(self, text: bytes, source: str, *, is_older_refused: bool = False) -> bool:
        """Uses another data file from now on; what had to be left out of it is logged. Raises ``ValueError``.

        One that is older than the default one, as long as that is in use, is not used, and the answer is false; with
        ``is_older_refused`` neither is one that is older than any other.
        """
        is_refused = is_older_refused or self.source == "default"
        not_older_than = self.settings.date_modified if is_refused else None
        is_used, omissions = self._handle.update(text, not_older_than)
        if is_used:
            self.source, self.text = source, text
        for omission in omissions:
            KameleoonLogger.warning("%s", omission)
        if is_used and self._handle.count_flags() == 0 and hash(text) != self._warned:
            self._warned = hash(text)
            KameleoonLogger.warning("%s", _without_flags(text))
        return is_used

    def note_failure(self, reason: str) -> None:
        """Remembers why no data file could be fetched, for ``why_not_ready``."""
        self._failure = (reason, time.time())

    def why_not_ready(self) -> str:
        """Why no data file has been in use, for the message of an exception."""
        if self.source != "none":
            return "the client was not ready yet: no data file was in; wait_init() waits for it"
        text = f"the client is not ready: no data file is in since it was made, {_shown(self._made_at)}"
        if self._failure is None:
            return f"{text}; wait_init() waits for it"
        reason, moment = self._failure
        return (
            f"{text}; the last failure, {_shown(moment)}, was: {reason}; check site code, environment and network; "
            "the client keeps trying, and wait_init(…, keep_trying=True) waits for it"
        )


def _shown(moment: float) -> str:
    return time.strftime("%Y-%m-%d %H:%M:%S UTC", time.gmtime(moment))


def _without_flags(text: bytes) -> str:
    """What is to be said of a data file that has no feature flag to evaluate: it may be another file."""
    import json  # here, so that importing the package stays fast

    head = "the data file has no feature flags that can be evaluated"
    try:
        loaded = json.loads(text)
    except ValueError:
        return head  # read as Python's json does not
    if isinstance(loaded, dict) and "featureFlags" not in loaded:
        keys = [repr(key) for key in loaded]
        found = ", ".join(keys[:_MOST_KEYS_SHOWN]) + (", …" if len(keys) > _MOST_KEYS_SHOWN else "")
        return (
            f"{head}: it has no key 'featureFlags', but {found or 'nothing'}. hint: is it the file of another tool, or "
            "of another version? docs/evaluation.md#the-data-file shows its shape"
        )
    return f"{head}; every flag is unknown. hint: are flags switched on for this site and environment?"


def read_data_file(source: DataFileSource, name: str = "the default data file") -> bytes:
    """The JSON text of a data file; ``name`` is what it is called where it cannot be read.

    Raises ``ConfigException`` where the file cannot be read, or the mapping is no JSON (it contains itself, say).
    """
    if isinstance(source, (bytes, bytearray, memoryview)):
        return bytes(source)
    if isinstance(source, Mapping):
        import json  # here, so that importing the package stays fast

        try:
            return json.dumps(dict(source)).encode("ascii")
        except (TypeError, ValueError, RecursionError) as error:
            raise ConfigException(f"{name} is no JSON: {error}") from error
    if isinstance(source, (str, os.PathLike)):
        try:
            with open(source, "rb") as file:
                return file.read()
        except (OSError, ValueError) as error:
            is_text = str(source).lstrip()[:1] in ("{", "[")
            hint = "JSON text is given as bytes: text.encode()" if is_text else None
            shown = f"{type(error).__name__}: {str(source)[:40]!r}… is no path" if is_text else error
            raise ConfigException(f"{name} cannot be read: {shown}", hint=hint) from error
    kind = type(source).__name__
    raise ConfigException(f"{name} must be a path, bytes or a mapping, not {kind}")
