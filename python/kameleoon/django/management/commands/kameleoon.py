"""``manage.py kameleoon``: how the client stands, and why a visitor gets what it gets."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from kameleoon.django.client import client
from kameleoon.exceptions import KameleoonError

__all__ = ["Command"]


class Command(BaseCommand):
    """Without arguments: the client's state and the flags. ``explain VISITOR FLAG``: each step of an evaluation."""

    help = "Shows the Kameleoon client's state and feature flags; explains an evaluation."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """The command line."""
        parser.add_argument("--timeout", type=float, default=10.0, help="seconds to wait for the configuration")
        commands = parser.add_subparsers(dest="command")
        explain = commands.add_parser("explain", help="why a visitor gets its variation of a flag")
        explain.add_argument("visitor_code")
        explain.add_argument("feature_key")

    def handle(self, *_: Any, **options: Any) -> None:
        """Runs the command. Raises ``CommandError`` where there is no configuration, or no such flag."""
        try:
            kameleoon = client()
            if not kameleoon.wait_init(options["timeout"] * 1000):
                raise CommandError("no configuration. hint: the log says why; are KAMELEOON's credentials right?")
            if options["command"] == "explain":
                self.stdout.write(str(kameleoon.explain(options["visitor_code"], options["feature_key"])))
                return
        except KameleoonError as error:
            raise CommandError(f"{error} {getattr(error, 'hint', None) or ''}".rstrip()) from error
        stats = kameleoon.stats()
        self.stdout.write(f"{kameleoon!r}: the data file is from {stats.data_file_source}")
        for key, flag in kameleoon.get_data_file().feature_flags.items():
            state = "" if flag.environment_enabled else " (disabled)"
            self.stdout.write(f"  {key}{state}: {', '.join(flag.variations)}")
