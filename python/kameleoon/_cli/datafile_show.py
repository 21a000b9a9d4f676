"""``python -m kameleoon datafile show``: a data file in words, as the local platform's page says it."""

from __future__ import annotations

import argparse
import json

from kameleoon._cli.arguments import Commands, add_command, known_flags, snapshot
from kameleoon._cli.data_file import loaded
from kameleoon.testing.words import DataFileWords, FlagWords, in_words

__all__ = ["add"]


def add(commands: Commands) -> None:
    """Declares the command."""
    show = add_command(
        commands,
        "show",
        help="a data file in words: who gets what of each feature flag",
        description="Says each feature flag of a data file in words: its rules in their order, whom each is for, which "
        "share gets what.",
        examples=["data.json", "data.json --flag banner"],
    )
    show.add_argument("data_file", metavar="FILE", help="the data file, JSON")
    show.add_argument("--flag", metavar="KEY", help="one feature flag alone")
    show.add_argument("--json", action="store_true", help="print JSON")
    show.set_defaults(run=_run)


def _run(options: argparse.Namespace) -> None:
    compiled = snapshot(options.data_file)
    words = in_words(loaded(compiled.data_file))
    if options.flag is not None:
        known_flags([options.flag], compiled.flag_keys)
        words["flags"] = [flag for flag in words["flags"] if flag["key"] == options.flag]
    print(json.dumps(words, indent=2, ensure_ascii=False) if options.json else _text(words))


def _text(words: DataFileWords) -> str:
    parts = ["\n".join(words["notes"])] if words["notes"] else []
    parts += [_flag(flag) for flag in words["flags"]]
    return "\n\n".join(parts) if parts else "the data file has no feature flags"


def _flag(flag: FlagWords) -> str:
    others = [key for key in (variation["key"] for variation in flag["variations"]) if key != flag["default"]]
    head = f"{flag['key']}: {flag['default']} by default"
    lines = [head + (f", or {', '.join(others)}" if others else "")]
    lines += [f"  {note}" for note in flag["notes"]]
    lines += [f"  {number}. {rule['sentence']}" for number, rule in enumerate(flag["rules"], 1)]
    return "\n".join(lines)
