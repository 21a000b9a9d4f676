"""What the engine leaves out of a data file, with its reasons; patterns that it refuses, and whether Python would."""

from __future__ import annotations

import re
import warnings
from collections.abc import Iterator

from kameleoon._inspection.mistake import Mistake
from kameleoon._native import BatchSnapshot

__all__ = ["left_out"]

_OMISSION = re.compile(r"data file: (?P<where>.*?) left out: (?P<why>.*)", re.DOTALL)
_PATTERN = re.compile(r"it is false: pattern (?P<pattern>\"(?:[^\"\\]|\\.)*\"): ", re.DOTALL)
_ESCAPES = {"\\n": "\n", "\\r": "\r", "\\t": "\t", "\\0": "\0", "\\'": "'"}


def left_out(text: bytes) -> Iterator[Mistake]:
    """A mistake for each thing. Raises ``ValueError`` for what is no data file."""
    for omission in BatchSnapshot.compile(text)[1]:
        found = _OMISSION.fullmatch(omission)
        where, why = (found["where"], found["why"]) if found else ("data file", omission)
        pattern = _PATTERN.match(why)
        if pattern is None:
            yield Mistake("left out", where, f"left out: {why}")
        elif _python_takes(_unquoted(pattern["pattern"])):
            yield Mistake(
                "pattern", where, f"{why}; Python's re takes it, this client does not (docs/targeting.md#text)"
            )
        else:
            yield Mistake("pattern", where, f"{why}; Python's re refuses it as well")


def _python_takes(pattern: str) -> bool:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            re.compile(pattern)
    except (re.error, OverflowError, RecursionError, ValueError):
        return False
    return True


def _unquoted(shown: str) -> str:
    """The text that the engine's message shows in quotes."""

    def character(escape: re.Match[str]) -> str:
        if escape["code"] is not None:
            return chr(int(escape["code"], 16))
        return _ESCAPES.get(escape[0], escape[0][1])

    return re.sub(r"\\(?:u\{(?P<code>[0-9a-f]+)\}|.)", character, shown[1:-1], flags=re.DOTALL)
