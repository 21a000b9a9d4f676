"""A row of the matrix: a server, how it is started, and how it is told to end."""

from __future__ import annotations

import importlib.util
import os
import shlex
import shutil
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from tests.servers.harness import BIN

WEB = "tests.servers.programs.web:application"
SITE = "tests.servers.programs.site:application"
TOUCHED = "reloaded"
"""A module in the folder ``watched``, with the same application: the server looks whether its file changes."""


@dataclass(frozen=True)
class Row:
    """``command`` is split as a shell does, then ``{python}``, ``{bin}``, ``{port}`` and ``{folder}`` are filled in."""

    server: str
    """Whose it is: several rows have the same."""
    name: str
    """What stands in the table: unique."""
    command: str
    needs: tuple[str, ...] = ()
    """Modules, and programs, as ``bin:apache2``, which stand in the environment's ``bin`` or on the path."""
    settings: tuple[tuple[str, str], ...] = ()
    """More of the process environment."""
    stop: str = "SIGTERM"
    """The signal that ends it gracefully."""
    stops_everybody: bool = False
    """Whether all of its processes get that signal, as from a terminal."""
    reload: str = ""
    """The signal at which it starts its processes anew."""
    touch: str = ""
    """Or the module whose file is changed for that: what is imported into it."""
    is_asked: bool = True
    """Whether visitors come over HTTP; else the program visits itself, and writes its answers into a file."""
    queue: bool = False
    """Whether visits are messages in the queue of Celery."""
    term: Literal["kept", "lost", "depends"] = "kept"
    """What is queued when it ends by ``SIGTERM``; it depends where a process ends at once only if it is busy."""
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


def path_of(program: str) -> str | None:
    """Where a program is, if it is anywhere. Debian's Apache is not on the path of everybody."""
    return shutil.which(program, path=os.pathsep.join([str(BIN), os.environ.get("PATH", ""), "/usr/sbin"]))


def _is_here(need: str) -> bool:
    kind, _, name = need.rpartition(":")
    if kind == "bin":
        return path_of(name) is not None
    try:
        return importlib.util.find_spec(name) is not None
    except ModuleNotFoundError:  # the package that it would be in
        return False
