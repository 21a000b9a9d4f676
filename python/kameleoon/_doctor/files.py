"""The data files: the one that the service has sent, and those of this machine that the settings name."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Iterator
from datetime import datetime, timezone

from kameleoon._doctor.asking import Answered
from kameleoon._doctor.finding import Finding, failed, ok, warning
from kameleoon._doctor.services import Outcome
from kameleoon._native import BatchSnapshot
from kameleoon._settings.kinds import DataFile, OwnDataSource
from kameleoon._settings.table import Settings, rows
from kameleoon.testing.data_file_reading import mapping

__all__ = ["ago", "files", "judged"]

_CHECK = "python -m kameleoon datafile check FILE tells what is wrong with it"


def files(outcomes: list[Outcome], settings: Settings) -> Iterator[Finding]:
    """A finding for each data file."""
    for outcome in outcomes:
        if isinstance(outcome, Answered) and _is_data_file(outcome):
            yield judged("data file", "", outcome.answer.body)
    for name, row in rows().items():
        path = getattr(settings, name)
        if isinstance(row.kind, (DataFile, OwnDataSource)) and isinstance(path, (str, os.PathLike)):
            yield _of_path(row.parameter, os.fspath(path))


def _is_data_file(answered: Answered) -> bool:
    is_configuration = answered.service.name == "configuration" and answered.answer.status == 200
    return is_configuration and answered.json_object is not None


def _of_path(name: str, path: str) -> Finding:
    try:
        with open(path, "rb") as file:
            text = file.read()
        written = os.stat(path).st_mtime
    except OSError as error:
        hint = "is the path right, and may this user read it?"
        return failed(name, f"{path!r} cannot be read: {error.strerror}", hint, path=path)
    return judged(name, f"{path!r}, written {ago(written)}: ", text)


def judged(check: str, head: str, text: bytes) -> Finding:
    """What a data file is worth; ``head`` is put before what is said of it."""
    try:
        snapshot, omissions = BatchSnapshot.compile(text)
        modified = mapping(json.loads(text)).get("dateModified")
    except ValueError as error:
        return failed(check, f"{head}it cannot be used: {error}", "is it the file of another tool?", bytes=len(text))
    details = {"bytes": len(text), "flags": len(snapshot.flags()), "date_modified": modified, "left_out": omissions}
    changed = f", changed {ago(modified / 1000)}" if isinstance(modified, int) and modified > 0 else ""
    said = f"{head}{len(text):,} bytes, {_counted(len(snapshot.flags()), 'feature flag')}{changed}"
    if omissions:
        return warning(check, f"{said}; {_counted(len(omissions), 'thing')} left out", _CHECK, **details)
    if not snapshot.flags():
        return warning(check, said, "are flags switched on for this site and environment?", **details)
    return ok(check, said, **details)


def _counted(number: int, what: str) -> str:
    return f"{number:,} {what}{'' if number == 1 else 's'}"


def ago(moment: float) -> str:
    """Such as ``3 h ago (2026-01-02 03:04 UTC)``."""
    seconds = time.time() - moment
    try:
        shown = datetime.fromtimestamp(moment, timezone.utc).strftime("%Y-%m-%d %H:%M UTC")
    except (OverflowError, OSError, ValueError):
        return "at no known date"
    if seconds < 0:
        return f"in the future ({shown})"
    for length, unit in ((86_400, "days"), (3600, "h"), (60, "min")):
        if seconds >= 2 * length:
            return f"{seconds / length:,.0f} {unit} ago ({shown})"
    return f"{seconds:.0f} s ago ({shown})"
