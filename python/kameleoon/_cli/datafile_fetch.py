"""``python -m kameleoon datafile fetch``: the service's data file as a file (docs/command-line.md#datafile-fetch)."""

from __future__ import annotations

import argparse
import hashlib
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kameleoon._cli.arguments import Commands, add_command, add_service_options, service_options
from kameleoon._cli.file_writing import write_at_once
from kameleoon._native import BatchSnapshot
from kameleoon.exceptions import KameleoonError

if TYPE_CHECKING:
    from kameleoon._doctor.asking import Answered, Service

__all__ = ["add"]

_REFUSED = (403, 404)
_NOTE = ".fetched"
"""What is put behind the file's name for the note beside it."""


def add(commands: Commands) -> None:
    """Declares the command."""
    fetch = add_command(
        commands,
        "fetch",
        help="the service's data file, to a file",
        description="Fetches the data file of a site, looks whether it can be used, and puts it in place at once: "
        "whoever reads the file finds the old one or the new one, whole. A note beside it (FILE.fetched) says what it "
        "is, so that an unchanged one is not sent again. No credentials are needed.",
        examples=[
            "--site-code shop --output data.json",
            "--site-code shop --environment staging --output - --endpoint http://127.0.0.1:8765",
        ],
    )
    add_service_options(fetch, is_site_required=True)
    fetch.add_argument("--output", required=True, metavar="FILE", help="where to; - prints it")
    fetch.set_defaults(run=_run)


def _run(options: argparse.Namespace) -> None:
    from kameleoon._doctor.asking import Service  # here: no other command needs the network
    from kameleoon._network.endpoints import Endpoints
    from kameleoon._settings.origins import given_settings

    settings = given_settings(options.config, service_options(options)).settings
    endpoints = Endpoints(options.site_code, settings.environment, settings.network_domain, settings.endpoint)
    service = Service("configuration", endpoints.configuration(None))
    path = None if options.output == "-" else Path(options.output)
    note = None if path is None else _matching_note(path, service.shown_with_query)
    answered = _fetched(service, None if note is None else note["last_modified"], options.timeout)
    if path is not None and note is not None and answered.answer.status == 304:
        print(f"{path}: not changed since {note['last_modified']}")
        return
    text = _usable(answered)
    if path is None:
        sys.stdout.buffer.write(text)
        sys.stdout.flush()
        return
    write_at_once(path, text)
    last_modified = answered.answer.headers.get("Last-Modified")
    described = {"address": service.shown_with_query, "last_modified": last_modified, "sha256": _hash(text)}
    write_at_once(path.with_name(path.name + _NOTE), json.dumps(described, indent=2).encode() + b"\n")
    flags = len(BatchSnapshot.compile(text)[0].flags())
    print(f"{path}: {len(text):,} bytes, {flags:,} feature flag{'' if flags == 1 else 's'}")


def _fetched(service: Service, last_modified: str | None, timeout: float) -> Answered:
    """The answer. Raises ``KameleoonError`` where there is none."""
    from kameleoon._doctor import reasons
    from kameleoon._doctor.asking import Unanswered, asked, data_file_request, http_service
    from kameleoon._network.deadline import Deadline

    request = data_file_request(service, last_modified)
    outcome = asked(http_service(timeout), service, request, Deadline.after(timeout))
    if isinstance(outcome, Unanswered):
        raise KameleoonError(f"{service.shown}: {reasons.reason(outcome)}", hint=reasons.hint(outcome))
    return outcome


def _usable(answered: Answered) -> bytes:
    """The data file that was sent. Raises ``KameleoonError`` for anything else; then nothing is written."""
    status, address = answered.answer.status, answered.service.shown
    if status in _REFUSED:
        raise KameleoonError(f"{address}: HTTP {status}: the site is refused", hint="is the site code right?")
    if status != 200:
        raise KameleoonError(f"{address}: HTTP {status}", hint="python -m kameleoon doctor asks every service")
    try:
        BatchSnapshot.compile(answered.answer.body)
    except ValueError as error:
        hint = "does something else answer in the service's place, such as a proxy's page to log in?"
        raise KameleoonError(f"{address}: {error}", hint=hint) from error
    return answered.answer.body


def _matching_note(path: Path, address: str) -> dict[str, Any] | None:
    """The note beside the file, if it is of this file as it is now, and of the same address: a file that was edited or
    came from elsewhere must not pass for the latest one.
    """
    try:
        note = json.loads(path.with_name(path.name + _NOTE).read_bytes())
        is_same = note["address"] == address and note["sha256"] == _hash(path.read_bytes())
    except (OSError, ValueError, TypeError, KeyError):
        return None
    return note if is_same and isinstance(note.get("last_modified"), str) else None


def _hash(text: bytes) -> str:
    return hashlib.sha256(text).hexdigest()
