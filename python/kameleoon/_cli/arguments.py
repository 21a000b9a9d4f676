"""Arguments that several commands have, and what is said of those that are none."""

from __future__ import annotations

import argparse
import math
import textwrap
from collections.abc import Iterable, Sequence
from dataclasses import fields
from typing import Any

from kameleoon._cli.text import hint_of_names
from kameleoon.batch.columns import Columns
from kameleoon.batch.snapshot import Snapshot
from kameleoon.exceptions import ConfigException, KameleoonError

__all__ = [
    "Commands",
    "add_command",
    "add_data_options",
    "add_service_options",
    "columns",
    "comma_separated",
    "known_flags",
    "port",
    "positive",
    "seconds",
    "service_options",
    "snapshot",
]

Commands = Any
"""What ``ArgumentParser.add_subparsers`` returns; its class has no public name."""

_HIGHEST_PORT = 65_535
_LONGEST_SECONDS = 600.0
_WIDTH = 78  # of a description, in characters
_OF_SERVICES = ("endpoint", "environment")
"""Parameters of the settings that the command line gives."""


def add_command(
    commands: Commands, name: str, *, help: str, examples: Sequence[str], description: str | None = None
) -> argparse.ArgumentParser:
    """Declares a command. ``examples``: what may stand behind its name; they are shown below its help, and run by the
    tests.
    """
    lines = "\n".join(f"  %(prog)s {example}".rstrip() for example in examples)
    command: argparse.ArgumentParser = commands.add_parser(
        name,
        help=help,
        description=textwrap.fill(description or f"{help[0].upper()}{help[1:]}.", _WIDTH),
        epilog=f"examples:\n{lines}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    command.set_defaults(prog=command.prog)
    return command


def add_service_options(command: argparse.ArgumentParser, *, is_site_required: bool = False) -> None:
    """Declares which site is meant, and where its settings are."""
    command.add_argument("--site-code", required=is_site_required, metavar="CODE", help="the site")
    command.add_argument(
        "--config",
        metavar="FILE",
        help="the settings, YAML (the default path, or else the process environment: docs/configuration.md)",
    )
    command.add_argument("--endpoint", metavar="ORIGIN", help="asks one origin, such as the local platform's")
    command.add_argument("--environment", metavar="NAME", help="the environment of the feature flags")
    command.add_argument(
        "--timeout", type=seconds, default=5.0, metavar="SECONDS", help="for everything that is asked (5)"
    )


def service_options(options: argparse.Namespace) -> dict[str, Any]:
    """The parameters of the settings that the options give, by name; ``None`` for those that they do not."""
    return {name: getattr(options, name) for name in _OF_SERVICES}


def seconds(text: str) -> float:
    """A time-out: more than 0."""
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if 0 < value <= _LONGEST_SECONDS:
        return value
    raise argparse.ArgumentTypeError(
        f"expected seconds, more than 0, at most {_LONGEST_SECONDS:.0f}, got {text!r}; hint: such as 5"
    )


def positive(text: str) -> int:
    """A whole number of at least 1, with or without separators of thousands."""
    try:
        value = int(text.replace(",", "").replace("_", ""))
    except ValueError:
        raise argparse.ArgumentTypeError(f"expected a whole number, got {text!r}; hint: such as 100,000") from None
    if value < 1:
        raise argparse.ArgumentTypeError("must be at least 1; hint: such as 100,000")
    return value


def port(text: str) -> int:
    """The number of a port; 0 is any that is free."""
    if text.isdecimal() and int(text) <= _HIGHEST_PORT:
        return int(text)
    raise argparse.ArgumentTypeError(
        f"expected a port of 0 to {_HIGHEST_PORT}, got {text!r}; hint: 0 takes any that is free"
    )


def comma_separated(text: str) -> list[str]:
    """Names with commas between them."""
    names = [name.strip() for name in text.split(",") if name.strip()]
    if not names:
        raise argparse.ArgumentTypeError("expected names with commas between them; hint: such as new-cart,banner")
    return names


def add_data_options(command: argparse.ArgumentParser) -> None:
    """Declares which column is which datum: an option for each field of ``Columns``."""
    data = command.add_argument_group("data", "which column is which datum of a visitor (docs/batch.md#data)")
    data.add_argument(
        "--custom",
        nargs="+",
        action="extend",
        type=_custom,
        default=[],
        metavar="DATUM=COL",
        help="custom data by index or name: 1=plan",
    )
    for field in fields(Columns):
        if field.name != "custom_data":
            data.add_argument(f"--{field.name.replace('_', '-')}", metavar="COL")


def columns(options: argparse.Namespace) -> Columns:
    """Which column is which datum, as the options say."""
    named = {field.name: getattr(options, field.name) for field in fields(Columns) if field.name != "custom_data"}
    return Columns(custom_data=dict(options.custom), **named)


def snapshot(path: str) -> Snapshot:
    """The data file of that path. Raises ``KameleoonError``, with the path, where it is none."""
    try:
        return Snapshot(path)
    except ConfigException as error:
        hint = "docs/evaluation.md#the-data-file shows the shape of a data file"
        raise KameleoonError(f"{path}: {error.args[0]}", hint=hint) from error


def known_flags(wanted: Iterable[str] | None, known: list[str]) -> list[str]:
    """The flags that are asked for, without repetitions; by default all. Raises ``KameleoonError`` for others."""
    if not known:
        hint = "docs/evaluation.md#the-data-file shows its shape"
        raise KameleoonError("the data file has no feature flags", hint=hint)
    found = list(dict.fromkeys(known if wanted is None else wanted))
    for key in found:
        if key not in known:
            raise KameleoonError(f"the data file has no feature flag {key!r}", hint=hint_of_names(key, known))
    return found


def _custom(text: str) -> tuple[int | str, str]:
    datum, is_there, column = text.partition("=")
    if not is_there or not datum or not column:
        raise argparse.ArgumentTypeError(f"expected a datum and its column, got {text!r}; hint: such as 1=plan")
    return (int(datum) if datum.isdecimal() else datum), column
