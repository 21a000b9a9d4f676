"""What is raised where a data file is written that there cannot be."""

from __future__ import annotations

from collections.abc import Iterable

from kameleoon._mistakes import did_you_mean

__all__ = ["DataFileMistake", "percent", "unknown"]

_MOST_SHOWN = 8


class DataFileMistake(ValueError):
    """A data file, or a condition of one, is written that cannot be: shares of more than 100 %, a variation that the
    flag does not have, a key that comes twice. It is raised by the call that writes it, names the culprit and the
    nearest name that there is, and hints at the remedy.

    >>> from kameleoon.testing import DataFile
    >>> try:
    ...     DataFile().flag("checkout").experiment(60, 50)
    ... except DataFileMistake as error:
    ...     print(str(error).partition(". hint: ")[0])
    the shares of an experiment of flag 'checkout' add up to 110 %
    """

    def __init__(self, message: str, hint: str | None = None) -> None:
        """``hint``: the remedy."""
        end = "" if message.endswith("?") else "."
        super().__init__(message if hint is None else f"{message}{end} hint: {hint}")


def unknown(what: str, name: object, known: Iterable[object], hint: str | None = None) -> DataFileMistake:
    """``what`` has no such name; with the nearest that it has, or some of them."""
    names = list(map(str, known))
    near = did_you_mean(name, names)
    if not near and names:
        shown = [repr(key) for key in names[:_MOST_SHOWN]] + (["…"] if len(names) > _MOST_SHOWN else [])
        near = f"; there is {', '.join(shown)}"
    return DataFileMistake(f"{what} {name!r}{near or '; there is none'}", hint)


def percent(value: object, what: str) -> float:
    """The share that a number of percent is. Raises ``DataFileMistake`` unless it is from 0 to 100."""
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise DataFileMistake(f"{what} is {value!r}", "a number of percent, such as 50")
    if not 0 <= value <= 100:
        raise DataFileMistake(f"{what} is {value} %", "a number of percent from 0 to 100")
    return value / 100
