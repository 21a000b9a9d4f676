"""What is said when a table cannot be read or written: a sentence and a hint instead of pyarrow's exceptions."""

from __future__ import annotations

import errno
from collections.abc import Iterator
from contextlib import contextmanager

from kameleoon._cli.arrow import pa
from kameleoon.exceptions import KameleoonError

__all__ = ["assigning", "reading", "writing"]

_WHOLE = "is it a whole file of the format that it is said to be? --input-format parquet or csv says it"
_HINTS = {
    errno.ENOENT: "is the path right?",
    errno.ENOSPC: "is there room on the disk?",
    errno.EACCES: "may this user read and write there?",
    errno.EISDIR: "it is a folder; name a file",
}


@contextmanager
def reading(name: str) -> Iterator[None]:
    """Raises ``KameleoonError`` for what goes wrong with the input of that name."""
    try:
        yield
    except BrokenPipeError:
        raise
    except OSError as error:
        raise _of_system(f"the input {name} cannot be read", error) from error
    except (pa.ArrowException, UnicodeDecodeError) as error:
        raise KameleoonError(f"the input {name} cannot be read: {_first_line(error)}", hint=_WHOLE) from error


@contextmanager
def writing(name: str) -> Iterator[None]:
    """Raises ``KameleoonError`` for what goes wrong with the output of that name."""
    try:
        yield
    except BrokenPipeError:
        raise
    except OSError as error:
        raise _of_system(f"the output {name} cannot be written", error) from error
    except pa.ArrowException as error:
        hint = "--output-format parquet takes every type of column"
        raise KameleoonError(f"the output {name} cannot be written: {_first_line(error)}", hint=hint) from error


@contextmanager
def assigning() -> Iterator[None]:
    """Raises ``KameleoonError`` for what ``Snapshot.assign`` says of columns."""
    try:
        yield
    except (TypeError, ValueError) as error:
        said = _first_line(error)
        hint = None if "hint: " in said else "docs/batch.md#data says what a column may hold"
        raise KameleoonError(said, hint=hint) from error


def _of_system(what: str, error: OSError) -> KameleoonError:
    hint = _WHOLE if error.errno is None else _HINTS.get(error.errno, "is the path right?")
    return KameleoonError(f"{what}: {error.strerror or _first_line(error)}", hint=hint)


def _first_line(error: Exception) -> str:
    return (str(error) or type(error).__name__).splitlines()[0]
