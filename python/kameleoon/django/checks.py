"""System checks: ``manage.py check`` names what is wrong with the settings."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core import checks

from kameleoon._given_settings import mistakes_in
from kameleoon.django.client import SETTINGS, given_settings

__all__ = ["check_middleware", "check_settings"]

_MIDDLEWARE = ("kameleoon.django.KameleoonMiddleware", "kameleoon.django.middleware.KameleoonMiddleware")
_CACHE = "django.middleware.cache.UpdateCacheMiddleware"


@checks.register()
def check_settings(**_: Any) -> list[checks.CheckMessage]:
    """``kameleoon.E001``: the setting ``KAMELEOON`` cannot be used."""
    mistakes = mistakes_in(given_settings(), f"settings.{SETTINGS}")
    return [checks.Error(mistake, id="kameleoon.E001") for mistake in mistakes]


@checks.register()
def check_middleware(**_: Any) -> list[checks.CheckMessage]:
    """``kameleoon.W001``: the middleware is not installed, so requests have no visitor. ``kameleoon.W002``: it stands
    before the cache's, which then keeps pages before they are said to vary by visitor.
    """
    installed = list(settings.MIDDLEWARE)
    places = [installed.index(name) for name in _MIDDLEWARE if name in installed]
    if places and _CACHE in installed and places[0] < installed.index(_CACHE):
        message = (
            "the cache would give one visitor's pages to others: its middleware stands after that of kameleoon.django"
        )
        return [
            checks.Warning(
                message, hint=f"move {installed[places[0]]!r} to after {_CACHE!r} in MIDDLEWARE", id="kameleoon.W002"
            )
        ]
    if places:
        return []
    hint = f"MIDDLEWARE += [{_MIDDLEWARE[0]!r}]"
    return [checks.Warning("the middleware of kameleoon.django is not in MIDDLEWARE", hint=hint, id="kameleoon.W001")]
