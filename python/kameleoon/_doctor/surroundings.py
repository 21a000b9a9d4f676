"""What stands between this machine and the services: proxies and certificates, as the environment names them."""

from __future__ import annotations

import os

import requests.utils

from kameleoon._doctor.finding import Finding, failed, ok
from kameleoon._doctor.services import Outcome
from kameleoon._network.trust import certificate_bundle
from kameleoon._settings.origins import without_secrets

__all__ = ["certificates", "proxies"]


def proxies(outcomes: list[Outcome]) -> Finding:
    """Which services are reached through which proxy."""
    through: dict[str, list[str]] = {}
    for outcome in outcomes:
        address = outcome.service.address
        proxy = requests.utils.select_proxy(address, requests.utils.get_environ_proxies(address))
        if proxy is not None:
            through.setdefault(without_secrets(proxy), []).append(outcome.service.name)
    if not through:
        return ok("proxy", "none", proxies={})
    shown = "; ".join(f"{proxy} for {', '.join(names)}" for proxy, names in through.items())
    return ok("proxy", shown, proxies=through)


def certificates() -> Finding:
    """Whose certificates are trusted."""
    bundle = certificate_bundle()
    if bundle is None:
        return ok("certificates", "those of certifi", bundle=None)
    if not os.path.exists(bundle):
        hint = "REQUESTS_CA_BUNDLE or CURL_CA_BUNDLE names it; without them certifi's are used"
        return failed("certificates", f"{bundle!r}: there is no such file or folder", hint, bundle=bundle)
    return ok("certificates", f"those in {bundle!r}", bundle=bundle)
