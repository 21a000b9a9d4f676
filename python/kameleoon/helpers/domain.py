"""Checking the domains of a configuration, as ``KameleoonClientConfig`` does (docs/configuration.md)."""

from __future__ import annotations

from typing import Optional

from kameleoon._deprecated import warn_of_module
from kameleoon._settings.addresses import CookieDomain, NetworkDomain, without_scheme

__all__ = [
    "HTTP",
    "HTTPS",
    "LOCALHOST",
    "REGEX_DOMAIN",
    "check_and_trim_protocol",
    "validate_network_domain",
    "validate_top_level_domain",
]

HTTP = "http://"
HTTPS = "https://"
LOCALHOST = "localhost"
REGEX_DOMAIN = r"^\.?[a-zA-Z\d]([a-zA-Z\d-]*[a-zA-Z\d])?(\.[a-zA-Z\d]([a-zA-Z\d-]*[a-zA-Z\d])?){1,126}$"
"""What a domain looks like; a dot may lead."""


def validate_top_level_domain(top_level_domain: str) -> str:
    """The domain in lower case, without scheme. What is no domain is given all the same, with an error in the log."""
    domain: str = CookieDomain().checked("top_level_domain", top_level_domain, "")
    return domain


def validate_network_domain(network_domain: Optional[str]) -> Optional[str]:
    """The domain in lower case, without scheme and outer dots; ``None``, with an error in the log, for no domain."""
    domain: Optional[str] = NetworkDomain().checked("network_domain", network_domain, None)
    return domain


def check_and_trim_protocol(domain: str) -> str:
    """The domain without ``http://`` or ``https://`` before it, which is logged as a warning."""
    return without_scheme("domain", domain)


warn_of_module(__name__, "KameleoonClientConfig checks the domains that it is given")
