"""The visitor code of a request, whatever framework's: what the middleware has found, else the cookie."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from kameleoon._cookie_header import CookieHeader
from kameleoon._cookies import VISITOR_CODE_COOKIE, cookie_values, visitor_code_from

__all__ = ["VISITOR_CODE_KEY", "code_of_middleware", "codes_of_cookies"]

VISITOR_CODE_KEY = "kameleoon.visitor_code"
"""Where the middleware puts the code: in the WSGI environ, in the ASGI scope, in aiohttp's request."""

_PLACES = ("scope", "environ", "META")
"""What requests of Starlette and Django (ASGI), of Flask, and of Django (WSGI) call the environ or the scope."""


def code_of_middleware(request: Any) -> str | None:
    """The code that the middleware has put into the request."""
    for mapping in _mappings(request):
        code = mapping.get(VISITOR_CODE_KEY)
        if isinstance(code, str):
            return code
    return None


def codes_of_cookies(request: Any) -> list[str]:
    """The codes in the request's cookies, the one that counts first. Raises ``TypeError`` for what is no request."""
    header = _cookie_header(request)
    if header is not None:
        return [visitor_code_from(value) for value in CookieHeader(header).visitor_codes]
    for name in ("cookies", "COOKIES"):
        cookies = getattr(request, name, None)
        if isinstance(cookies, Mapping):
            return [visitor_code_from(value) for value in cookie_values(VISITOR_CODE_COOKIE, cookies)]
    message = (
        f"request: expected a WSGI environ, an ASGI scope or a framework's request, got a {type(request).__name__}"
    )
    raise TypeError(f"{message}. hint: for a visitor code there is client.visitor(code)")


def _cookie_header(request: Any) -> str | None:
    """The header with the cookies, empty where none was sent; ``None`` where there are no headers to be found."""
    for mapping in _mappings(request):
        if "headers" in mapping:  # an ASGI scope
            return "; ".join(value.decode("latin-1") for name, value in mapping["headers"] if name == b"cookie")
        if "HTTP_COOKIE" in mapping or "REQUEST_METHOD" in mapping:
            return str(mapping.get("HTTP_COOKIE", ""))
    return None


def _mappings(request: Any) -> list[Mapping[str, Any]]:
    """The request itself, if it is a mapping, and the environ or scope that it holds."""
    candidates = [request, *(getattr(request, name, None) for name in _PLACES)]
    return [candidate for candidate in candidates if isinstance(candidate, Mapping)]
