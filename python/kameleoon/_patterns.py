"""Python's own ``re``, for patterns that the native engines do not know (spec 1 §5), bounded."""

from __future__ import annotations

import importlib
import re
import sys
import warnings
from collections.abc import Callable, Iterable
from typing import Any

# The parser of `re`, under its name of this version of Python.
_PREFIX = "re._" if sys.version_info >= (3, 11) else "sre_"
sre_parser: Any = importlib.import_module(_PREFIX + ("parser" if sys.version_info >= (3, 11) else "parse"))
sre_constants: Any = importlib.import_module(_PREFIX + "constants")

MAX_STEPS = 10_000_000
"""Steps that a match may take by the estimate below; beyond, the answer is "no match"."""


def compile_pattern(pattern: str) -> Callable[[str], bool]:
    """A function that tells whether all of a text matches ``pattern``, as ``re.fullmatch`` does.

    Raises ``ValueError`` for an invalid pattern, and for one that repeats a repetition without bound: it could take
    for ever, and ``re`` cannot be interrupted.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            fullmatch = re.compile(pattern).fullmatch
            loops = _unbounded_loops(sre_parser.parse(pattern))
        except (re.error, OverflowError, RecursionError) as error:
            raise ValueError(f"invalid: {error}") from error

    def is_full_match(text: str) -> bool:
        # Each unbounded loop may have to try every length: the text's length to the power of their number.
        if (len(text) + 1) ** (loops + 1) > MAX_STEPS:
            return False
        return fullmatch(text) is not None

    return is_full_match


def _unbounded_loops(items: Iterable[tuple[Any, Any]], inside: bool = False) -> int:
    """How many unbounded loops the parsed pattern has. Raises ``ValueError`` where one stands in another."""
    loops = 0
    for operator, argument in items:
        if operator in (sre_constants.MAX_REPEAT, sre_constants.MIN_REPEAT):
            _, most, body = argument
            unbounded = most is sre_constants.MAXREPEAT or most > 100
            if unbounded and inside:
                raise ValueError("refused: an unbounded repetition within another could take for ever")
            loops += unbounded + _unbounded_loops(body, inside or unbounded)
        else:
            loops += sum(_unbounded_loops(branch, inside) for branch in _branches(argument))
    return loops


def _branches(argument: Any) -> Iterable[Any]:
    """The parsed patterns within an operator's argument, however it holds them."""
    if isinstance(argument, sre_parser.SubPattern):
        yield argument
    elif isinstance(argument, (tuple, list)):
        for part in argument:
            yield from _branches(part)
