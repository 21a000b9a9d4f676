"""The public names of a client, by introspection: modules, what is in them, members of classes, parameters.

Run by any interpreter that has a package ``kameleoon``: it imports nothing else, and prints JSON:
``{name: {"home": where it is defined, or null, "parameters": [those that a caller may name]}}``.
"""

from __future__ import annotations

import enum
import importlib
import inspect
import json
import pkgutil
import sys
from collections.abc import Iterator
from typing import Any

PACKAGE = "kameleoon"
Found = Iterator[tuple[str, dict[str, Any]]]


def parameters(value: Any) -> list[str] | None:
    """The names of a callable's parameters; ``None`` where they are unknown, or whatever is given is taken."""
    if isinstance(value, type) and issubclass(value, enum.Enum):
        return None  # nobody makes a member
    try:
        signature = inspect.signature(value)
    except (TypeError, ValueError):
        return None
    named = [one for one in signature.parameters.values() if one.kind is not one.VAR_POSITIONAL]
    if any(one.kind is one.VAR_KEYWORD for one in named):
        return None
    return [one.name for one in named if one.name not in ("self", "cls")]


def home(value: Any) -> str | None:
    """Where a class or a function is defined; of anything else nobody knows."""
    if not (inspect.isclass(value) or inspect.isroutine(value)):
        return None
    return f"{value.__module__}.{value.__qualname__}"


def is_public(name: str) -> bool:
    return not name.startswith("_") or name == "__version__"


def is_own(value: Any) -> bool:
    return str(getattr(value, "__module__", PACKAGE)).partition(".")[0] == PACKAGE


def of_value(name: str, value: Any) -> Found:
    """A name, and the members of a class where it is at home."""
    place = home(value)
    yield name, {"home": place, "parameters": parameters(value) if callable(value) else None}
    if inspect.isclass(value) and place == name:
        yield from of_class(name, value)


def of_class(name: str, kind: type) -> Found:
    """The public members of a class, with those that it inherits from the package's other classes."""
    for base in kind.__mro__:
        if base.__module__.partition(".")[0] != PACKAGE:
            continue
        for member in vars(base):
            if is_public(member):
                value = getattr(kind, member, None)
                where = f"{base.__module__}.{base.__qualname__}.{member}"
                yield f"{name}.{member}", {"home": where, "parameters": parameters(value) if callable(value) else None}
                if inspect.isclass(value) and base is kind and home(value) == where:
                    yield from of_class(where, value)


def of_module(name: str, module: Any) -> Found:
    yield name, {"home": None, "parameters": None}
    for member, value in list(vars(module).items()):  # looking at some may import others
        if is_public(member) and not inspect.ismodule(value) and is_own(value):
            yield from of_value(f"{name}.{member}", value)


def names() -> dict[str, dict[str, Any]]:
    found: dict[str, dict[str, Any]] = {}
    package = importlib.import_module(PACKAGE)
    for name in [PACKAGE, *(info.name for info in pkgutil.walk_packages(package.__path__, f"{PACKAGE}."))]:
        if any(part.startswith("_") for part in name.split(".")):
            continue
        try:
            module = importlib.import_module(name)
        except Exception as error:  # noqa: BLE001  # what cannot be imported has no names
            print(f"{name}: {error!r}", file=sys.stderr)
            continue
        for member, value in of_module(name, module):
            found.setdefault(member, value)  # of a base's and a class's own, the class's
    return found


if __name__ == "__main__":
    print(json.dumps(names(), sort_keys=True))
