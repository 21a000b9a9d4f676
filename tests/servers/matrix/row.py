"""A row of the matrix: a server, how it is started, and how it is told to end."""

from __future__ import annotations

import importlib.util
import os
import shlex
import shutil
import signal
import sys
from dataclasses import dataclass
from pathlib import Path

from tests.servers.harness import BIN

WEB = "tests.servers.programs.web:application"
SITE = "tests.servers.programs.site:application"
TOUCHED = "reloaded"
"""A module in a folder of its own, with the same application: the server looks whether its file changes."""


@dataclass(frozen=True)
class Row:
    """``command`` is split as a shell does, then ``{python}``, ``{bin}``, ``{port}`` and ``{folder}`` are filled in."""

    server: str
    """As its heading."""
    name: str
    """What stands in the table: unique."""
    command: str
    needs: tuple[str, ...] = ()
    """Modules, and programs, which stand in the environment's ``bin`` or on the path."""
    settings: tuple[tuple[str, str], ...] = ()
    """More of the process environment."""
    stop: int = signal.SIGTERM
    """The signal that ends it gracefully."""
    stops_everybody: bool = False
    """Whether all of its processes get that signal, as from a terminal."""
    reload: int | None = None
    """The signal at which it starts its processes anew."""
    touch: str = ""
    """Or the module whose file is changed for that: what is imported into it."""
    is_asked: bool = True
    """Whether visitors come over HTTP; else the program visits itself, and writes its answers into a file."""
    queue: bool = False
    """Whether visits are messages in the queue of Celery."""
    loses_at_term: bool = False
    """Whether it ends at ``SIGTERM`` without running anything."""

    frozen_second: int = 0
    """How long all of its processes are stopped while the data file changes."""
    advice: str = ""
    """What its user must do."""

    @property
    def missing(self) -> str:
        """What it needs that is not here."""
        if not hasattr(os, "fork"):
            return "fork"
        return ", ".join(need for need in self.needs if not _is_here(need))

    def arguments(self, port: int, folder: Path) -> list[str]:
        """The command line."""
        places = {"python": sys.executable, "bin": BIN, "port": port, "folder": folder, "environment": BIN.parent}
        return [part.format(**places) for part in shlex.split(self.command)]


def _is_here(need: str) -> bool:
    program = need.startswith("bin:")
    name = need.partition(":")[2] if program else need
    if program:
        return (BIN / name).exists() or shutil.which(name, path=f"{os.environ.get('PATH', '')}:/usr/sbin") is not None
    return importlib.util.find_spec(name) is not None
