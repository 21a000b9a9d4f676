"""The client of the settings."""

from __future__ import annotations

import threading
from typing import Any

from django.conf import settings
from django.core.signals import setting_changed

from kameleoon._given_settings import client_of_settings
from kameleoon._request_visitor import DefaultVisitorCode
from kameleoon.kameleoon_client import KameleoonClient

__all__ = ["SETTINGS", "client", "default_visitor_code", "given_settings"]

SETTINGS = "KAMELEOON"
"""The name of the setting."""
_lock = threading.Lock()
_clients: list[KameleoonClient] = []


def client() -> KameleoonClient:
    """The client that the setting ``KAMELEOON`` describes. It is made when it is first asked for: the parent process of
    the autoreloader, and commands that evaluate nothing, have none. Raises ``ConfigException``, with what is wrong.

    ::

        from kameleoon.django import client

        client().get_feature_list()
    """
    if _clients:
        return _clients[0]
    with _lock:
        if not _clients:
            _clients.append(client_of_settings(given_settings(), f"settings.{SETTINGS}"))
        return _clients[0]


def given_settings() -> Any:
    """What the setting holds; an empty mapping where it is not there."""
    return getattr(settings, SETTINGS, {})


def default_visitor_code() -> DefaultVisitorCode:
    """What the settings say of visitors without a code."""
    found: DefaultVisitorCode = given_settings().get("default_visitor_code")
    return found


def _forget(*, setting: str, **_: Any) -> None:
    """``override_settings`` in a test: the next call makes the client of what is set then."""
    if setting == SETTINGS:
        with _lock:
            _clients.clear()


setting_changed.connect(_forget)
