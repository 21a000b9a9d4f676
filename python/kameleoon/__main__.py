"""The command line: ``python -m kameleoon demo``, ``platform``, ``evaluate``, ``assign``, ``diff``, ``types`` and
``flags``.

Every mistake ends with a sentence and a hint, and the exit status 1; 2 for arguments that are none; 130 for Ctrl+C.
"""

from __future__ import annotations

import argparse
import io
import sys

from kameleoon._cli import assign, demo, diff, evaluate, flags, platform, types
from kameleoon._version import __version__
from kameleoon.exceptions import KameleoonError


def main(arguments: list[str] | None = None) -> int:
    """Runs a command; returns the exit status."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")  # whatever a data file holds, and the terminal cannot show
    options = _parser().parse_args(arguments)
    try:
        options.run(options)
    except KameleoonError as error:
        shown = str(error)
        if error.hint is not None and "hint: " not in shown:
            shown += f"{'' if shown.endswith('.') else '.'} hint: {error.hint}"
        if "hint: " not in shown:
            shown += f"{'' if shown.endswith('.') else '.'} hint: python -m kameleoon {options.command} --help"
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
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m kameleoon", description=__doc__)
    parser.add_argument("--version", action="version", version=__version__)
    commands = parser.add_subparsers(dest="command", required=True)
    for command in (demo, platform, evaluate, assign, diff, types, flags):
        command.add(commands)
    return parser


if __name__ == "__main__":
    sys.exit(main())
