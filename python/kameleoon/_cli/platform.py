"""``python -m kameleoon platform``."""

from __future__ import annotations

import argparse

from kameleoon._cli.arguments import Commands, add_command, port
from kameleoon.exceptions import KameleoonError

__all__ = ["add"]


def add(commands: Commands) -> None:
    """Declares the command."""
    platform = add_command(
        commands,
        "platform",
        help="serve a local stand-in for the Kameleoon platform",
        description="Serves everything that a client talks to, on loopback, and a page that shows it "
        "(docs/platform.md). The data file is read again when it changes.",
        examples=["--data-file data.json", "--port 0"],
    )
    platform.add_argument("--data-file", metavar="F", help="the data file, JSON (the demo's web shop)")
    platform.add_argument(
        "--port", type=port, default=8765, metavar="P", help="on 127.0.0.1 (8765; 0 for any free one)"
    )
    platform.set_defaults(run=_run)


def _run(options: argparse.Namespace) -> None:
    from kameleoon._demo.shop import data_file  # here: no other command needs them
    from kameleoon.testing import Platform

    try:
        platform = Platform(options.data_file or data_file(), options.port)
    except OSError as error:
        hint = "is the path right, and the port free? --port 0 takes any that is free"
        raise KameleoonError(f"the platform cannot start: {error}", hint=hint) from error
    except ValueError as error:
        hint = "docs/evaluation.md#the-data-file shows the shape of a data file"
        raise KameleoonError(f"the platform cannot start: {error}", hint=hint) from error
    with platform:
        print(f"The platform serves the data file of {options.data_file or 'the demo'}; its page: {platform.origin}/")
        print(f"Use it with KameleoonClientConfig(..., endpoint={platform.origin!r}).")
        print("Press Ctrl+C to end it.", flush=True)
        try:
            platform.wait()
        except KeyboardInterrupt:
            print()
