"""``python -m kameleoon types``: a module with the flags of a data file as types (docs/types.md)."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from kameleoon._cli import arguments
from kameleoon._cli.file_writing import write_at_once
from kameleoon._cli.program import program
from kameleoon.exceptions import KameleoonError

__all__ = ["add"]


def add(commands: arguments.Commands) -> None:
    """Declares the command."""
    types = arguments.add_command(
        commands,
        "types",
        help="write a module with the flags of a data file as types",
        description="Writes a Python module with the keys of flags and variations as types, and a class for each flag "
        "with its variables, so that type checkers find what is misspelt.",
        examples=["--data-file data.json --output flags.py", "--data-file data.json --output flags.py --check"],
    )
    types.add_argument("--data-file", required=True, metavar="PATH", help="a data file, JSON")
    types.add_argument("--output", required=True, metavar="PATH", help="the module, such as flags.py; - prints it")
    types.add_argument("--check", action="store_true", help="write nothing; fail where the module is out of date")
    types.set_defaults(run=_run)


def _run(options: argparse.Namespace) -> None:
    from kameleoon._cli.typed_module import module_of  # here: no other command needs it

    if options.check and options.output == "-":
        raise KameleoonError("--check needs a module to look at", hint="--output PATH names it")
    text = module_of(arguments.snapshot(options.data_file).data_file)
    if options.output == "-":
        sys.stdout.write(text)
    elif options.check:
        _check(Path(options.output), text, options.data_file)
    else:
        write_at_once(Path(options.output), text.encode())


def _check(path: Path, text: str, data_file: str) -> None:
    try:
        is_same = path.read_text(encoding="utf-8") == text
    except (OSError, UnicodeDecodeError) as error:
        raise KameleoonError(f"{path} cannot be read: {error}", hint="without --check it is written") from error
    if not is_same:
        command = f"{program()} types --data-file {data_file} --output {path}"
        raise KameleoonError(f"{path} is out of date", hint=command)
