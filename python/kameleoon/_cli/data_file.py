"""A data file's text as plain objects, for those who compare or show it. Whatever is not of its shape is left out, as
the engine does it.
"""

from __future__ import annotations

import json
from typing import Any

from kameleoon.exceptions import KameleoonError

__all__ = ["identified", "listed", "loaded"]


def loaded(text: bytes) -> dict[str, Any]:
    """The whole. Raises ``KameleoonError``."""
    try:
        found = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise KameleoonError(f"the data file cannot be read: {error}") from error
    return found if isinstance(found, dict) else {}


def listed(whole: dict[str, Any], key: str) -> list[dict[str, Any]]:
    """The objects in the list of that name."""
    found = whole.get(key)
    return [item for item in found if isinstance(item, dict)] if isinstance(found, list) else []


def identified(whole: dict[str, Any], key: str, name: str) -> dict[Any, dict[str, Any]]:
    """The objects in the list of that name by what identifies them. If one comes twice, the later counts."""
    found: dict[Any, dict[str, Any]] = {}
    for item in listed(whole, key):
        identity = item.get(name)
        if isinstance(identity, (str, int)):
            found.pop(identity, None)
            found[identity] = item
    return found
