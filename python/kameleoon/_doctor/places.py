"""Where the settings have a client write: whether it can, and what is there."""

from __future__ import annotations

import os
from collections.abc import Iterator

from kameleoon._doctor.files import ago, judged
from kameleoon._doctor.finding import Finding, failed, ok
from kameleoon._settings.kinds import CachePath
from kameleoon._settings.table import Settings, rows
from kameleoon._source.cached import shared_key
from kameleoon.exceptions import KameleoonError
from kameleoon.stores.file_store import FileStore

__all__ = ["places"]

_HINT = "may this user write there, and is the path one of this machine?"


def places(site_code: str | None, settings: Settings) -> Iterator[Finding]:
    """A finding for each setting that names such a place."""
    for name, row in rows().items():
        path = getattr(settings, name)
        if not isinstance(row.kind, CachePath) or not path:
            continue
        holder = _nearest(path)
        if not (os.path.isdir(holder) or holder == path) or not os.access(holder, os.W_OK):
            yield failed(row.parameter, f"{path!r} cannot be written", _HINT, path=path)
        elif name == "data_file_cache" and site_code:
            yield _kept(path, shared_key(site_code, settings.environment))
        else:
            yield ok(row.parameter, f"{path!r} can be written", path=path)


def _kept(path: str, key: str) -> Finding:
    """The data file that is kept for a site and environment."""
    try:
        kept = FileStore(path).get(key)
    except (OSError, KameleoonError) as error:
        hint = getattr(error, "hint", None) or "may this user read it?"
        return failed("data_file_cache", str(error.args[0] if isinstance(error, KameleoonError) else error), hint)
    if kept is None:
        return ok("data_file_cache", f"{path!r} can be written; nothing is kept for {key!r} yet", path=path)
    return judged("data_file_cache", f"{path!r}, found to be the latest {ago(kept.checked_at)}: ", kept.text)


def _nearest(path: str) -> str:
    """The path, or the nearest folder above it that is there: what is missing is made."""
    found = os.path.abspath(path)
    while not os.path.exists(found) and os.path.dirname(found) != found:
        found = os.path.dirname(found)
    return path if found == os.path.abspath(path) else found
