"""Mistakes in what a program gives: each is told with the name of the argument, and what to write instead.

Nothing here runs for what is right: callers come here once something has failed, or after one comparison.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from typing import Any

__all__ = ["configuration_mistake", "cookies_mistake", "did_you_mean", "number_of"]


def configuration_mistake(config: object) -> TypeError:
    """What to raise for what is no ``KameleoonClientConfig``."""
    expected = f"config: expected a KameleoonClientConfig, got {_kind(config)}"
    if isinstance(config, Mapping):
        return TypeError(f"{expected}. hint: KameleoonClientConfig(**mapping) makes one of a mapping")
    if isinstance(config, (str, os.PathLike)):
        return TypeError(
            f"{expected}. hint: KameleoonClientConfig.read_from_yaml(path) makes one of a file, or give it as "
            "KameleoonClientFactory.create(site_code, config_path=path)"
        )
    if isinstance(config, type):
        return TypeError(f"{expected}. hint: give an instance, KameleoonClientConfig(client_id, client_secret)")
    return TypeError(f"{expected}. hint: KameleoonClientConfig(client_id, client_secret) makes one")


def cookies_mistake(name: str, cookies: object) -> TypeError | None:
    """What to raise for cookies (the argument ``name``) that are no mapping; ``None`` if they are one."""
    if not cookies or hasattr(cookies, "get"):
        return None
    expected = f"{name}: expected a mapping of cookies, got {_kind(cookies)}"
    if isinstance(cookies, (str, bytes)):
        return TypeError(f"{expected}. hint: http.cookies.SimpleCookie(header) makes one of a Cookie header")
    return TypeError(f"{expected}. hint: most frameworks have one, such as request.cookies; dict(pairs) makes one")


def number_of(value: Any, name: str, unit: str) -> float:
    """A number as it is given. Raises ``TypeError``, with the argument's name, for what is none."""
    if isinstance(value, (int, float)):
        return value
    try:
        return float(value.__float__())
    except AttributeError:
        raise TypeError(f"{name}: expected a number of {unit}, got {_kind(value)} {value!r:.100}") from None


def did_you_mean(wanted: object, known: Iterable[str]) -> str:
    """A hint, to be put behind a sentence, with the nearest of the names that are known; empty where none is near."""
    from difflib import get_close_matches  # here: only mistakes need it

    near = get_close_matches(str(wanted)[:100], list(known), 1)
    return f"; did you mean {near[0]!r}?" if near else ""


def _kind(value: object) -> str:
    return f"the class {value.__name__}" if isinstance(value, type) else type(value).__name__
