"""The level of the vendor's API that this client has.

A package, not a module: where the pure-Python client was installed over this one, its ``sdk_version.py`` stands beside
it, which Python does not look at then. So this code runs, which says that both are installed.
"""

from __future__ import annotations

from typing import ClassVar, Optional

from kameleoon import _installation
from kameleoon._version import API_LEVEL, __version__
from kameleoon.logging.kameleoon_logger import KameleoonLogger

__all__ = ["SdkVersion", "__version__", "version_info"]

version_info: tuple[int, ...] = tuple(map(int, API_LEVEL.split(".")))
"""The level: three numbers."""


class SdkVersion:
    """How the client reports itself to the service (docs/network.md).

    >>> SdkVersion.NAME, SdkVersion.VERSION
    ('PYTHON', '3.22.2')
    """

    NAME: ClassVar[str] = "PYTHON"
    VERSION: ClassVar[str] = API_LEVEL

    @staticmethod
    def get_version_components(version_string: str) -> Optional[tuple[int, int, int]]:
        """The first three numbers of a version; those that it lacks are 0. ``None``, with an error in the log, where
        one of them is no number.

        >>> SdkVersion.get_version_components("3.4")
        (3, 4, 0)
        """
        numbers = [0, 0, 0]
        for place, part in enumerate(version_string.split(".")[:3]):
            try:
                numbers[place] = int(part)
            except ValueError:
                KameleoonLogger.error("%r is no version: %r is no number", version_string, part)
                return None
        return numbers[0], numbers[1], numbers[2]

    @staticmethod
    def get_float_version(version_string: str) -> Optional[float]:
        """The first two numbers of a version, as one; ``None``, with an error in the log, where one is no number."""
        numbers = SdkVersion.get_version_components(version_string)
        return None if numbers is None else float(f"{numbers[0]}.{numbers[1]}")


_installation.warn_of_another_client()
