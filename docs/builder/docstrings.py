"""Docstrings as Markdown, for the reference: examples as code, and the pages that they cite as links.

Members of the native half have their docstrings in Rust; the stub has their types. The docstring is taken from the
compiled module, so the site is built after it.
"""

from __future__ import annotations

import importlib
import inspect
import re
from typing import Any

import griffe

_CITED = re.compile(r"(?<![\w/`(\[])(?:`{0,2})docs/([\w-]+\.md)((?:#[\w-]+)?)(?:`{0,2})")
_EXAMPLE = re.compile(r"(?:^[ ]*>>> .*\n?(?:^[ ]*\S.*\n?)*\n*)+", re.MULTILINE)
_FENCED = re.compile(r"^```.*?^``` *$", re.DOTALL | re.MULTILINE)


def markdown(docstring: str) -> str:
    r"""The docstring as Markdown.

    >>> markdown("Adds.\n\n>>> 1 + 1\n2\n").splitlines()
    ['Adds.', '', '```pycon', '>>> 1 + 1', '2', '```']
    >>> markdown("See docs/data-file.md#the-stream.")
    'See [docs/data-file.md#the-stream](../data-file.md#the-stream).'
    """
    parts: list[str] = []
    end = 0
    for block in _FENCED.finditer(docstring):
        parts += [_prose(docstring[end : block.start()]), _fenced(block[0])]
        end = block.end()
    return "".join([*parts, _prose(docstring[end:])]).rstrip("\n")


def _fenced(block: str) -> str:
    """A block that is fenced already; it is closed after an empty line, for doctest."""
    return re.sub(r"\n+```$", "\n```", block.rstrip()).replace("```python\n>>>", "```pycon\n>>>", 1)


def _prose(text: str) -> str:
    """Text without fenced blocks: its examples become such ones."""
    parts: list[str] = []
    end = 0
    for example in _EXAMPLE.finditer(text):
        parts += [_linked(text[end : example.start()]), f"```pycon\n{example[0].rstrip()}\n```\n\n"]
        end = example.end()
    return "".join([*parts, _linked(text[end:])])


def _linked(text: str) -> str:
    """Text without code blocks."""
    text = re.sub(r"``([^`]+)``", r"`\1`", text)
    return _CITED.sub(lambda match: f"[docs/{match[1]}{match[2]}](../{match[1]}{match[2]})", text)


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
