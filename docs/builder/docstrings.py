"""Docstrings as Markdown, for the reference.

Members of the native half have their docstrings in Rust; the stub has their types. The docstring is taken from the
compiled module, so the site is built after it.
"""

from __future__ import annotations

import importlib
import inspect
from typing import Any

import griffe
from docs.builder.prose import markdown


def _value(path: str) -> Any:
    """What a dotted name stands for at run time."""
    parts = path.split(".")
    for length in range(len(parts), 0, -1):
        try:
            value: Any = importlib.import_module(".".join(parts[:length]))
        except ModuleNotFoundError:
            continue
        for name in parts[length:]:
            value = inspect.getattr_static(value, name)
        return value
    raise LookupError(path)


class Docstrings(griffe.Extension):
    """Gives griffe the docstrings of this package as Markdown."""

    def on_object(self, *, obj: griffe.Object, **_: Any) -> None:
        """Called for everything that griffe finds."""
        # What `__init__` of a native class says is Python's own.
        if obj.docstring is None and obj.path.startswith("kameleoon._native.") and obj.name != "__init__":
            try:
                text = inspect.getdoc(_value(obj.path))
            except (AttributeError, LookupError):  # in the stub alone
                text = None
            if text:
                obj.docstring = griffe.Docstring(text, parent=obj)
        if obj.docstring is not None:
            obj.docstring.value = markdown(inspect.cleandoc(obj.docstring.value))
