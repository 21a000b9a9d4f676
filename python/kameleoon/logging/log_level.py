"""``LogLevel``."""

from enum import IntEnum

__all__ = ["LogLevel"]


class LogLevel(IntEnum):
    """How much is logged: everything up to the level (docs/events-and-logging.md#logging).

    >>> LogLevel.WARNING < LogLevel.DEBUG
    True
    """

    NONE = 0
    ERROR = 1
    WARNING = 2
    INFO = 3
    DEBUG = 4


STANDARD_LEVELS = {LogLevel.ERROR: 40, LogLevel.WARNING: 30, LogLevel.INFO: 20, LogLevel.DEBUG: 10}
"""The levels of the standard library with the same names. ``NONE`` has none."""
