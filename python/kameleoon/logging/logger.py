"""``Logger``: where log lines go; ``DefaultLogger``: to a logger of the standard library."""

from __future__ import annotations

from typing import Any, Protocol, runtime_checkable

from kameleoon.logging.log_level import STANDARD_LEVELS, LogLevel

__all__ = ["DefaultLogger", "Logger"]


@runtime_checkable
class Logger(Protocol):
    """Whatever takes log lines; see ``KameleoonLogger.set_logger``.

    >>> class Lines:
    ...     def log(self, level, message):
    ...         print(level.name, message)
    >>> isinstance(Lines(), Logger)
    True
    """

    def log(self, level: LogLevel, message: str) -> None:
        """Takes a line, already formatted: ``Kameleoon [WARNING]: …``. Any thread may call it."""


class _StandardLogger(Protocol):
    """A ``logging.Logger`` or ``logging.LoggerAdapter``: importing this package does not import ``logging``."""

    def log(self, level: int, msg: object, *args: object) -> Any: ...


class DefaultLogger(Logger):
    """Writes lines to a logger of the standard library.

    ``KameleoonLogger.set_logger`` takes such a logger as it is, and then the logger's own level decides what is shown.

    >>> import logging
    >>> DefaultLogger(logging.getLogger("Kameleoon SDK")).log(LogLevel.DEBUG, "a line")
    """

    def __init__(self, inner_logger: _StandardLogger) -> None:
        self._inner_logger = inner_logger

    def log(self, level: LogLevel, message: str) -> None:
        """Writes the line with the standard level of the same name; ``LogLevel.NONE`` writes nothing."""
        standard = STANDARD_LEVELS.get(level)
        if standard is not None:
            self._inner_logger.log(standard, "%s", message)
