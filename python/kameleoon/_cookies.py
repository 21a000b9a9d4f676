"""The visitor code's cookie, and the cookie of simulated variations
(docs/visitor-data.md#visitor-codes, docs/evaluation.md#simulated-variations).
"""

from __future__ import annotations

import os
import time
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Union

if TYPE_CHECKING:
    from collections.abc import MutableMapping
    from http.cookies import Morsel

    from kameleoon._settings.table import Settings

    Cookies = Mapping[str, Union[str, "Morsel[str]"]]
    MutableCookies = MutableMapping[str, Any]

VISITOR_CODE_COOKIE = "kameleoonVisitorCode"
SIMULATION_COOKIE = "kameleoonSimulationFFData"


def new_visitor_code() -> str:
    """A visitor code of its own: 16 random hex digits."""
    return os.urandom(8).hex()


def read_cookie(name: str, *sources: Cookies | None) -> str | None:
    """The value of a cookie in the first source that has it; an empty value counts as none."""
    for cookies in sources:
        if cookies:
            cookie = cookies.get(name)
            value = getattr(cookie, "value", cookie)
            if isinstance(value, str) and value:
                return value
    return None


def read_simulation(*sources: Cookies | None) -> str | None:
    """The decoded text of the simulation cookie, if there is one."""
    value = read_cookie(SIMULATION_COOKIE, *sources)
    if value is None:
        return None
    from urllib.parse import unquote  # here, so that importing the package does not

    return unquote(value)


def visitor_code_morsel(visitor_code: str, config: Settings) -> Morsel[str]:
    """The visitor code's cookie, with the attributes of the configuration."""
    from http.cookies import SimpleCookie  # here, so that importing the package does not

    jar: SimpleCookie = SimpleCookie()
    jar[VISITOR_CODE_COOKIE] = visitor_code
    morsel = jar[VISITOR_CODE_COOKIE]
    morsel["domain"] = config.top_level_domain
    morsel["path"] = config.cookie_path
    morsel["max-age"] = str(config.cookie_max_age_second)
    expires = time.gmtime(time.time() + config.cookie_max_age_second)
    morsel["expires"] = time.strftime("%a, %d %b %Y %H:%M:%S GMT", expires)
    morsel["samesite"] = config.cookie_same_site or ""
    if config.cookie_secure:
        morsel["secure"] = True
    return morsel


def set_visitor_code(cookies: MutableCookies, visitor_code: str, config: Settings) -> None:
    """Sets the visitor code's cookie in ``cookies``: a jar's own way if it has one, else a ``Morsel`` as the item."""
    morsel = visitor_code_morsel(visitor_code, config)
    from http.cookies import BaseCookie

    if isinstance(cookies, BaseCookie):
        cookies[VISITOR_CODE_COOKIE] = visitor_code
        for attribute in ("domain", "path", "max-age", "expires", "samesite", "secure"):
            cookies[VISITOR_CODE_COOKIE][attribute] = morsel[attribute]
    else:
        cookies[VISITOR_CODE_COOKIE] = morsel
