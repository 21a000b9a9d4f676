"""The ``Cookie`` header of a request: read once, and rewritten so that whoever parses it finds the visitor's code.

In goes the header's text; out come the two cookies that the client reads, and the header to show to the application::

    header = CookieHeader("a=1; kameleoonVisitorCode=alice")
    header.visitor_codes  # ["alice"]
    header.showing("bob")  # "a=1; kameleoonVisitorCode=bob"
"""

from __future__ import annotations

import re
from http.cookies import SimpleCookie

from kameleoon._cookies import SIMULATION_COOKIE, VISITOR_CODE_COOKIE, cookie_value_of, visitor_code_from

# A cookie that every parser reads alike: a token, and a value as RFC 6265 has it, or that in quotes. Names that
# ``http.cookies`` takes for attributes of the cookie before are not among them.
_ATTRIBUTES = "comment|domain|expires|httponly|max-age|partitioned|path|samesite|secure|version"
_CLEAN = re.compile(
    rf"""(?!(?i:{_ATTRIBUTES})=)[!#$%&'*+\-.^`|~\w]+=(?:[!#-+\--:<-\[\]-~]*|"[!#-+\--:<-\[\]-~]*")""", re.ASCII
)
# The values that ``http.cookies`` reads: bare, or in quotes, with escapes.
_BARE = re.compile(r"[!#-:<-\[\]-~]+")
_QUOTED = re.compile(r'"(?:[ !#-\[\]-~]|\\[ -~])*"')
_OURS = (VISITOR_CODE_COOKIE, SIMULATION_COOKIE)
_STOP = '"='  # an empty cookie at which ``http.cookies`` stops, and keeps what it has read
_CODEC: SimpleCookie = SimpleCookie()  # for its two functions; it holds nothing


class CookieHeader:
    """A cookie header, read once. A cookie that cannot be read hides no other one."""

    __slots__ = ("_discards", "_is_to_rewrite", "_others", "_place", "_text", "simulation", "visitor_codes")

    def __init__(self, text: str) -> None:
        self.visitor_codes: list[str] = []
        """The values of the visitor code's cookie that can be read, the last one of the header, which counts, first."""
        self.simulation: str | None = None
        """The value of the cookie that simulates variations, percent-encoded as it was sent."""
        self._text = text
        self._others: list[str] = []
        self._place: int | None = None
        """The first of the others at which a strict parser stumbles: the code has to stand before it."""
        self._discards = False
        """Whether there is one for which ``http.cookies`` throws away all that it has read."""
        self._is_to_rewrite = False
        for part in text.split(";"):
            cookie = part.strip()
            if cookie.startswith(_OURS) and self._is_the_code(cookie):
                continue
            if not _CLEAN.fullmatch(cookie):
                if not cookie:  # ``http.cookies`` stumbles at an empty one, too
                    self._is_to_rewrite = True
                    continue
                self._note_stumble(cookie)
            self._others.append(cookie)

    def _is_the_code(self, cookie: str) -> bool:
        """Whether it is the visitor code's cookie; reads it, or the one of simulated variations."""
        name, _, value = cookie.partition("=")
        if name.rstrip() == VISITOR_CODE_COOKIE:
            self._read_visitor_code(name, value)
            return True
        if name == SIMULATION_COOKIE:
            self.simulation = _unquoted(value) or self.simulation
        return False

    def _note_stumble(self, cookie: str) -> None:
        """Notes a cookie that a strict parser cannot read."""
        if self._place is None:
            self._place = len(self._others)
        name, equals, _ = cookie.partition("=")
        if not equals or len(name.split()) != 1:
            self._discards = self._is_to_rewrite = True

    def _read_visitor_code(self, name: str, value: str) -> None:
        code = _unquoted(value.lstrip())
        is_alone_and_safe = code and name == VISITOR_CODE_COOKIE and self._place is None and not self.visitor_codes
        self._is_to_rewrite |= not is_alone_and_safe
        if code:
            self.visitor_codes.insert(0, code)

    def showing(self, visitor_code: str) -> str:
        """The header with this code alone, so that every parser finds it; all other cookies stay. A header that shows
        it already is left as it is.
        """
        if (
            not self._is_to_rewrite
            and len(self.visitor_codes) == 1
            and visitor_code_from(self.visitor_codes[0]) == visitor_code
        ):
            return self._text
        value = cookie_value_of(visitor_code)
        if not _BARE.fullmatch(
            value
        ):  # bare as far as every parser takes it: some programs split the header themselves
            _, value = _CODEC.value_encode(value)
        cookies = self._others.copy()
        place = len(cookies) if self._place is None else self._place
        cookies[place:place] = [f"{VISITOR_CODE_COOKIE}={value}", *([_STOP] if self._discards else ())]
        return "; ".join(cookies)


def _unquoted(value: str) -> str | None:
    """A value as ``http.cookies`` reads it; ``None`` where it could not."""
    if _BARE.fullmatch(value):
        return value
    if _QUOTED.fullmatch(value):
        text, _ = _CODEC.value_decode(value)
        return text or None
    return None
