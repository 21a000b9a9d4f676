"""The settings of a Flask app: the mapping ``KAMELEOON``, and each setting as ``KAMELEOON_…``
(docs/frameworks.md#settings).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from kameleoon._given_settings import client_of_settings
from kameleoon._request_visitor import DefaultVisitorCode
from kameleoon.exceptions import ConfigException
from kameleoon.kameleoon_client import KameleoonClient

__all__ = ["client_of", "default_visitor_code_of"]

_MAPPING = "KAMELEOON"
_PREFIX = "KAMELEOON_"


def client_of(config: Mapping[str, Any]) -> KameleoonClient:
    """The client that an app's settings name or describe. Raises ``ConfigException``."""
    where = f"app.config[{_MAPPING!r}]"
    mapping, single = config.get(_MAPPING, {}), _single_settings(config)
    if isinstance(mapping, Mapping) and single:
        twice = sorted(set(mapping) & set(single))
        if twice:
            raise ConfigException(
                f"{where} has {twice[0]!r}, and app.config has {_key(twice[0])!r} too. hint: give it once"
            )
        mapping = {**mapping, **single}
        where = f"app.config[{_PREFIX + '…'!r}]"
    return client_of_settings(mapping, where)


def default_visitor_code_of(config: Mapping[str, Any]) -> DefaultVisitorCode:
    """What the settings say of visitors without a code."""
    mapping = config.get(_MAPPING)
    found: DefaultVisitorCode = config.get(_key("default_visitor_code"))
    return mapping.get("default_visitor_code") if found is None and isinstance(mapping, Mapping) else found


def _single_settings(config: Mapping[str, Any]) -> dict[str, Any]:
    """The settings with a key of their own, by their names."""
    return {key[len(_PREFIX) :].lower(): value for key, value in config.items() if key.startswith(_PREFIX)}


def _key(name: str) -> str:
    return _PREFIX + name.upper()
