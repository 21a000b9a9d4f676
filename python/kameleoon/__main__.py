"""The command line, as ``python -m kameleoon`` and as ``kameleoon`` (docs/command-line.md).

Every mistake ends with a sentence and a hint, and the exit status 1; 2 for arguments that are none; 130 for Ctrl+C.
"""

from __future__ import annotations

import argparse
import io
import sys

from kameleoon._cli import assign, datafile, demo, diff, doctor, evaluate, flags, platform, types
from kameleoon._cli.program import program
from kameleoon._version import __version__
from kameleoon.exceptions import KameleoonError

_COMMANDS = (demo, platform, doctor, datafile, evaluate, assign, diff, flags, types)


def main(arguments: list[str] | None = None) -> int:
    """Runs a command; returns the exit status."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")  # whatever a data file holds, and the terminal cannot show
    options = _parser().parse_args(arguments)
    try:
        status: int | None = options.run(options)
    except KameleoonError as error:
        shown = str(error)
        if error.hint is not None and "hint: " not in shown:
            shown += f"{'' if shown.endswith('.') else '.'} hint: {error.hint}"
        if "hint: " not in shown:
            shown += f"{'' if shown.endswith('.') else '.'} hint: {getattr(options, 'prog', program())} --help"
        print(shown, file=sys.stderr)
        return 1
    except BrokenPipeError:  # the reader of our output has gone
        sys.stderr.close()
        return 1
    except KeyboardInterrupt:
        print(getattr(options, "interrupted", "interrupted"), file=sys.stderr)
        return 130
    except Exception as error:
        if sys.flags.dev_mode:
            raise
        print(
            f"{type(error).__name__}: {error}. hint: python -X dev -m kameleoon … shows where; it may be a defect",
            file=sys.stderr,
        )
        return 1
    return status or 0


def _parser() -> argparse.ArgumentParser:
    description = "Kameleoon feature flags and experiments: look for what is wrong, inspect data files, evaluate."
    epilog = "Each command has --help, with examples. All of them: docs/command-line.md"
    parser = argparse.ArgumentParser(prog=program(), description=description, epilog=epilog)
    parser.add_argument("--version", action="version", version=__version__)
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for command in _COMMANDS:
        command.add(commands)
    return parser


if __name__ == "__main__":
    sys.exit(main())
