"""``KameleoonLogger``: the log of this package."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any, Union

from kameleoon._deprecated import Find, moved
from kameleoon._native import set_log_level as _set_native_level
from kameleoon.logging.log_level import STANDARD_LEVELS, LogLevel
from kameleoon.logging.logger import Logger

if TYPE_CHECKING:
    import logging  # when the program runs, imported once there is a line for it: importing the package does not

    from typing_extensions import TypeIs

    AnyLogger = Union[Logger, logging.Logger, "logging.LoggerAdapter[Any]"]
else:
    AnyLogger = Any  # for those who evaluate hints

__all__ = ["KameleoonLogger"]

__getattr__: Find = moved(__name__)

_NAME = "Kameleoon SDK"
_ABOVE_ALL_LEVELS = 100


class _Protocol:
    """A logger of the vendor's protocol. It has no level; ``KameleoonLogger.set_log_level`` decides what it gets."""

    def __init__(self, logger: Logger, level: LogLevel) -> None:
        self._logger = logger
        self._level = level

    def set_level(self, level: LogLevel) -> None:
        self._level = level

    def level(self) -> LogLevel:
        return self._level

    def write(self, level: LogLevel, text: str, message: str, arguments: tuple[object, ...]) -> None:  # noqa: ARG002  # other loggers use them
        self._logger.log(level, text)


class _Standard:
    """A logger of the standard library, which decides itself what it wants."""

    def __init__(self, logger: logging.Logger | logging.LoggerAdapter[Any] | None = None) -> None:
        self._logger = logger

    def set_level(self, level: LogLevel) -> None:
        self._get().setLevel(STANDARD_LEVELS.get(level, _ABOVE_ALL_LEVELS))

    def level(self) -> LogLevel:
        if self._logger is None and "logging" not in sys.modules:
            return LogLevel.WARNING  # the standard library's default; nobody can have changed it
        logger = self._get()
        return next((level for level in reversed(LogLevel) if level and self._wants(logger, level)), LogLevel.NONE)

    def write(self, level: LogLevel, text: str, message: str, arguments: tuple[object, ...]) -> None:
        fields = {"kameleoon_message": message, "kameleoon_arguments": [_plain(argument) for argument in arguments]}
        self._get().log(STANDARD_LEVELS[level], "%s", text, extra=fields)

    @staticmethod
    def _wants(logger: logging.Logger | logging.LoggerAdapter[Any], level: LogLevel) -> bool:
        return logger.isEnabledFor(STANDARD_LEVELS[level])

    def _get(self) -> logging.Logger | logging.LoggerAdapter[Any]:
        import logging  # here, as above

        if self._logger is None:
            self._logger = logging.getLogger(_NAME)
            if not self._logger.handlers:
                self._logger.addHandler(logging.NullHandler())
        _watch(self._logger if isinstance(self._logger, logging.Logger) else self._logger.logger)
        return self._logger


def _watch(logger: logging.Logger) -> None:
    """Notices when the level of a logger is set: once for each, however often it is given."""
    if "setLevel" in vars(logger):
        return
    set_level = logger.setLevel

    def watched(level: int | str) -> None:
        set_level(level)
        KameleoonLogger.refresh()

    logger.setLevel = watched  # type: ignore[method-assign]


class KameleoonLogger:
    """Where log lines go, and which.

    They go to the standard library's logger ``"Kameleoon SDK"``, and its level decides: as long as logging is not set
    up, nothing is shown.

    >>> import logging
    >>> logging.getLogger("Kameleoon SDK").setLevel(logging.DEBUG)

    Another logger is set by ``set_logger``: one of the standard library, or one with the vendor's protocol, which gets
    warnings and errors unless ``set_log_level`` says otherwise. Below the level a log call costs nothing.
    """

    _destination: _Protocol | _Standard = _Standard()
    _level = LogLevel.WARNING  # what a logger without a level of its own gets

    @classmethod
    def set_logger(cls, logger: AnyLogger | None) -> None:
        """Sends all lines to ``logger`` from now on; ``None``: to the standard library's logger ``"Kameleoon SDK"``.
        What is no logger is ignored, with an error in the log.
        """
        if logger is None:
            cls._destination = _Standard()
        elif _is_standard(logger):
            cls._destination = _Standard(logger)
        elif callable(getattr(logger, "log", None)):
            cls._destination = _Protocol(logger, cls._level)
        else:
            cls.error("set_logger: a %s is no logger: it has no method log(level, message)", type(logger).__name__)
        cls.refresh()

    @classmethod
    def set_log_level(cls, level: LogLevel) -> None:
        """Logs everything up to ``level`` from now on; sets the level of a standard logger. Raises ``ValueError`` for
        what is no ``LogLevel``.
        """
        try:
            cls._level = LogLevel(level)
        except ValueError:
            names = ", ".join(f"LogLevel.{each.name}" for each in LogLevel)
            raise ValueError(f"level: expected one of {names}, got {level!r}") from None
        cls._destination.set_level(cls._level)
        cls.refresh()

    @classmethod
    def refresh(cls) -> None:
        """Looks again at what is wanted. Setting the logger's own level is noticed at once; what else changes it (its
        parents, ``logging.disable``) within a second, since each client calls this every second.
        """
        _set_native_level(int(cls._destination.level()))

    @classmethod
    def log(cls, level: LogLevel, message: str, *arguments: object) -> None:
        """Logs ``message % arguments`` if ``level`` is wanted, as one line: what cannot be printed is escaped.

        An ``Exception`` of the logger changes nothing; ``KeyboardInterrupt``, ``SystemExit`` and the like are raised.
        """
        try:
            if level == LogLevel.NONE or level > cls._destination.level():
                return
            text = message % arguments if arguments else message
            cls._destination.write(level, f"Kameleoon [{level.name}]: {_printable(text)}", message, arguments)
        except Exception as error:  # noqa: BLE001  # a user's logger must not break an evaluation
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


def _is_standard(logger: AnyLogger) -> TypeIs[logging.Logger | logging.LoggerAdapter[Any]]:
    module = sys.modules.get("logging")  # whoever has made a standard logger has imported it
    return module is not None and isinstance(logger, (module.Logger, module.LoggerAdapter))


def _printable(text: str) -> str:
    """``text`` with escapes, as in ``repr``, for what cannot be printed: a visitor code with a line feed, or with a
    terminal's escape sequence, must not look like a line of the log's own.
    """
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode("ascii") for c in text)


def _plain(argument: object) -> object:
    """An argument as a field of a log record: what is no number is text."""
    return argument if argument is None or isinstance(argument, (bool, int, float)) else str(argument)


def _shown(error: Exception) -> str:
    try:
        return repr(error)
    except Exception:  # noqa: BLE001  # it is a user's class
        return type(error).__name__


def emit(level: int, message: str) -> None:
    """Logs a line of the native half."""
    KameleoonLogger.log(LogLevel(level), message)
