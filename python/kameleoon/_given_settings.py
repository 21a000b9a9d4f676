"""A client from a framework's settings: a mapping with the site code and the options of ``KameleoonClientConfig``."""

from __future__ import annotations

import inspect
import os
from collections.abc import Callable, Mapping
from difflib import get_close_matches
from importlib import import_module
from typing import Any

from kameleoon.exceptions import ConfigException
from kameleoon.kameleoon_client import KameleoonClient
from kameleoon.kameleoon_client_config import KameleoonClientConfig
from kameleoon.kameleoon_client_factory import KameleoonClientFactory

__all__ = ["OWN_SETTINGS", "MakeClient", "client_of_settings", "mistakes_in"]

MakeClient = Callable[[str, KameleoonClientConfig], KameleoonClient]
"""Makes a client of a site code and a configuration."""
OWN_SETTINGS = ("site_code", "client", "config", "default_visitor_code")
"""What settings may have beside the options of ``KameleoonClientConfig``."""


def mistakes_in(settings: Mapping[str, Any], where: str) -> list[str]:
    """What is wrong with settings, in words; ``where``: what they are called."""
    if not isinstance(settings, Mapping):
        return [f"{where} is a mapping, such as {{'site_code': 'shop'}}, not {settings!r}"]
    known = [*OWN_SETTINGS, *inspect.signature(KameleoonClientConfig).parameters]
    mistakes = []
    for name in settings:
        if name not in known:
            nearest = get_close_matches(str(name), known, 1)
            hint = f"; did you mean {nearest[0]!r}?" if nearest else ""
            mistakes.append(f"{where} has no setting {name!r}{hint}")
    if "client" not in settings and not settings.get("site_code"):
        mistakes.append(f"{where} lacks 'site_code'. hint: it is the code of your site on the Kameleoon platform")
    if not {"client", "config"} & settings.keys():
        lacking = [name for name in ("client_id", "client_secret") if not settings.get(name)]
        mistakes += [f"{where} lacks {name!r}. hint: or 'config', the path of a YAML file" for name in lacking]
    return mistakes


def client_of_settings(
    settings: Mapping[str, Any],
    where: str,
    make: MakeClient = KameleoonClientFactory.create,
) -> KameleoonClient:
    """The client that settings name or describe: ``client``, or the dotted path of one or of a function that gives one;
    else one of the ``site_code``, with ``config`` (a ``KameleoonClientConfig``, or the path of a YAML file) or the
    options of ``KameleoonClientConfig``, made by ``make``. Raises ``ConfigException``.
    """
    mistakes = mistakes_in(settings, where)
    if mistakes:
        raise ConfigException("; ".join(mistakes))
    if "client" in settings:
        return _named_client(settings["client"], where)
    config = settings.get("config")
    if isinstance(config, (str, os.PathLike)):
        config = KameleoonClientConfig.read_from_yaml(config)
    if config is None:
        config = KameleoonClientConfig(**{name: value for name, value in settings.items() if name not in OWN_SETTINGS})
    return make(settings["site_code"], config)


def _named_client(client: Any, where: str) -> KameleoonClient:
    if isinstance(client, str):
        module, _, name = client.rpartition(".")
        try:
            client = getattr(import_module(module), name)
        except (ImportError, AttributeError, ValueError) as error:
            raise ConfigException(f"{where}: 'client' {client!r} cannot be imported: {error}") from error
    if callable(client):
        client = client()
    if not isinstance(client, KameleoonClient):
        raise ConfigException(f"{where}: 'client' is a KameleoonClient or a function that gives one, not {client!r}")
    return client
