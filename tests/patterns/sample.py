"""Texts that a parsed pattern may match; what it cannot know (references, look-around) it guesses."""

from __future__ import annotations

import importlib
import random
import sys
from typing import Any

_PREFIX = "re._" if sys.version_info >= (3, 11) else "sre_"
parser: Any = importlib.import_module(_PREFIX + ("parser" if sys.version_info >= (3, 11) else "parse"))
constants: Any = importlib.import_module(_PREFIX + "constants")

_DIGITS, _SPACES, _WORDS = "0193\u0661", " \n\t\x1c", "abAB01_é日"
_OTHERS = " .-\u0301!\n"


def sample(rng: random.Random, parsed: Any) -> str:
    """A text that the pattern may match."""
    groups: dict[int, str] = {}
    return _sequence(rng, parsed, groups)


def _sequence(rng: random.Random, items: Any, groups: dict[int, str]) -> str:
    text = ""
    for operator, argument in items:
        text += _one(rng, operator, argument, groups)
        if len(text) > 200:
            break
    return text


def _one(rng: random.Random, operator: Any, argument: Any, groups: dict[int, str]) -> str:
    name = str(operator)
    if name == "LITERAL":
        return _case(rng, chr(argument))
    if name == "NOT_LITERAL":
        return rng.choice("abAB1 \n")
    if name == "ANY":
        return rng.choice("abA1é.")
    if name == "IN":
        return _member(rng, argument)
    if name == "BRANCH":
        return _sequence(rng, rng.choice(argument[1]), groups)
    if name == "SUBPATTERN":
        text = _sequence(rng, argument[-1], groups)
        if argument[0]:
            groups[argument[0]] = text
        return text
    if name in ("MAX_REPEAT", "MIN_REPEAT", "POSSESSIVE_REPEAT"):
        least, most, body = argument
        count = rng.randint(least, min(most, least + rng.choice([0, 1, 2, 3])))
        return "".join(_sequence(rng, body, groups) for _ in range(min(count, 60)))
    if name == "ATOMIC_GROUP":
        return _sequence(rng, argument, groups)
    if name == "GROUPREF":
        return _case(rng, groups.get(argument, ""))
    if name == "GROUPREF_EXISTS":
        group, yes, no = argument
        return _sequence(rng, yes if group in groups else (no or []), groups)
    return ""


def _case(rng: random.Random, text: str) -> str:
    return rng.choice([text, text, text.lower(), text.upper()[:1] or text]) if rng.random() < 0.3 else text


def _member(rng: random.Random, items: Any) -> str:
    if str(items[0][0]) == "NEGATE":
        return rng.choice(_WORDS + _OTHERS)
    operator, argument = rng.choice(items)
    name = str(operator)
    if name == "LITERAL":
        return _case(rng, chr(argument))
    if name == "RANGE":
        return _case(rng, chr(rng.randint(*argument)))
    choices = {"DIGIT": _DIGITS, "SPACE": _SPACES, "WORD": _WORDS}
    kind = str(argument).removeprefix("CATEGORY_")
    return rng.choice(choices.get(kind, _WORDS + _OTHERS))
