"""The visitor code's cookie, and the cookie of simulated variations
(docs/visitor-data.md#visitor-codes, docs/evaluation.md#simulated-variations).

A code stands in its cookie as the pure-Python client writes it (``http.cookies`` puts quotes around what is no token),
but a code with characters beyond printable ASCII is percent-encoded: as it is, no header could hold it, or each
framework would read another code from it.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterator, Mapping, MutableMapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from http.cookies import Morsel

    from kameleoon._settings.table import Settings

Cookies = Mapping[str, Any]
"""The values are text or ``Morsel``s, which are not imported for those who evaluate hints."""
MutableCookies = MutableMapping[str, Any]

VISITOR_CODE_COOKIE = "kameleoonVisitorCode"
SIMULATION_COOKIE = "kameleoonSimulationFFData"


def new_visitor_code() -> str:
    """A visitor code of its own: 16 random hex digits."""
    return os.urandom(8).hex()


def cookie_values(name: str, *sources: Cookies | None) -> Iterator[str]:
    """The values of a cookie, one of each source that has it; an empty value counts as none."""
    for cookies in sources:
        if cookies:
            cookie = cookies.get(name)
            value = getattr(cookie, "value", cookie)
            if isinstance(value, str) and value:
                yield value


def read_simulation(*sources: Cookies | None) -> str | None:
    """The decoded text of the simulation cookie, if there is one."""
    value = next(cookie_values(SIMULATION_COOKIE, *sources), None)
    if value is None:
        return None
    from urllib.parse import unquote  # here, so that importing the package does not

    return unquote(value)


def visitor_code_from(value: str) -> str:
    """The code that a cookie's value stands for: percent-encoded text where only that can be a code of such characters,
    else the value as it is.
    """
    if "%" not in value:
        return value
    from urllib.parse import unquote  # here, so that importing the package does not

    try:
        text = unquote(value, errors="strict")
    except UnicodeDecodeError:
        return value
    return value if _is_plain(text) else text


def cookie_value_of(visitor_code: str) -> str:
    """What a cookie's value is for a code; ``visitor_code_from`` reads it. Raises ``UnicodeEncodeError`` for half a
    surrogate pair.
    """
    if _is_plain(visitor_code):
        return visitor_code
    from urllib.parse import quote  # here, so that importing the package does not

    return quote(visitor_code, safe="")


def _is_plain(visitor_code: str) -> bool:
    return visitor_code.isascii() and visitor_code.isprintable()


class VisitorCodeCookie:
    """The visitor code's cookie, with the attributes of a client's configuration.

    The attributes are worked out once a second, for their date; each cookie is a copy.
    """

    __slots__ = ("_settings", "_template")

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._template: tuple[int, Morsel[str]] | None = None  # one value, so that threads need no lock

    def morsel(self, visitor_code: str) -> Morsel[str]:
        """The cookie that holds the code: its ``value`` is the code, its ``coded_value`` what a header can hold.

        Raises ``UnicodeEncodeError`` for half a surrogate pair.
        """
        from http.cookies import Morsel, SimpleCookie  # here, so that importing the package does not

        now = int(time.time())
        template = self._template
        if template is None or template[0] != now:
            template = self._template = (now, self._attributes(now))
        morsel: Morsel[str] = Morsel()
        morsel.update(template[1])
        _, coded_value = SimpleCookie().value_encode(cookie_value_of(visitor_code))
        # Newer versions of ``http.cookies`` refuse control characters in a value.
        morsel.set(VISITOR_CODE_COOKIE, visitor_code if visitor_code.isprintable() else coded_value, coded_value)
        return morsel

    def set_in(self, cookies: MutableCookies, visitor_code: str) -> None:
        """Sets the cookie in ``cookies``, be it a ``SimpleCookie`` or another mapping, as a ``Morsel``. Raises
        ``TypeError`` where nothing can be set: a request's cookies are often such.
        """
        morsel = self.morsel(visitor_code)
        try:
            cookies[VISITOR_CODE_COOKIE] = morsel
        except TypeError as error:
            raise TypeError(
                f"cookies: the visitor code cannot be set in a {type(cookies).__name__}: {error}. hint: give what is "
                "only read as cookies_readonly, and a dict or an http.cookies.SimpleCookie of your own as cookies"
            ) from error

    def _attributes(self, now: int) -> Morsel[str]:
        from email.utils import formatdate  # these here, so that importing the package does not
        from http.cookies import Morsel

        settings = self._settings
        morsel: Morsel[str] = Morsel()
        morsel["domain"] = settings.top_level_domain
        morsel["path"] = settings.cookie_path
        morsel["max-age"] = str(settings.cookie_max_age_second)
        morsel["expires"] = formatdate(now + settings.cookie_max_age_second, usegmt=True)  # whatever the locale is
        morsel["samesite"] = settings.cookie_same_site or ""
        if settings.cookie_secure:
            morsel["secure"] = True
        return morsel
