"""The visitor of a request, as every framework's part needs it: its code, and the cookie for the response."""

from __future__ import annotations

from collections.abc import Callable, MutableMapping
from typing import TYPE_CHECKING, Any, Union

from kameleoon._cookie_header import CookieHeader
from kameleoon._cookies import SIMULATION_COOKIE, VISITOR_CODE_COOKIE, cookie_value_of, visitor_code_from
from kameleoon._requests import VISITOR_CODE_KEY
from kameleoon.exceptions import VisitorCodeInvalid
from kameleoon.kameleoon_client import KameleoonClient
from kameleoon.logging.kameleoon_logger import KameleoonLogger
from kameleoon.visitor import Visitor

if TYPE_CHECKING:
    from http.cookies import Morsel

__all__ = ["VISITOR_KEY", "DefaultVisitorCode", "GivenClient", "RequestVisitor", "given", "visitor_in_environ"]

VISITOR_KEY = "kameleoon.visitor"
"""Where the ``Visitor`` stands: in the WSGI environ, in the ASGI scope, in aiohttp's request."""
DefaultVisitorCode = Union[str, Callable[[Any], Union[str, None]], None]
"""A code, or a function from the request (WSGI environ, ASGI scope) to one, called for visitors without a code."""
GivenClient = Union[KameleoonClient, Callable[[], KameleoonClient]]
"""A client, or a function without arguments that gives one, called for each request."""


class RequestVisitor:
    """The visitor of a request: its code, and the cookie for the response."""

    __slots__ = ("_client", "_is_new", "code", "visitor")

    def __init__(
        self, client: KameleoonClient, header: CookieHeader, default_visitor_code: DefaultVisitorCode, request: Any
    ) -> None:
        self._client = client
        code = _sent_code(client, header)
        self._is_new = code is None
        self.code = code or _default_code(client, default_visitor_code, request) or client.get_visitor_code()
        self.visitor = Visitor(client, self.code)
        if header.simulation is not None:
            value = cookie_value_of(self.code)
            client.get_visitor_code({VISITOR_CODE_COOKIE: value, SIMULATION_COOKIE: header.simulation})

    def morsel(self) -> Morsel[str] | None:
        """The cookie of a response that starts now, if one is to be sent."""
        return self._client.visitor_code_cookie(self.code, is_new=self._is_new)

    def cookie(self) -> str | None:
        """The same as the value of a ``Set-Cookie`` header."""
        morsel = self.morsel()
        return None if morsel is None else morsel.OutputString()


def visitor_in_environ(
    client: KameleoonClient, default_visitor_code: DefaultVisitorCode, environ: MutableMapping[str, Any], request: Any
) -> RequestVisitor:
    """The visitor of a WSGI environ, or of what Django has of one, which from then on holds it, its code, and the
    cookie. ``request``: what ``default_visitor_code`` is called with.
    """
    header = CookieHeader(environ.get("HTTP_COOKIE", ""))
    found = RequestVisitor(client, header, default_visitor_code, request)
    environ["HTTP_COOKIE"] = header.showing(found.code)
    environ[VISITOR_CODE_KEY] = found.code
    environ[VISITOR_KEY] = found.visitor
    return found


def _sent_code(client: KameleoonClient, header: CookieHeader) -> str | None:
    """The usable code that the request brings."""
    for value in header.visitor_codes:
        code = visitor_code_from(value)
        if client.get_visitor_code({VISITOR_CODE_COOKIE: value}) == code:  # else another one was made: it is unusable
            return code
    return None


def _default_code(client: KameleoonClient, default: DefaultVisitorCode, request: Any) -> str | None:
    """The default code for a visitor; one that is unusable is logged, and counts as none."""
    code = default(request) if callable(default) else default
    if code is None or code == "":
        return None
    if not isinstance(code, str):
        KameleoonLogger.error("middleware: default_visitor_code must be a str, not %r of %s", code, type(code).__name__)
        return None
    try:
        # As it will be read from its cookie, by the next request and by the application.
        return client.get_visitor_code(default_visitor_code=visitor_code_from(code))
    except VisitorCodeInvalid as error:
        KameleoonLogger.error("middleware: default_visitor_code %.40r cannot be used: %s", code, error)
        return None


def given(client: GivenClient) -> KameleoonClient:
    """The client, or that which the function gives. Raises ``RuntimeError`` where it gives none."""
    given = client() if callable(client) else client
    if given is None:
        raise RuntimeError("the function that gives the middleware its client gave None: the client is not made yet")
    return given
