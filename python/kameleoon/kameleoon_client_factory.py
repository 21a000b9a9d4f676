"""``KameleoonClientFactory``: one client per site code (spec 5, Factory and configuration)."""

from __future__ import annotations

import contextlib
import os
from threading import RLock

from kameleoon.exceptions import ConfigFileNotFound, SiteCodeIsEmpty
from kameleoon.kameleoon_client import KameleoonClient
from kameleoon.kameleoon_client_config import KameleoonClientConfig

__all__ = ["KameleoonClientFactory"]

_FORK_WAITS_SECONDS = 1.0
"""A fork waits this long for a ``create`` under way in another thread."""
_DEFAULT_PATH = "/etc/kameleoon/client-python.yaml"


class KameleoonClientFactory:
    """Makes one client per site code, however many threads ask for it."""

    _clients: dict[str, KameleoonClient] = {}
    _lock = RLock()

    @classmethod
    def create(
        cls,
        site_code: str,
        config: KameleoonClientConfig | None = None,
        config_path: str = _DEFAULT_PATH,
    ) -> KameleoonClient:
        """The client for ``site_code``, made with ``config`` or the file at ``config_path`` if there is none yet, or if
        it was closed.

        Where there is no file either, the environment (``KAMELEOON_CLIENT_ID``, …) is asked.
        Raises ``SiteCodeIsEmpty``, ``ConfigFileNotFound``, ``ConfigException``, ``ConfigCredentialsInvalid``.
        """
        if not site_code:
            raise SiteCodeIsEmpty("the site code is empty")
        with cls._lock:
            client = cls._clients.get(site_code)
            if client is None or client.is_closed:
                client = KameleoonClient(site_code, config or cls._read_config(config_path))
                cls._clients[site_code] = client
            return client

    @classmethod
    def forget(cls, site_code: str) -> None:
        """Closes the client of ``site_code`` and removes it; the next ``create`` makes another one."""
        with cls._lock:
            client = cls._clients.pop(site_code, None)
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
    def _read_config(path: str) -> KameleoonClientConfig:
        if os.path.exists(path):
            return KameleoonClientConfig.read_from_yaml(path)
        config = KameleoonClientConfig._from_environment()
        if config is None:
            raise ConfigFileNotFound(f"no config was given and there is no file {path!r}")
        return config


if hasattr(os, "register_at_fork"):
    os.register_at_fork(
        before=KameleoonClientFactory._before_fork,
        after_in_parent=KameleoonClientFactory._after_fork_in_parent,
        after_in_child=KameleoonClientFactory._after_fork_in_child,
    )
