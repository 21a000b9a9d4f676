"""Names that are no part of the documented API, but that programs import: they work where they always were, with a
``DeprecationWarning``. Which these are: docs/migrating.md#names.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

__all__ = ["Find", "moved", "warn_of_module"]

Find = Callable[[str], Any]
"""What a module finds by a name; raises ``AttributeError`` for one that it does not know."""


def warn_of_module(name: str, instead: str) -> None:
    """Warns whoever imports the module ``name``, which calls this at its end. ``instead``: what to use."""
    _warn(f"{name} is no part of the documented API; {instead}", of=3)


def moved(module: str) -> Find:
    """The ``__getattr__`` of a module: finds what the pure-Python client has there too, with a warning that says where
    it belongs.
    """

    def find(name: str) -> Any:
        home = None if name.startswith("_") else _home(module, name)  # Python looks for `__path__` with each import
        if home is None:
            raise AttributeError(f"module {module!r} has no attribute {name!r}")
        from importlib import import_module  # here: only programs that use such a name need it

        home_module, _, home_name = home.rpartition(".")
        value = getattr(import_module(home_module), home_name)
        _warn(f"{module}.{name} is no part of the documented API; import {home_name} from {home_module}", of=2)
        return value

    return find


def _home(module: str, name: str) -> str | None:
    from kameleoon._moved_names import MOVED_NAMES  # here, as above

    return MOVED_NAMES.get(module, {}).get(name)


def _warn(message: str, of: int) -> None:
    """Warns of the line that called what is ``of`` frames above this one; what Python's imports put in between does not
    count.
    """
    import warnings  # here, so that importing the package does not

    warnings.warn(message, DeprecationWarning, stacklevel=of + 1)
