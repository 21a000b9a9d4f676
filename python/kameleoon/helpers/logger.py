"""``Logger``: the standard logger of this package."""

from __future__ import annotations

import logging
from typing import ClassVar, Optional

from kameleoon._deprecated import warn_of_module

__all__ = ["Logger"]


class Logger:
    """Gives the standard library's logger ``"Kameleoon SDK"``, to which all lines go unless another logger is set."""

    instance: ClassVar[Optional[Logger]] = None
    """Made when the logger is first asked for."""

    @staticmethod
    def shared() -> logging.Logger:
        """The logger. It has no handler of its own: what is shown is up to the program."""
        if Logger.instance is None:
            Logger.instance = Logger()
        return logging.getLogger("Kameleoon SDK")


warn_of_module(__name__, 'use logging.getLogger("Kameleoon SDK")')
