"""``python -m kameleoon demo``."""

from __future__ import annotations

import argparse

from kameleoon._cli.arguments import Commands, add_command, positive

__all__ = ["add"]


def add(commands: Commands) -> None:
    """Declares the command."""
    demo = add_command(
        commands,
        "demo",
        help="allocate visitors of an imaginary web shop",
        description="Serves a local platform, allocates visitors of an imaginary web shop, and shows the share of each "
        "variation beside the configured one, and what became of the events.",
        examples=["--visitors 20,000", "--visitors 20,000 --offline"],
    )
    demo.add_argument("--visitors", type=positive, default=100_000, metavar="N", help="how many (100,000)")
    demo.add_argument("--offline", action="store_true", help="evaluate alone: no platform, nothing tracked")
    demo.set_defaults(run=_run, interrupted="interrupted; hint: a smaller --visitors takes less long")


def _run(options: argparse.Namespace) -> None:
    from kameleoon._demo.run import run  # here: no other command needs it

    run(options.visitors, offline=options.offline)
