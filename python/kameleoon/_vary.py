"""The ``Vary`` header, which tells caches that visitors get different responses (docs/middleware.md#caches)."""

from __future__ import annotations

from collections.abc import Iterable

__all__ = ["vary_by_cookie"]


def vary_by_cookie(values: Iterable[str]) -> str | None:
    """The value of the one ``Vary`` header that says what ``values``, those of the response, say, and that it varies by
    cookie. ``None`` where they say that already.

    >>> vary_by_cookie(["Accept-Encoding"])
    'Accept-Encoding, Cookie'
    >>> vary_by_cookie(["cookie"]) is None
    True
    """
    names = [name for value in values for name in (part.strip() for part in value.split(",")) if name]
    if any(name == "*" or name.lower() == "cookie" for name in names):
        return None
    return ", ".join([*names, "Cookie"])
