"""``python -m kameleoon datafile``: what is done with a data file (docs/command-line.md)."""

from __future__ import annotations

from kameleoon._cli import datafile_check, datafile_explain, datafile_fetch, datafile_show
from kameleoon._cli.arguments import Commands

__all__ = ["add"]


def add(commands: Commands) -> None:
    """Declares the command, and those behind it."""
    text = "fetch, check, show and explain a data file"
    datafile = commands.add_parser("datafile", help=text, description=f"{text.capitalize()}. Each has --help.")
    parts = datafile.add_subparsers(dest="part", required=True, metavar="COMMAND")
    for part in (datafile_fetch, datafile_check, datafile_show, datafile_explain):
        part.add(parts)
