"""``Logger``: where log lines go."""

from typing import Protocol, runtime_checkable

from kameleoon.logging.log_level import LogLevel

__all__ = ["Logger"]


@runtime_checkable
class Logger(Protocol):
    """Whatever takes log lines; see ``KameleoonLogger.set_logger``."""

    def log(self, level: LogLevel, message: str) -> None:
        """Takes a line, already formatted: ``Kameleoon [WARNING]: …``. Any thread may call it."""
