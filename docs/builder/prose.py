"""A docstring as Markdown: its examples as code, and the pages that it cites as links."""

from __future__ import annotations

import re

_CITED = re.compile(r"(?<![\w/`\[])(?<!\]\()(?:`{0,2})docs/([\w-]+\.md)((?:#[\w-]+)?)(?:`{0,2})")
_EXAMPLE = re.compile(r"(?:^[ ]*>>> .*\n?(?:^[ ]*\S.*\n?)*\n*)+", re.MULTILINE)
_FENCED = re.compile(r"^```.*?^``` *$", re.DOTALL | re.MULTILINE)


def markdown(docstring: str) -> str:
    r"""The docstring as Markdown.

    >>> markdown("Adds.\n\n>>> 1 + 1\n2\n").splitlines()
    ['Adds.', '', '```pycon', '>>> 1 + 1', '2', '```']
    >>> markdown("See docs/data-file.md#the-stream.")
    'See [docs/data-file.md#the-stream](../data-file.md#the-stream).'
    >>> markdown("For programs::\n\n    import kameleoon\n").splitlines()
    ['For programs:', '', '    import kameleoon']
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
    text = re.sub(r":(?:meth|class|func):`~?\.?([^`]+)`", r"`\1`", text)
    text = re.sub(r"^::\n|(?<=\w:):$", "", text, flags=re.MULTILINE)  # what follows is indented: code
    return _CITED.sub(lambda match: f"[docs/{match[1]}{match[2]}](../{match[1]}{match[2]})", text)
