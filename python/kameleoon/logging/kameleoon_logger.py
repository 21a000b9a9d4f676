"""``KameleoonLogger``: the log of this package (spec 5, Events and logging)."""

from __future__ import annotations

from kameleoon._native import set_log_level as _set_native_level
from kameleoon.logging.log_level import LogLevel
from kameleoon.logging.logger import Logger

__all__ = ["KameleoonLogger"]


class _StandardLogger:
    """The standard library's logger ``"Kameleoon SDK"``."""

    _levels = {LogLevel.ERROR: 40, LogLevel.WARNING: 30, LogLevel.INFO: 20, LogLevel.DEBUG: 10}

    def log(self, level: LogLevel, message: str) -> None:
        import logging  # here, so that importing the package does not

        logging.getLogger("Kameleoon SDK").log(self._levels[level], "%s", message)


class KameleoonLogger:
    """Where log lines go, and which. The level is ``WARNING`` at first."""

    _logger: Logger = _StandardLogger()
    _level = LogLevel.WARNING

    @classmethod
    def set_logger(cls, logger: Logger | None) -> None:
        """Sends all lines to ``logger`` from now on; ``None``: to the standard library's logger ``"Kameleoon SDK"``."""
        cls._logger = logger or _StandardLogger()

    @classmethod
    def set_log_level(cls, level: LogLevel) -> None:
        """Logs everything up to ``level`` from now on; below it a log call costs nothing."""
        cls._level = LogLevel(level)
        _set_native_level(int(level))

    @classmethod
    def log(cls, level: LogLevel, message: str, *arguments: object) -> None:
        """Logs ``message % arguments`` if ``level`` is wanted, as one line: what cannot be printed is escaped.

        An ``Exception`` of the logger changes nothing; ``KeyboardInterrupt``, ``SystemExit`` and the like are raised.
        """
        if level > cls._level or level == LogLevel.NONE:
            return
        try:
            text = message % arguments if arguments else message
            cls._logger.log(level, f"Kameleoon [{level.name}]: {_printable(text)}")
        except Exception as error:  # noqa: BLE001  # a user's logger must not break an evaluation
            import sys

            if sys.stderr is not None:  # there is none under pythonw, and at the very end of a process
                print(f"Kameleoon: the logger raised {_printable(_shown(error))}", file=sys.stderr)

    @classmethod
    def error(cls, message: str, *arguments: object) -> None:
        """Logs an error."""
        cls.log(LogLevel.ERROR, message, *arguments)

    @classmethod
    def warning(cls, message: str, *arguments: object) -> None:
        """Logs a warning."""
        cls.log(LogLevel.WARNING, message, *arguments)

    @classmethod
    def info(cls, message: str, *arguments: object) -> None:
        """Logs what may interest an operator."""
        cls.log(LogLevel.INFO, message, *arguments)

    @classmethod
    def debug(cls, message: str, *arguments: object) -> None:
        """Logs what may interest a developer."""
        cls.log(LogLevel.DEBUG, message, *arguments)


def _printable(text: str) -> str:
    """``text`` with escapes, as in ``repr``, for what cannot be printed: a visitor code with a line feed, or with a
    terminal's escape sequence, must not look like a line of the log's own.
    """
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode("ascii") for c in text)


def _shown(error: Exception) -> str:
    try:
        return repr(error)
    except Exception:  # noqa: BLE001  # it is a user's class
        return type(error).__name__


def emit(level: int, message: str) -> None:
    """Logs a line of the native half."""
    KameleoonLogger.log(LogLevel(level), message)
