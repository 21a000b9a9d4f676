"""``KameleoonClientConfig``: what a client is made with. The table of its parameters is ``docs/configuration.md``."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from kameleoon._data_file import DataFileSource, OwnSource
from kameleoon._deprecated import Find, moved
from kameleoon._imports import late_imports
from kameleoon._settings.defaults import (
    DEFAULT_CLOSE_TIMEOUT_SECONDS,
    DEFAULT_CONFIGURATION_PATH,
    DEFAULT_COOKIE_MAX_AGE_SECONDS,
    DEFAULT_DEFAULT_TIMEOUT_MILLISECONDS,
    DEFAULT_REFRESH_INTERVAL_MINUTES,
    DEFAULT_SESSION_DURATION_MINUTES,
    DEFAULT_SPOOL_MAXIMUM_SIZE,
    DEFAULT_TRACKING_INTERVAL_MILLISECONDS,
    MAX_TRACKING_INTERVAL_MILLISECONDS,
    MIN_TRACKING_INTERVAL_MILLISECONDS,
)
from kameleoon.logging.kameleoon_logger import KameleoonLogger
from kameleoon.stores.data_file_store import DataFileStore

if TYPE_CHECKING:
    from kameleoon._settings.table import Settings

# What knows the parameters is imported when the first configuration is made: importing the package stays fast.

__all__ = [
    "DEFAULT_CONFIGURATION_PATH",
    "DEFAULT_DEFAULT_TIMEOUT_MILLISECONDS",
    "DEFAULT_REFRESH_INTERVAL_MINUTES",
    "DEFAULT_SESSION_DURATION_MINUTES",
    "DEFAULT_TRACKING_INTERVAL_MILLISECONDS",
    "MAX_TRACKING_INTERVAL_MILLISECONDS",
    "MIN_TRACKING_INTERVAL_MILLISECONDS",
    "KameleoonClientConfig",
]

__getattr__: Find = moved(__name__)


class KameleoonClientConfig:
    """What a client is made with: parameters, each with a unit in its name, a default and bounds.

    A value that cannot be used is logged as a warning, and its default or the nearest bound is used. Raises
    ``ConfigCredentialsInvalid`` where ``client_id`` or ``client_secret`` is empty, ``ConfigException`` where
    ``endpoint`` is no origin.

    ``settings`` is what came of it, immutable, in the client's units. A client keeps the settings that it was made
    with: the setters change the configuration for clients that are made later. Every parameter: docs/configuration.md.

    >>> config = KameleoonClientConfig("id", "secret", refresh_interval_minute=5, top_level_domain="example.com")
    >>> config.refresh_interval_second
    300
    """

    def __init__(
        self,
        client_id: str,
        client_secret: str,
        refresh_interval_minute: float = DEFAULT_REFRESH_INTERVAL_MINUTES,
        session_duration_minute: float = DEFAULT_SESSION_DURATION_MINUTES,
        default_timeout_millisecond: float = DEFAULT_DEFAULT_TIMEOUT_MILLISECONDS,
        environment: str | None = None,
        top_level_domain: str = "",
        logger: Any = None,
        multi_threading: bool | None = None,
        tracking_interval_millisecond: float = DEFAULT_TRACKING_INTERVAL_MILLISECONDS,
        network_domain: str | None = None,
        *,
        endpoint: str | None = None,
        default_data_file: DataFileSource | None = None,
        data_source: OwnSource | None = None,
        data_file_cache: str | os.PathLike[str] | None = None,
        data_file_store: str | DataFileStore | None = None,
        spool: str | os.PathLike[str] | None = None,
        spool_maximum_size: float = DEFAULT_SPOOL_MAXIMUM_SIZE,
        close_timeout_second: float = DEFAULT_CLOSE_TIMEOUT_SECONDS,
        visitor_data_maximum_size: float = 0,
        cookie_secure: bool | None = None,
        cookie_same_site: str | None = "Lax",
        cookie_path: str = "/",
        cookie_max_age_second: float = DEFAULT_COOKIE_MAX_AGE_SECONDS,
        simulation_cookie: bool = True,
    ) -> None:
        parameters = {name: value for name, value in locals().items() if name != "self"}
        if logger is not None:
            KameleoonLogger.set_logger(logger)  # at once: what is said of the other parameters goes to it too
        with late_imports:
            from kameleoon._settings.table import Settings

        self.settings: Settings = Settings.of(parameters)

    @classmethod
    def offline(
        cls,
        data_file: DataFileSource,
        *,
        environment: str | None = None,
        session_duration_minute: float = DEFAULT_SESSION_DURATION_MINUTES,
        top_level_domain: str = "",
        visitor_data_maximum_size: float = 0,
        cookie_secure: bool | None = None,
        cookie_same_site: str | None = "Lax",
        cookie_path: str = "/",
        cookie_max_age_second: float = DEFAULT_COOKIE_MAX_AGE_SECONDS,
        simulation_cookie: bool = True,
    ) -> KameleoonClientConfig:
        """A configuration that evaluates ``data_file`` alone: no credentials, no connection, nothing tracked.

        ``data_file``: the path of a JSON file, JSON text as ``bytes``, or a mapping. It is read when a client is made,
        and ``ConfigException`` raised where it cannot be. What it holds: docs/evaluation.md#the-data-file.

        >>> KameleoonClientConfig.offline({"featureFlags": []}).is_offline
        True
        """
        parameters = {name: value for name, value in locals().items() if name not in {"cls", "data_file"}}
        credentials = {"client_id": "offline", "client_secret": "offline"}
        with late_imports:
            from kameleoon._settings.table import Settings

        return cls._with(Settings.of({**credentials, **parameters, "default_data_file": data_file}, is_offline=True))

    @classmethod
    def read_from_yaml(cls, config_path: str | os.PathLike[str] = DEFAULT_CONFIGURATION_PATH) -> KameleoonClientConfig:
        """The configuration in a YAML file, keys named as the parameters.

        A value of a wrong type is ignored with a warning. Where the file leaves a part of the credentials out, a client
        evaluates, and says that it is missing when it needs an access token.
        Raises ``ConfigFileNotFound``, ``ConfigException`` (which says where the file is wrong) and
        ``ConfigCredentialsInvalid``, where a credential is there and empty. See docs/configuration.md.
        """
        with late_imports:
            from kameleoon._settings.sources import read_yaml
            from kameleoon._settings.table import Settings

        return cls._with(Settings.of(read_yaml(config_path)))

    @classmethod
    def from_env(cls) -> KameleoonClientConfig:
        """The configuration in the process environment: ``KAMELEOON_CLIENT_ID``, ``KAMELEOON_CLIENT_SECRET``,
        ``KAMELEOON_ENVIRONMENT``, …; each parameter's name in capitals.

        A variable that cannot be read is ignored with a warning. Raises ``ConfigCredentialsInvalid`` where one of the
        credentials is missing, and ``ConfigException`` for an ``endpoint`` that is no origin.
        """
        with late_imports:
            from kameleoon._settings.sources import read_environment
            from kameleoon._settings.table import Settings

        return cls._with(Settings.of(read_environment()))

    @classmethod
    def _with(cls, settings: Settings) -> KameleoonClientConfig:
        config = cls.__new__(cls)
        config.settings = settings
        return config

    @property
    def client_id(self) -> str:
        """The client id; empty where a file leaves it out."""
        return self.settings.client_id

    @property
    def client_secret(self) -> str:
        """The client secret; empty where a file leaves it out."""
        return self.settings.client_secret

    @property
    def refresh_interval_second(self) -> float:
        """How often the data file is fetched, in seconds."""
        return self.settings.refresh_interval_second

    @property
    def session_duration_second(self) -> float:
        """How long a visitor without activity is remembered, in seconds."""
        return self.settings.session_duration_second

    @property
    def default_timeout_second(self) -> float:
        """The time-out of requests and of ``wait_init``, in seconds."""
        return self.settings.default_timeout_second

    @property
    def environment(self) -> str | None:
        """The environment of the feature flags; ``None`` is the default one."""
        return self.settings.environment

    @property
    def top_level_domain(self) -> str:
        """The domain of the visitor code's cookie."""
        return self.settings.top_level_domain

    @property
    def logger(self) -> Any:
        """Deprecated; see ``KameleoonLogger.set_logger``."""
        return self.settings.logger

    @property
    def multi_threading(self) -> bool:
        """Deprecated; it changes nothing."""
        return self.settings.multi_threading

    @property
    def tracking_interval_second(self) -> float:
        """How often events are sent, in seconds."""
        return self.settings.tracking_interval_second

    @property
    def network_domain(self) -> str | None:
        """What replaces the service's own domains."""
        return self.settings.network_domain

    @property
    def endpoint(self) -> str | None:
        """The one origin that everything is sent to."""
        return self.settings.endpoint

    @property
    def default_data_file(self) -> DataFileSource | None:
        """The data file that a client begins with: a path, bytes or a mapping. It can be assigned."""
        return self.settings.default_data_file

    @default_data_file.setter
    def default_data_file(self, value: DataFileSource | None) -> None:
        self.settings = self.settings.changed("default_data_file", value)

    @property
    def data_source(self) -> OwnSource | None:
        """Where data files come from instead of the service: the path of a file, or a function."""
        return self.settings.data_source

    @property
    def data_file_cache(self) -> str | None:
        """Where the last good data file is kept, for the next start and the other workers of the host."""
        return self.settings.data_file_cache

    @property
    def data_file_store(self) -> DataFileStore | None:
        """Where the processes of a deployment share the data file."""
        return self.settings.data_file_store

    @property
    def spool(self) -> str | None:
        """Where events are kept that cannot be sent."""
        return self.settings.spool

    @property
    def spool_maximum_size(self) -> float:
        """The most that the spool may take on the disk, in megabytes."""
        return self.settings.spool_maximum_size

    @property
    def close_timeout_second(self) -> float:
        """How long closing may take to send what is queued, in seconds. It can be assigned."""
        return self.settings.close_timeout_second

    @close_timeout_second.setter
    def close_timeout_second(self, value: float) -> None:
        self.settings = self.settings.changed("close_timeout_second", value)

    @property
    def visitor_data_maximum_size(self) -> float:
        """The most memory that visitors may take, in megabytes; 0 is no limit."""
        return self.settings.visitor_data_maximum_size

    @property
    def cookie_secure(self) -> bool:
        """Whether the visitor code's cookie is for HTTPS alone."""
        return self.settings.cookie_secure

    @property
    def cookie_same_site(self) -> str | None:
        """The ``SameSite`` attribute of the visitor code's cookie; ``None`` leaves it out."""
        return self.settings.cookie_same_site

    @property
    def cookie_path(self) -> str:
        """The path of the visitor code's cookie."""
        return self.settings.cookie_path

    @property
    def cookie_max_age_second(self) -> int:
        """How long the visitor code's cookie lasts, in seconds."""
        return self.settings.cookie_max_age_second

    @property
    def simulation_cookie(self) -> bool:
        """Whether a visitor's cookie may simulate variations."""
        return self.settings.simulation_cookie

    @property
    def is_offline(self) -> bool:
        """Whether a client never opens a connection."""
        return self.settings.is_offline

    def set_logger(self, value: Any) -> None:
        """Deprecated: use ``KameleoonLogger.set_logger``, which this calls; there is one logger for all clients."""
        KameleoonLogger.set_logger(value)
        self.settings = self.settings.changed("logger", value)

    def set_multi_threading(self, value: bool | None) -> None:
        """Deprecated; it changes nothing."""
        self.settings = self.settings.changed("multi_threading", value)

    def set_refresh_interval_minute(self, value: float) -> None:
        """Sets how often the data file is fetched, in minutes; not positive: a warning, and 60."""
        self.settings = self.settings.changed("refresh_interval_minute", value)

    def set_session_duration_minute(self, value: float) -> None:
        """Sets how long a visitor without activity is remembered, in minutes; not positive: a warning, and 30."""
        self.settings = self.settings.changed("session_duration_minute", value)

    def set_default_timeout_millisecond(self, value: float) -> None:
        """Sets the time-out of requests, in milliseconds; not positive: a warning, and 10000."""
        self.settings = self.settings.changed("default_timeout_millisecond", value)

    def set_tracking_interval_millisecond(self, value: float) -> None:
        """Sets how often events are sent, in milliseconds; outside 1000 to 5000: a warning, and the nearest bound."""
        self.settings = self.settings.changed("tracking_interval_millisecond", value)

    def set_environment(self, value: str | None) -> None:
        """Sets the environment of the feature flags."""
        self.settings = self.settings.changed("environment", value)

    def set_top_level_domain(self, value: str) -> None:
        """Sets the domain of the visitor code's cookie; an invalid one is used as it is, with an error in the log."""
        self.settings = self.settings.changed("top_level_domain", value)

    def set_network_domain(self, value: str | None) -> None:
        """Sets what replaces the service's own domains; an invalid one is ignored, with an error in the log."""
        self.settings = self.settings.changed("network_domain", value)

    def __repr__(self) -> str:
        return (
            f"KameleoonClientConfig(client_id={_masked(self.client_id)!r}, "
            f"client_secret={_masked(self.client_secret)!r}, environment={self.environment!r})"
        )


def _masked(secret: str) -> str:
    """A secret as it may be shown: ``****`` and its last four characters; the whole of a short one is hidden."""
    return "****" + (secret[-4:] if len(secret) > 8 else "")
