"""Python's answers for the targets `pattern` and `numbers`: JSON on standard input, a request a line; an answer a line.

Run by `src/python.rs`. Needs nothing but a CPython 3.11 to 3.13, whose `re` the client follows.
"""

from __future__ import annotations

import json
import re
import signal
import sys
import time
import unicodedata
import warnings
from collections.abc import Callable
from typing import Any

LIMIT = 0.010
"""Seconds of the processor in which an answer of `re` counts. (Other processes do not count.)"""


class TooLong(Exception):
    """`re` was interrupted."""


def _interrupt(*_: object) -> None:
    raise TooLong


def known(text: str) -> bool:
    """Whether the client's version of Unicode, 14, and this Python's have all of the characters."""
    if unicodedata.unidata_version != "14.0.0" and any(character > "\uffff" for character in text):
        return False  # nearly everything that came later
    return all(unicodedata.category(character) != "Cn" for character in text)


def full_match(compiled: re.Pattern[str], text: str) -> bool | None:
    """`re`'s answer; `None` if it took longer than 10 ms, or failed on a defect of its own."""
    signal.setitimer(signal.ITIMER_REAL, 0.25)
    start = time.thread_time()
    try:
        answer = compiled.fullmatch(text) is not None
    except (TooLong, SystemError, MemoryError, RecursionError):
        return None
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
    return answer if time.thread_time() - start < LIMIT else None


def of_pattern(pattern: str, texts: list[str]) -> dict[str, Any]:
    """Whether the pattern is one, and whether it matches each text."""
    if not known(pattern):
        return {"valid": None, "matches": []}
    try:
        compiled = re.compile(pattern)
    except (re.error, OverflowError, RecursionError):
        return {"valid": False, "matches": []}
    finally:
        re.purge()
    return {"valid": True, "matches": [full_match(compiled, text) if known(text) else None for text in texts]}


def text_or_none(read: Callable[[], Any]) -> str | None:
    """What is read, as text; `None` where it cannot be."""
    try:
        return repr(read())
    except ValueError:
        return None


def version(text: str) -> list[int] | None:
    """A version's three parts."""
    try:
        parts = [int(part) for part in text.split(".")[:3]]
    except ValueError:
        return None
    return parts + [0] * (3 - len(parts))


def of_numbers(texts: list[str], hexadecimal: str) -> dict[str, Any]:
    """What texts are as numbers and versions, and how a float (as `float.fromhex` reads it) is written."""
    if not all(map(known, texts)):
        return {"skipped": True}
    versions = [version(text) for text in texts]
    first, second = versions
    return {
        "floats": [text_or_none(lambda text=text: float(text)) for text in texts],
        "integers": [text_or_none(lambda text=text: int(text)) for text in texts],
        "versions": [None if parts is None else [repr(part) for part in parts] for parts in versions],
        "majors": [
            None if parts is None else text_or_none(lambda parts=parts: float(f"{parts[0]}.{parts[1]}"))
            for parts in versions
        ],
        "order": None if first is None or second is None else (first > second) - (first < second),
        "written": repr(float.fromhex(hexadecimal)),
    }


def main() -> None:
    """Answers until there are no more requests."""
    if not (3, 11) <= sys.version_info < (3, 14):
        sys.exit(f"the answers are compared with CPython 3.11 to 3.13, and this is {sys.version}")
    warnings.simplefilter("ignore")
    signal.signal(signal.SIGALRM, _interrupt)
    for line in sys.stdin.buffer:
        request = json.loads(line)
        answer = of_pattern(**request) if "pattern" in request else of_numbers(**request)
        sys.stdout.write(json.dumps(answer) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
