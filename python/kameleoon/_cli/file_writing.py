"""Writes a file at once: who reads it meanwhile finds the old one or the new one."""

from __future__ import annotations

import os
from pathlib import Path

from kameleoon.exceptions import KameleoonError

__all__ = ["write_at_once"]


def write_at_once(path: Path, content: bytes) -> None:
    """Writes beside the file and puts that in its place. Raises ``KameleoonError``."""
    beside = path.with_name(f"{path.name}.{os.getpid()}.new")
    try:
        beside.write_bytes(content)
        beside.replace(path)
    except OSError as error:
        beside.unlink(missing_ok=True)
        raise KameleoonError(
            f"{path} cannot be written: {error}", hint="--output PATH, in a folder that is there"
        ) from error
