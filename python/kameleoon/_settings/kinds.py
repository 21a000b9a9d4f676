"""What a setting may hold: the kinds of values, each with its check.

A check takes what the program, a file or the environment gives, and gives what the client uses. A program must not fail
because of a setting that can be done without: what cannot be used is logged, with the name of the parameter and the
value, and replaced. Only an ``endpoint`` and credentials raise, since a client with a wrong one would talk to nobody.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from math import ceil, inf, isnan
from typing import Any

from kameleoon.exceptions import ConfigCredentialsInvalid
from kameleoon.logging.kameleoon_logger import KameleoonLogger

_SECONDS: dict[str, Callable[[float], float]] = {
    "minutes": lambda minutes: minutes * 60,
    "milliseconds": lambda milliseconds: milliseconds / 1000,
}
_TRUTHS = {"true": True, "1": True, "false": False, "0": False}


class Kind:
    """A kind of values. This one takes any value as it is, from the program alone."""

    file_types: tuple[type, ...] = ()
    """The types that a file may give it; none: it can be given by the program alone."""

    def checked(self, parameter: str, value: Any, default: Any) -> Any:  # noqa: ARG002  # other kinds use them
        """What is used where ``value`` is given, in the parameter's unit; ``default`` for what cannot be used."""
        return value

    def stored(self, value: Any) -> Any:
        """A checked value as the client uses it, such as seconds instead of minutes."""
        return value

    def from_text(self, text: str) -> Any:
        """The value that an environment variable gives. Raises ``ValueError`` if it gives none."""
        return text

    def describe(self) -> str:
        """What it may be, for the documentation."""
        return "any object"


@dataclass(frozen=True)
class Number(Kind):
    """A number with a unit and bounds. No number, or one not above ``more_than``: the default. Outside of ``least`` and
    ``most``: the nearest bound.
    """

    unit: str
    most: float
    least: float = -inf
    more_than: float = -inf
    is_whole: bool = False
    """Whether a fraction is rounded up."""
    file_types = (int, float)

    def checked(self, parameter: str, value: Any, default: Any) -> Any:
        """The number within its bounds."""
        if not _is_number(value) or value <= self.more_than:
            expected = "a positive number" if self.more_than == 0 else "a number"
            KameleoonLogger.warning("config: %s must be %s, not %r; %r is used", parameter, expected, value, default)
            return default
        bounded = min(max(value, self.least), self.most)
        if bounded != value:
            KameleoonLogger.warning("config: %s %r is moved to %r", parameter, value, bounded)
        return bounded

    def stored(self, value: Any) -> Any:
        """Minutes and milliseconds as seconds."""
        seconds = _SECONDS[self.unit](value) if self.unit in _SECONDS else value
        return ceil(seconds) if self.is_whole else seconds

    def from_text(self, text: str) -> Any:
        """The number that the text writes."""
        return float(text)

    def describe(self) -> str:
        """The unit and the bounds."""
        if self.more_than > -inf:
            return f"{self.unit}, more than {self.more_than:,.0f}, at most {self.most:,.0f}"
        return f"{self.unit}, {self.least:,.0f} to {self.most:,.0f}"


class Switch(Kind):
    """True or false, by the truth of what is given."""

    file_types = (bool,)

    def stored(self, value: Any) -> Any:
        """``True`` or ``False``."""
        return bool(value)

    def from_text(self, text: str) -> Any:
        """``true`` or ``1``, ``false`` or ``0``."""
        try:
            return _TRUTHS[text.lower()]
        except KeyError:
            raise ValueError(text) from None

    def describe(self) -> str:
        """The two values."""
        return "`true` or `false`"


class DeprecatedSwitch(Switch):
    """A switch that changes nothing any more; giving it is logged."""

    def checked(self, parameter: str, value: Any, default: Any) -> Any:  # noqa: ARG002  # the parent's signature
        """The value itself."""
        if value is not None:
            KameleoonLogger.warning("config: %r is deprecated; it changes nothing", parameter)
        return value

    def stored(self, value: Any) -> Any:
        """The value itself, ``False`` where there is none."""
        return False if value is None else value


class DeprecatedLogger(Kind):
    """A logger given to the configuration; giving one is logged."""

    def checked(self, parameter: str, value: Any, default: Any) -> Any:  # noqa: ARG002  # the parent's signature
        """The logger itself."""
        if value is not None:
            KameleoonLogger.warning("config: %r is deprecated; use KameleoonLogger.set_logger", parameter)
        return value

    def describe(self) -> str:
        """What a logger is."""
        return "a logger"


class Credential(Kind):
    """A part of the credentials. A number counts as text: a file's ``client_id: 123`` is one. Raises
    ``ConfigCredentialsInvalid`` where it is empty or neither text nor a number.
    """

    file_types = (str, int, float)

    def checked(self, parameter: str, value: Any, default: Any) -> Any:  # noqa: ARG002  # the parent's signature
        """The text."""
        text = str(value) if _is_number(value) and value else value
        if not text:
            raise ConfigCredentialsInvalid(f"{parameter} is empty")
        if not isinstance(text, str):
            raise ConfigCredentialsInvalid(f"{parameter} must be text, not {type(value).__name__}")
        return text

    def describe(self) -> str:
        """What it may be."""
        return "text"


class Text(Kind):
    """Text, or ``None``; empty text is none. A number that the program gives counts as text."""

    file_types = (str,)

    def checked(self, parameter: str, value: Any, default: Any) -> Any:
        """The text, or ``None``."""
        if value is None or isinstance(value, str):
            return value or None
        if _is_number(value):
            return str(value)
        KameleoonLogger.warning("config: %s must be text, not %r; %r is used", parameter, value, default)
        return default

    def describe(self) -> str:
        """What it may be."""
        return "text"


class DataFile(Kind):
    """A data file that comes with the program. It is read when a client is made, not before."""

    file_types = (str,)

    def describe(self) -> str:
        """What it may be."""
        return "a path; in a program also bytes or a mapping"


class OwnDataSource(Kind):
    """Where data files come from instead of the service."""

    file_types = (str,)

    def checked(self, parameter: str, value: Any, default: Any) -> Any:
        """A path or a function, as they are."""
        if value is None or isinstance(value, (str, os.PathLike)) or callable(value):
            return value or None
        KameleoonLogger.warning("config: %s must be a path or a function, not %r; it is ignored", parameter, value)
        return default

    def describe(self) -> str:
        """What it may be."""
        return "a path; in a program also a function without arguments"


class CachePath(Kind):
    """A path of the system where something is kept from one process to the next; empty text is none."""

    file_types = (str,)

    def checked(self, parameter: str, value: Any, default: Any) -> Any:
        """The path as text."""
        if value is None or isinstance(value, (str, os.PathLike)):
            path = None if value is None else os.fspath(value)
            if path is None or isinstance(path, str):
                return path or None
        KameleoonLogger.warning("config: %s must be a path, not %r; it is ignored", parameter, value)
        return default

    def describe(self) -> str:
        """What it may be."""
        return "a path"


class OwnDataFileStore(Kind):
    """Where processes share a data file: Redis by its address, or a store of the program's own."""

    file_types = (str,)

    def checked(self, parameter: str, value: Any, default: Any) -> Any:
        """The store. Raises ``ConfigException`` where the address is none that Redis has."""
        if value is None or value == "":
            return None
        if isinstance(value, str):
            from kameleoon.stores.redis_store import RedisStore  # only for those who use it

            return RedisStore(value)
        if all(callable(getattr(value, name, None)) for name in ("should_fetch", "get", "received", "close")):
            return value
        KameleoonLogger.warning(
            "config: %s must have the methods of kameleoon.stores.DataFileStore, which %r has not; it is ignored",
            parameter,
            value,
        )
        return default

    def describe(self) -> str:
        """What it may be."""
        return "a Redis address; in a program also a `DataFileStore`"


def _is_number(value: object) -> bool:
    if isinstance(value, float):
        return not isnan(value)
    return isinstance(value, int) and not isinstance(value, bool)
