"""``Browser`` and ``BrowserType``."""

from enum import IntEnum

from kameleoon._deprecated import Find, moved
from kameleoon._native import Browser

__all__ = ["Browser", "BrowserType"]

__getattr__: Find = moved(__name__)


class BrowserType(IntEnum):
    """Browsers that targeting can tell apart (docs/targeting.md#conditions).

    >>> Browser(BrowserType.FIREFOX, 121).browser_type.name
    'FIREFOX'
    """

    CHROME = 0
    INTERNET_EXPLORER = 1
    FIREFOX = 2
    SAFARI = 3
    OPERA = 4
    OTHER = 5
