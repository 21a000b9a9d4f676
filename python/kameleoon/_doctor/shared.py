"""The store where processes share a data file: whether it answers, and what it has."""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Iterator

from kameleoon._doctor.files import ago, judged
from kameleoon._doctor.finding import Finding, failed, ok
from kameleoon._settings.table import Settings
from kameleoon._source.cached import shared_key
from kameleoon.stores.data_file_store import DataFileStore, StoredDataFile

__all__ = ["shared"]

_CHECK = "data_file_store"
_HINT = "does it run, is the address right, and can it be reached from here?"


def shared(site_code: str, settings: Settings, timeout: float) -> Iterator[Finding]:
    """A finding for the store, if there is one: what it has is asked for, and nothing is changed in it."""
    store = settings.data_file_store
    if store is None:
        return
    key = shared_key(site_code, settings.environment)
    began = time.monotonic()
    found = _asked(store, key, timeout)
    milliseconds = (time.monotonic() - began) * 1000
    if isinstance(found, Exception):
        # Not its text, in which there may be an address with a password.
        yield failed(_CHECK, f"{store!r} fails: {type(found).__name__}", _HINT)
    elif found is None:
        yield failed(_CHECK, f"{store!r} has not answered within {timeout:g} s", _HINT)
    elif not found:
        yield ok(_CHECK, f"{store!r} answers in {milliseconds:.0f} ms; it has nothing for {key!r} yet")
    else:
        yield judged(
            _CHECK, f"{store!r}, {milliseconds:.0f} ms, the latest {ago(found[0].checked_at)}: ", found[0].text
        )


def _asked(store: DataFileStore, key: str, timeout: float) -> list[StoredDataFile] | Exception | None:
    """The data file, if it has one; what it raised; or ``None`` where it has not answered in time."""
    answers: queue.Queue[list[StoredDataFile] | Exception] = queue.Queue()

    def ask() -> None:
        try:
            stored = store.get(key)
            answers.put([] if stored is None else [stored])
        except Exception as error:  # noqa: BLE001  # the store may be a program's own
            answers.put(error)

    threading.Thread(target=ask, name="kameleoon-doctor", daemon=True).start()
    try:
        return answers.get(timeout=timeout)
    except queue.Empty:
        return None
