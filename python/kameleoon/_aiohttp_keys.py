"""The keys under which aiohttp's requests hold what belongs to them. Needs aiohttp."""

from __future__ import annotations

from typing import Any

from aiohttp import web

__all__ = ["request_key"]


def request_key(text: str) -> Any:
    """The key for ``request[…]`` that ``text`` finds too. aiohttp 3.14 and later warn where a text is set."""
    return _TextKey(text) if hasattr(web, "RequestKey") else text


if hasattr(web, "RequestKey"):

    class _TextKey(web.RequestKey[Any]):
        """A typed key that equals its text: ``request["kameleoon.visitor"]`` finds what is set under it."""

        __slots__ = ("_text",)

        def __init__(self, text: str) -> None:
            super().__init__(text)
            self._text = text

        def __eq__(self, other: object) -> bool:
            return str(other) == self._text if isinstance(other, (str, _TextKey)) else NotImplemented

        def __hash__(self) -> int:
            return hash(self._text)

        def __str__(self) -> str:
            return self._text
