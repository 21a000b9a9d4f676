"""The client of the settings."""

from __future__ import annotations

import threading
from typing import Any

from django.conf import settings
from django.core.signals import setting_changed

from kameleoon._given_settings import MakeClient, client_of_settings
from kameleoon._request_visitor import DefaultVisitorCode
from kameleoon.kameleoon_client import KameleoonClient
from kameleoon.kameleoon_client_factory import KameleoonClientFactory

__all__ = ["SETTINGS", "client", "default_visitor_code", "given_settings"]

SETTINGS = "KAMELEOON"
"""The name of the setting."""
_lock = threading.Lock()
_clients: list[KameleoonClient] = []
"""The client of the settings that are in force, once it is made."""
_outer: list[list[KameleoonClient]] = []
"""The same of the settings that ``override_settings`` hides, the nearest last."""
_are_own: list[bool] = []
"""Of each override, whether the client is made here, and so closed here."""


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
            # A test's settings may be of the same site: the factory would give the client of those that are hidden.
            make: MakeClient = KameleoonClient if _outer else KameleoonClientFactory.create
            _clients.append(client_of_settings(given_settings(), f"settings.{SETTINGS}", make))
        return _clients[0]


def given_settings() -> Any:
    """What the setting holds; an empty mapping where it is not there."""
    return getattr(settings, SETTINGS, {})


def default_visitor_code() -> DefaultVisitorCode:
    """What the settings say of visitors without a code."""
    found: DefaultVisitorCode = given_settings().get("default_visitor_code")
    return found


def _on_setting_changed(*, setting: str, enter: bool, value: Any = None, **_: Any) -> None:
    """``override_settings`` in a test: while it holds there is a client of what is set then, closed afterwards."""
    if setting != SETTINGS:
        return
    left: list[KameleoonClient] = []
    with _lock:
        if enter:
            _outer.append(_clients[:])
            _are_own.append("client" not in (value or {}))
            _clients.clear()
        elif _outer:
            left = _clients[:] if _are_own.pop() else []
            _clients[:] = _outer.pop()
    for one in left:  # without the lock: it may take a while
        one.close()


setting_changed.connect(_on_setting_changed)
