"""A visitor on the command line: a code, and data as JSON."""

from __future__ import annotations

import argparse
import json
from typing import Any

from kameleoon import data as kinds
from kameleoon._mistakes import did_you_mean
from kameleoon.exceptions import KameleoonError

__all__ = ["add_visitor_options", "visitor_data"]


def add_visitor_options(command: argparse.ArgumentParser) -> None:
    """Declares whose variations are wanted."""
    command.add_argument("--visitor", required=True, metavar="CODE", help="the visitor code")
    command.add_argument(
        "--data",
        metavar="JSON",
        help='data of the visitor: a list such as \'[["CustomData", 1, "premium"], ["Device", "PHONE"]]\'',
    )


def visitor_data(text: str | None) -> list[kinds.Data]:
    """The data in JSON: a list of lists, each a kind's name with its arguments. Raises ``KameleoonError``."""
    try:
        described = json.loads(text or "[]")
        if not isinstance(described, list):
            raise TypeError(f"expected a list, got {type(described).__name__}")
        return [_datum(*item) for item in described]
    except (TypeError, ValueError, OverflowError) as error:
        hint = 'a list of lists, each a kind with its arguments, such as \'[["CustomData", 1, "premium"]]\''
        raise KameleoonError(f"--data cannot be read: {error}", hint=hint) from error


def _datum(kind: str, *arguments: Any) -> kinds.Data:
    enums = {"Browser": kinds.BrowserType, "OperatingSystem": kinds.OperatingSystemType, "Device": kinds.DeviceType}
    made = getattr(kinds, kind, None)
    if not (isinstance(made, type) and issubclass(made, kinds.Data)):
        near = did_you_mean(kind, (name for name, each in vars(kinds).items() if isinstance(each, type)))
        raise ValueError(f"there is no kind of data {kind!r}{near}")
    enum = enums.get(kind)
    if enum is not None and arguments and isinstance(arguments[0], str):
        if arguments[0] not in enum.__members__:
            raise ValueError(f"{kind}: expected one of {', '.join(enum.__members__)}, not {arguments[0]!r}")
        arguments = (enum[arguments[0]], *arguments[1:])
    datum: kinds.Data = made(*arguments)
    return datum
