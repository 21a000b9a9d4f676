"""``KameleoonClientFactory``: one client per site code."""

from __future__ import annotations

import contextlib
import os
from threading import RLock

from kameleoon._mistakes import configuration_mistake
from kameleoon._settings.defaults import DEFAULT_CONFIGURATION_PATH
from kameleoon.exceptions import ConfigFileNotFound, SiteCodeIsEmpty
from kameleoon.kameleoon_client import KameleoonClient
from kameleoon.kameleoon_client_config import KameleoonClientConfig
from kameleoon.logging.kameleoon_logger import KameleoonLogger

__all__ = ["DEFAULT_CONFIGURATION_PATH", "KameleoonClientFactory"]

_FORK_WAITS_SECONDS = 1.0
"""A fork waits this long for a ``create`` under way in another thread."""


class KameleoonClientFactory:
    """Makes one client per site code, however many threads ask for it."""

    _clients: dict[str, KameleoonClient] = {}
    _settings: dict[str, object] = {}
    """The settings that each client was made with."""
    _has_warned: set[str] = set()
    """The sites for which another configuration was given to ``create``: it is said once a client."""
    _lock = RLock()

    @classmethod
    def create(
        cls,
        site_code: str,
        config: KameleoonClientConfig | None = None,
        config_path: str | os.PathLike[str] = DEFAULT_CONFIGURATION_PATH,
    ) -> KameleoonClient:
        """The client for ``site_code``, made with ``config`` or the file at ``config_path`` if there is none yet, or if
        it was closed.

        Where a program gives neither, and there is no file at the default path, the process environment is asked
        (``KameleoonClientConfig.from_env``). Where there is a client already, it is given as it is; a ``config`` that
        differs from the one that it was made with is logged as a warning.
        Raises ``SiteCodeIsEmpty``, ``ConfigFileNotFound``, ``ConfigException``, ``ConfigCredentialsInvalid``.
        See docs/configuration.md.

        >>> config = KameleoonClientConfig.offline({"featureFlags": []})
        >>> client = KameleoonClientFactory.create("site-code", config)
        >>> client is KameleoonClientFactory.create("site-code")
        True
        >>> KameleoonClientFactory.forget("site-code")
        """
        if not site_code:
            raise SiteCodeIsEmpty("the site code is empty", hint="it stands in the Kameleoon app beside the project")
        if isinstance(site_code, KameleoonClientConfig):
            raise TypeError("site_code: expected a str, got a KameleoonClientConfig. hint: create(site_code, config)")
        if config and not hasattr(config, "settings"):
            raise configuration_mistake(config)
        is_another = False
        with cls._lock:
            client = cls._clients.get(site_code)
            if client is None or client.is_closed:
                config = config or cls._read_config(config_path)
                client = KameleoonClient(site_code, config)
                cls._clients[site_code] = client
                cls._settings[site_code] = config.settings
                cls._has_warned.discard(site_code)
            elif config is not None and site_code not in cls._has_warned:
                is_another = config.settings != cls._settings[site_code]
                if is_another:
                    cls._has_warned.add(site_code)
        if is_another:  # without the lock: a logger is a program's own
            KameleoonLogger.warning(
                "config: site %r has a client already, which keeps the configuration that it was made with; this one "
                "is ignored. hint: KameleoonClientFactory.forget(%r) before another client is made",
                site_code,
                site_code,
            )
        return client

    @classmethod
    def forget(cls, site_code: str) -> None:
        """Closes the client of ``site_code``, if there is one, and removes it; the next ``create`` makes another one.

        Takes as long as ``KameleoonClient.close``.
        """
        with cls._lock:
            client = cls._clients.pop(site_code, None)
            cls._settings.pop(site_code, None)
        if client is not None:
            client.close()

    @classmethod
    def _before_fork(cls) -> None:
        cls._lock.acquire(timeout=_FORK_WAITS_SECONDS)  # what create imports and makes is whole in the child, then

    @classmethod
    def _after_fork_in_parent(cls) -> None:
        with contextlib.suppress(RuntimeError):  # where the fork has not waited any longer, another thread has it
            cls._lock.release()

    @classmethod
    def _after_fork_in_child(cls) -> None:
        cls._lock = RLock()

    @staticmethod
    def _read_config(path: str | os.PathLike[str]) -> KameleoonClientConfig:
        try:
            return KameleoonClientConfig.read_from_yaml(path)
        except ConfigFileNotFound:
            from kameleoon._settings.sources import has_credentials  # here: programs that give a config do not need it

            if os.fspath(path) != DEFAULT_CONFIGURATION_PATH:
                raise
            if not has_credentials():
                raise ConfigFileNotFound(
                    f"{path!r}: there is no such configuration file, and no config was given. hint: give one to "
                    "KameleoonClientFactory.create, or set KAMELEOON_CLIENT_ID and KAMELEOON_CLIENT_SECRET"
                ) from None
        return KameleoonClientConfig.from_env()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(
        before=KameleoonClientFactory._before_fork,
        after_in_parent=KameleoonClientFactory._after_fork_in_parent,
        after_in_child=KameleoonClientFactory._after_fork_in_child,
    )
