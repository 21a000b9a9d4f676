"""The public names of a client, by introspection: modules, what they define, methods and their parameters.

Run by any interpreter that has a package ``kameleoon``: it imports nothing else, and prints JSON.
"""

from __future__ import annotations

import importlib
import inspect
import json
import pkgutil
import sys
from typing import Any


def parameters(value: Any) -> list[str]:
    """The names of a callable's parameters that a caller may use."""
    try:
        signature = inspect.signature(value)
    except (TypeError, ValueError):
        return []
    return [one.name for one in signature.parameters.values() if one.name not in ("self", "cls", "args", "kwargs")]


def members(kind: type) -> dict[str, Any]:
    """The public members of a class, inherited ones of the package included."""
    found: dict[str, Any] = {"__init__": parameters(kind)}
    for base in reversed(kind.__mro__):
        if not base.__module__.startswith("kameleoon"):
            continue
        for name, value in vars(base).items():
            if not name.startswith("_"):
                found[name] = parameters(getattr(kind, name, value)) if callable(getattr(kind, name, value)) else None
    return found


def names() -> dict[str, Any]:
    """``{module: {name: parameters | members | None}}``."""
    package = importlib.import_module("kameleoon")
    found: dict[str, Any] = {}
    for module_name in ["kameleoon", *(info.name for info in pkgutil.walk_packages(package.__path__, "kameleoon."))]:
        if any(part.startswith("_") for part in module_name.split(".")):
            continue
        try:
            module = importlib.import_module(module_name)
        except Exception as error:  # noqa: BLE001  # what cannot be imported has no names
            print(f"{module_name}: {error!r}", file=sys.stderr)
            continue
        found[module_name] = {}
        for name, value in vars(module).items():
            if name.startswith("_") or inspect.ismodule(value):
                continue
            if inspect.isclass(value) and str(value.__module__).startswith("kameleoon"):
                found[module_name][name] = members(value)
            elif str(getattr(value, "__module__", "kameleoon")).startswith("kameleoon"):
                found[module_name][name] = parameters(value) if callable(value) else None
    return found


if __name__ == "__main__":
    print(json.dumps(names(), indent=1, sort_keys=True))
