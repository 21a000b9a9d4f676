"""The kinds of settings that name places: domains, an origin, and where and how a cookie is sent."""

from __future__ import annotations

import re
from typing import Any

from kameleoon._settings.kinds import Kind
from kameleoon.exceptions import ConfigException
from kameleoon.logging.kameleoon_logger import KameleoonLogger

_LABEL = r"[a-z0-9](?:[a-z0-9-]*[a-z0-9])?"
_DOMAIN = re.compile(rf"(?:{_LABEL}\.)+{_LABEL}|localhost")
_COOKIE_DOMAIN = re.compile(rf"\.?(?:{_LABEL}\.)+{_LABEL}|localhost")
_SCHEME = re.compile(r"https?://")
_ORIGIN = re.compile(r"https?://[^/?#\s]+/?")
_PATH = re.compile(r"/[\x21-\x3a\x3c-\x7e]*")
_SAME_SITE = {"lax": "Lax", "strict": "Strict", "none": "None"}


class _Place(Kind):
    """Text that names a place; what is no text is the default, with a warning."""

    file_types = (str,)

    def checked(self, parameter: str, value: Any, default: Any) -> Any:
        """The place, or the default where the value is no text."""
        if not value:
            return self.place(parameter, "", default)
        if isinstance(value, str):
            return self.place(parameter, value, default)
        KameleoonLogger.warning("config: %s must be text, not %r; %r is used", parameter, value, default)
        return default

    def place(self, parameter: str, text: str, default: Any) -> Any:
        """The place that ``text`` names, which may be empty."""
        raise NotImplementedError


class NetworkDomain(_Place):
    """A domain that replaces the service's own, without scheme and outer dots. No domain: ``None``, with an error in
    the log.
    """

    def place(self, parameter: str, text: str, default: Any) -> Any:
        """The domain, or ``None``."""
        if not text:
            return None
        domain = without_scheme(parameter, text).strip(".")
        if _DOMAIN.fullmatch(domain):
            return domain
        KameleoonLogger.error("config: %s %r is no domain; it is ignored", parameter, text)
        return default

    def describe(self) -> str:
        """What it may be."""
        return "a domain"


class CookieDomain(_Place):
    """The domain of a cookie, without scheme; a dot may lead. No domain: it is used all the same, with an error in the
    log.
    """

    def place(self, parameter: str, text: str, default: Any) -> Any:
        """The domain, in lower case; empty if there is none."""
        if not text:
            KameleoonLogger.warning(
                "config: without %s visitors are not recognized across subdomains. hint: give the site's, such as "
                "'example.com'",
                parameter,
            )
            return default
        domain = without_scheme(parameter, text)
        if not _COOKIE_DOMAIN.fullmatch(domain):
            KameleoonLogger.error(
                "config: %s %r is no domain, and browsers will refuse the cookie; it is used as it is. hint: give the "
                "domain alone, without port and path",
                parameter,
                text,
            )
        return domain

    def describe(self) -> str:
        """What it may be."""
        return "a domain"


class Origin(Kind):
    """An origin, without the last slash. Raises ``ConfigException`` for anything else: a client that is to talk to a
    place of the program's own must not talk to the service instead.
    """

    file_types = (str,)

    def checked(self, parameter: str, value: Any, default: Any) -> Any:
        """The origin."""
        if not value:
            return default
        if not isinstance(value, str) or not _ORIGIN.fullmatch(value):
            raise ConfigException(f"{parameter} must be like http://host:port, not {value!r}")
        return value.rstrip("/")

    def describe(self) -> str:
        """What it may be."""
        return "an origin, such as `http://127.0.0.1:8765`"


class CookiePath(_Place):
    """The path of a cookie; what browsers could not read is the default, with a warning."""

    def place(self, parameter: str, text: str, default: Any) -> Any:
        """The path."""
        if _PATH.fullmatch(text):
            return text
        KameleoonLogger.warning(
            "config: %s must begin with '/' and hold no ';', not %r; %r is used", parameter, text, default
        )
        return default

    def describe(self) -> str:
        """What it may be."""
        return "a path that begins with `/`"


class SameSite(_Place):
    """``Lax``, ``Strict`` or ``None``, in any case of letters; empty: the attribute is left out."""

    def place(self, parameter: str, text: str, default: Any) -> Any:
        """The value as browsers spell it; ``None`` leaves the attribute out."""
        known = _SAME_SITE.get(text.lower())
        if text and known is None:
            KameleoonLogger.warning(
                "config: %s must be Lax, Strict or None, not %r; %r is used", parameter, text, default
            )
            return default
        return known

    def describe(self) -> str:
        """The three values."""
        return "`Lax`, `Strict` or `None`, as text; empty leaves it out"


def without_scheme(parameter: str, text: str) -> str:
    """``text`` in lower case, without ``http://`` or ``https://`` before it, which is logged as a warning."""
    lower = text.lower()
    domain = _SCHEME.sub("", lower, count=1) if _SCHEME.match(lower) else lower
    if domain != lower:
        KameleoonLogger.warning("config: the scheme of %s %r is left out: %r is used", parameter, text, domain)
    return domain
