"""Everything of the package that has a docstring, by its name."""

from __future__ import annotations

import contextlib
import importlib
import inspect
import pkgutil
import warnings
from collections.abc import Iterator
from types import ModuleType
from typing import Any

import kameleoon
from kameleoon.exceptions import KameleoonError

_NOT_IMPORTED = {"kameleoon.__main__", "kameleoon.testing.pytest_plugin"}
"""A program, and a module that only pytest may import."""


def modules() -> list[ModuleType]:
    """All modules of the package, private ones too; those that need an extra that is not installed are left out."""
    found = [kameleoon]
    for info in pkgutil.walk_packages(kameleoon.__path__, "kameleoon."):
        if info.name not in _NOT_IMPORTED:
            with contextlib.suppress(ModuleNotFoundError, KameleoonError), warnings.catch_warnings():
                warnings.simplefilter("ignore", DeprecationWarning)  # of names that are no part of the documented API
                found.append(importlib.import_module(info.name))
    return found


def is_public(name: str) -> bool:
    """Whether no part of a dotted name is private."""
    return not any(part.startswith("_") for part in name.split("."))


def documented(module: ModuleType) -> Iterator[tuple[str, Any]]:
    """The module, what it exports or defines, and the members of its classes, each with its name. What a public module
    exports of the native half belongs to it.
    """
    yield module.__name__, module
    own = {name for name, value in vars(module).items() if getattr(value, "__module__", None) == module.__name__}
    for name in sorted({*getattr(module, "__all__", ()), *own}):
        value = getattr(module, name)
        if not (inspect.isclass(value) or inspect.isroutine(value)):
            continue
        yield f"{module.__name__}.{name}", value
        if inspect.isclass(value):
            yield from members(f"{module.__name__}.{name}", value)


def members(prefix: str, kind: type) -> Iterator[tuple[str, Any]]:
    """The methods and properties of a class, with those that it inherits from the package's other classes."""
    for owner in kind.__mro__:
        if owner.__module__.partition(".")[0] != "kameleoon":
            continue
        for name, value in vars(owner).items():
            member = value.__func__ if isinstance(value, (classmethod, staticmethod)) else value
            if inspect.isroutine(member) or inspect.isdatadescriptor(member):
                yield f"{prefix}.{name}", member
