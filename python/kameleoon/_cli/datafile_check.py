"""``python -m kameleoon datafile check``: what is wrong with a data file (docs/command-line.md#datafile-check)."""

from __future__ import annotations

import argparse
import json

from kameleoon._cli.arguments import Commands, add_command, snapshot

__all__ = ["add"]


def add(commands: Commands) -> None:
    """Declares the command."""
    check = add_command(
        commands,
        "check",
        help="what is wrong with a data file",
        description="Tells what a client leaves out of a data file and why, what refers to nothing or stands twice, "
        "expositions that do not add up, segments that are always true or always false, and flags and rules that "
        "nobody can get. Only what is certain. Exit status 1 if anything is wrong.",
        examples=["data.json", "data.json --json"],
    )
    check.add_argument("data_file", metavar="FILE", help="the data file, JSON")
    check.add_argument("--json", action="store_true", help="print JSON")
    check.set_defaults(run=_run)


def _run(options: argparse.Namespace) -> int:
    from kameleoon._inspection.inspect import inspected  # here: no other command needs it

    found = list(inspected(snapshot(options.data_file).data_file))
    if options.json:
        print(json.dumps([mistake.as_json() for mistake in found], indent=2, ensure_ascii=False))
    elif found:
        print("\n".join(map(str, found)))
    else:
        print(f"{options.data_file}: nothing is wrong")
    return 1 if found else 0
