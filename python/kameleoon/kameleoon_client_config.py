"""``KameleoonClientConfig``: what a client is made with (spec 5, Factory and configuration)."""

from __future__ import annotations

import os
import re
from math import ceil, isfinite
from typing import Any

from kameleoon._data_file import DataFileSource
from kameleoon.exceptions import ConfigCredentialsInvalid, ConfigException, ConfigFileNotFound
from kameleoon.logging.kameleoon_logger import KameleoonLogger

__all__ = ["KameleoonClientConfig"]

# Compiled when a client is made, not when the package is imported.
_DOMAIN = r"(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z][a-z0-9-]*[a-z0-9]"
_SCHEME = r"^https?://"
_TRACKING_INTERVALS = (1000, 5000)
_SAME_SITE = {"lax": "Lax", "strict": "Strict", "none": "None"}
_COOKIE_MAX_AGE_SECONDS = 380 * 24 * 60 * 60
_LONGEST_COOKIE_SECONDS = 10_000_000_000  # beyond it dates fail

# Every parameter that a file or the environment may hold, with the types that a file may give it.
_PARAMETERS: dict[str, tuple[type, ...]] = {
    "client_id": (str,),
    "client_secret": (str,),
    "refresh_interval_minute": (int, float),
    "session_duration_minute": (int, float),
    "default_timeout_millisecond": (int, float),
    "environment": (str,),
    "top_level_domain": (str,),
    "multi_threading": (bool,),
    "tracking_interval_millisecond": (int, float),
    "network_domain": (str,),
    "endpoint": (str,),
    "default_data_file": (str,),
    "visitor_data_maximum_size": (int, float),
    "cookie_secure": (bool,),
    "cookie_same_site": (str,),
    "cookie_path": (str,),
    "cookie_max_age_second": (int, float),
    "simulation_cookie": (bool,),
}
_ENVIRONMENT_PREFIX = "KAMELEOON_"


class KameleoonClientConfig:
    """What a client is made with.

    ``client_id``, ``client_secret``: the credentials (``ConfigCredentialsInvalid`` where one is empty).
    ``refresh_interval_minute``: how often the data file is fetched while it is not streamed.
    ``session_duration_minute``: how long a visitor without activity is remembered.
    ``default_timeout_millisecond``: for requests and ``wait_init``.
    ``environment``: of the feature flags; ``None`` is the default one.
    ``top_level_domain``: of the visitor code's cookie.
    ``tracking_interval_millisecond``: how often events are sent, 1000 to 5000.
    ``network_domain``: replaces the service's own domains. ``endpoint``: sends everything to one origin.
    ``default_data_file``: a path, bytes or a mapping; the client is ready with it at once, until a newer one
    (``dateModified``) has been fetched.
    ``visitor_data_maximum_size``: the most memory, in megabytes, that visitors and what they have to send may take; the
    visitors idle for longest make room, those with unsent events last. 0 (the default) is no limit.
    ``close_timeout_second``: how long closing, or leaving the interpreter, may take to send what is queued.
    ``cookie_secure``: whether the visitor code's cookie is for HTTPS alone; ``None`` (the default): where
    ``cookie_same_site`` asks for it. ``cookie_same_site``: ``"Lax"`` (the default), ``"Strict"``, ``"None"``, which
    browsers take with ``Secure`` alone, or ``None`` to leave the attribute out. ``cookie_path``: where the cookie is
    sent (``/``). ``cookie_max_age_second``: how long it lasts, in seconds (380 days).
    ``simulation_cookie``: whether a visitor's cookie may simulate variations (``True``).
    ``logger``, ``multi_threading``: accepted, deprecated.
    """

    def __init__(
        self,
        client_id: str,
        client_secret: str,
        refresh_interval_minute: float = 60,
        session_duration_minute: float = 30,
        default_timeout_millisecond: float = 10000,
        environment: str | None = None,
        top_level_domain: str = "",
        logger: Any = None,
        multi_threading: bool | None = None,
        tracking_interval_millisecond: float = 1000,
        network_domain: str | None = None,
        *,
        endpoint: str | None = None,
        default_data_file: DataFileSource | None = None,
        close_timeout_second: float = 2.0,
        visitor_data_maximum_size: float = 0,
        cookie_secure: bool | None = None,
        cookie_same_site: str | None = "Lax",
        cookie_path: str = "/",
        cookie_max_age_second: float = _COOKIE_MAX_AGE_SECONDS,
        simulation_cookie: bool = True,
    ) -> None:
        for name, value in (("client id", client_id), ("client secret", client_secret)):
            if not isinstance(value, str) or not value:
                raise ConfigCredentialsInvalid(f"the {name} is empty")
        self._client_id = client_id
        self._client_secret = client_secret
        self._offline = False
        self.default_data_file = default_data_file
        self.close_timeout_second = max(0.0, float(close_timeout_second))
        self._visitor_data_maximum_size = _not_negative("visitor_data_maximum_size", visitor_data_maximum_size)
        self._endpoint = _checked_endpoint(endpoint)
        self._cookie_same_site = _checked_same_site(cookie_same_site)
        self._cookie_secure = _checked_secure(cookie_secure, self._cookie_same_site)
        self._cookie_path = _checked_cookie_path(cookie_path)
        max_age = _positive("cookie_max_age_second", cookie_max_age_second, _COOKIE_MAX_AGE_SECONDS)
        self._cookie_max_age_second = ceil(min(max_age, _LONGEST_COOKIE_SECONDS))
        self._simulation_cookie = bool(simulation_cookie)
        self.set_refresh_interval_minute(refresh_interval_minute)
        self.set_session_duration_minute(session_duration_minute)
        self.set_default_timeout_millisecond(default_timeout_millisecond)
        self.set_environment(environment)
        self.set_top_level_domain(top_level_domain)
        self.set_logger(logger)
        self.set_multi_threading(multi_threading)
        self.set_tracking_interval_millisecond(tracking_interval_millisecond)
        self.set_network_domain(network_domain)

    @classmethod
    def offline(
        cls,
        data_file: DataFileSource,
        *,
        environment: str | None = None,
        session_duration_minute: float = 30,
        top_level_domain: str = "",
        visitor_data_maximum_size: float = 0,
        cookie_secure: bool | None = None,
        cookie_same_site: str | None = "Lax",
        cookie_path: str = "/",
        cookie_max_age_second: float = _COOKIE_MAX_AGE_SECONDS,
        simulation_cookie: bool = True,
    ) -> KameleoonClientConfig:
        """A configuration that evaluates ``data_file`` alone: no credentials, no connection, nothing tracked."""
        config = cls(
            "offline",
            "offline",
            session_duration_minute=session_duration_minute,
            environment=environment,
            top_level_domain=top_level_domain,
            default_data_file=data_file,
            visitor_data_maximum_size=visitor_data_maximum_size,
            cookie_secure=cookie_secure,
            cookie_same_site=cookie_same_site,
            cookie_path=cookie_path,
            cookie_max_age_second=cookie_max_age_second,
            simulation_cookie=simulation_cookie,
        )
        config._offline = True
        return config

    @classmethod
    def read_from_yaml(cls, config_path: str | os.PathLike[str]) -> KameleoonClientConfig:
        """The configuration in a YAML file, keys named as the parameters.

        A value of a wrong type is ignored with a warning. What the file leaves out is taken from the environment:
        ``KAMELEOON_CLIENT_ID``, ``KAMELEOON_CLIENT_SECRET``, ``KAMELEOON_ENVIRONMENT``, ….
        Raises ``ConfigFileNotFound``, ``ConfigException`` (which says where the file is wrong) and
        ``ConfigCredentialsInvalid``.
        """
        values = _read_yaml(config_path)
        values = {name: value for name, value in values.items() if _is_usable(name, value, config_path)}
        return cls._from_values({**_read_environment(), **values})

    @classmethod
    def _from_environment(cls) -> KameleoonClientConfig | None:
        """The configuration in the environment alone, if there are credentials."""
        values = _read_environment()
        return cls._from_values(values) if "client_id" in values and "client_secret" in values else None

    @classmethod
    def _from_values(cls, values: dict[str, Any]) -> KameleoonClientConfig:
        credentials = {"client_id": "", "client_secret": ""}
        return cls(**{**credentials, **values})

    @property
    def client_id(self) -> str:
        """The client id."""
        return self._client_id

    @property
    def client_secret(self) -> str:
        """The client secret."""
        return self._client_secret

    @property
    def visitor_data_maximum_size(self) -> float:
        """The most memory that visitors may take, in megabytes; 0 is no limit."""
        return self._visitor_data_maximum_size

    @property
    def logger(self) -> Any:
        """Deprecated; see ``KameleoonLogger.set_logger``."""
        return self._logger

    @property
    def refresh_interval_second(self) -> float:
        """How often the data file is fetched, in seconds."""
        return self._refresh_interval_second

    @property
    def session_duration_second(self) -> float:
        """How long a visitor without activity is remembered, in seconds."""
        return self._session_duration_second

    @property
    def default_timeout_second(self) -> float:
        """The time-out of requests and of ``wait_init``, in seconds."""
        return self._default_timeout_second

    @property
    def tracking_interval_second(self) -> float:
        """How often events are sent, in seconds."""
        return self._tracking_interval_second

    @property
    def environment(self) -> str | None:
        """The environment of the feature flags; ``None`` is the default one."""
        return self._environment

    @property
    def top_level_domain(self) -> str:
        """The domain of the visitor code's cookie."""
        return self._top_level_domain

    @property
    def cookie_secure(self) -> bool:
        """Whether the visitor code's cookie is for HTTPS alone."""
        return self._cookie_secure

    @property
    def cookie_same_site(self) -> str | None:
        """The ``SameSite`` attribute of the visitor code's cookie; ``None`` leaves it out."""
        return self._cookie_same_site

    @property
    def cookie_path(self) -> str:
        """The path of the visitor code's cookie."""
        return self._cookie_path

    @property
    def cookie_max_age_second(self) -> int:
        """How long the visitor code's cookie lasts, in seconds."""
        return self._cookie_max_age_second

    @property
    def simulation_cookie(self) -> bool:
        """Whether a visitor's cookie may simulate variations."""
        return self._simulation_cookie

    @property
    def multi_threading(self) -> bool | None:
        """Deprecated; it changes nothing."""
        return self._multi_threading

    @property
    def network_domain(self) -> str | None:
        """What replaces the service's own domains."""
        return self._network_domain

    @property
    def endpoint(self) -> str | None:
        """The one origin that everything is sent to."""
        return self._endpoint

    @property
    def is_offline(self) -> bool:
        """Whether the client never opens a connection."""
        return self._offline

    def set_logger(self, logger: Any) -> None:
        """Deprecated; see ``KameleoonLogger.set_logger``."""
        if logger is not None:
            KameleoonLogger.warning("config: 'logger' is deprecated; use KameleoonLogger.set_logger")
        self._logger = logger

    def set_multi_threading(self, multi_threading: bool | None) -> None:
        """Deprecated; it changes nothing."""
        self._multi_threading = multi_threading

    def set_refresh_interval_minute(self, refresh_interval_minute: float) -> None:
        """Sets how often the data file is fetched, in minutes; not positive: a warning, and 60."""
        self._refresh_interval_second = _positive("refresh_interval_minute", refresh_interval_minute, 60) * 60

    def set_session_duration_minute(self, session_duration_minute: float) -> None:
        """Sets how long a visitor without activity is remembered, in minutes; not positive: a warning, and 30."""
        self._session_duration_second = _positive("session_duration_minute", session_duration_minute, 30) * 60

    def set_default_timeout_millisecond(self, default_timeout_millisecond: float) -> None:
        """Sets the time-out of requests, in milliseconds; not positive: a warning, and 10000."""
        timeout = _positive("default_timeout_millisecond", default_timeout_millisecond, 10000)
        self._default_timeout_second = timeout / 1000

    def set_tracking_interval_millisecond(self, tracking_interval_millisecond: float) -> None:
        """Sets how often events are sent, in milliseconds; outside 1000 to 5000: a warning, and the nearest bound."""
        value = tracking_interval_millisecond
        if not _is_number(value):
            KameleoonLogger.warning("config: tracking_interval_millisecond %r is no number; 1000 is used", value)
            value = 1000
        least, most = _TRACKING_INTERVALS
        bounded = min(max(value, least), most)
        if bounded != value:
            KameleoonLogger.warning("config: tracking_interval_millisecond %r is moved to %r", value, bounded)
        self._tracking_interval_second = bounded / 1000

    def set_environment(self, environment: str | None) -> None:
        """Sets the environment of the feature flags."""
        self._environment = environment or None

    def set_top_level_domain(self, top_level_domain: str) -> None:
        """Sets the domain of the visitor code's cookie; an invalid one is used as it is, with an error in the log."""
        domain = re.sub(_SCHEME, "", (top_level_domain or "").lower())
        if domain and domain != "localhost" and not re.fullmatch(_DOMAIN, domain.strip(".")):
            KameleoonLogger.error("config: top_level_domain %r is no domain; it is used as it is", top_level_domain)
            domain = top_level_domain
        self._top_level_domain = domain

    def set_network_domain(self, network_domain: str | None) -> None:
        """Sets what replaces the service's own domains; an invalid one is ignored, with an error in the log."""
        self._network_domain: str | None = None
        if network_domain:
            domain = re.sub(_SCHEME, "", network_domain.lower()).strip(".")
            if re.fullmatch(_DOMAIN, domain):
                self._network_domain = domain
            else:
                KameleoonLogger.error("config: network_domain %r is no domain; it is ignored", network_domain)

    def __copy__(self) -> KameleoonClientConfig:
        other = object.__new__(type(self))
        other.__dict__.update(self.__dict__)
        return other

    def __deepcopy__(self, memo: dict[int, Any]) -> KameleoonClientConfig:
        return self.__copy__()  # a data file given as a mapping is shared

    def __reduce__(self) -> Any:
        if not self._offline:
            raise TypeError(
                "a KameleoonClientConfig cannot be pickled: it holds the client secret. hint: make one in each "
                "process, with read_from_yaml for instance"
            )
        return _unpickled, (type(self), dict(self.__dict__))

    def __repr__(self) -> str:
        return (
            f"KameleoonClientConfig(client_id={masked(self._client_id)!r}, "
            f"client_secret={masked(self._client_secret)!r}, environment={self._environment!r})"
        )


def _unpickled(kind: type[KameleoonClientConfig], attributes: dict[str, Any]) -> KameleoonClientConfig:
    config = object.__new__(kind)
    config.__dict__.update(attributes)
    return config


def masked(secret: str) -> str:
    """A secret as it may be shown: ``****`` and its last four characters; the whole of a short one is hidden."""
    return "****" + (secret[-4:] if len(secret) > 8 else "")


def _is_number(value: object) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool) and isfinite(value)


def _positive(name: str, value: float, default: float) -> float:
    if _is_number(value) and value > 0:
        return value
    KameleoonLogger.warning("config: %s must be a positive number, not %r; %r is used", name, value, default)
    return default


def _not_negative(name: str, value: float) -> float:
    if _is_number(value) and value >= 0:
        return value
    KameleoonLogger.warning("config: %s must be a number of megabytes, not %r; there is no limit", name, value)
    return 0


def _checked_same_site(value: str | None) -> str | None:
    if not value:
        return None
    known = _SAME_SITE.get(value.lower()) if isinstance(value, str) else None
    if known is None:
        KameleoonLogger.warning("config: cookie_same_site must be Lax, Strict or None, not %r; Lax is used", value)
    return known or "Lax"


def _checked_secure(secure: bool | None, same_site: str | None) -> bool:
    if secure is None:
        return same_site == "None"
    if not secure and same_site == "None":
        KameleoonLogger.warning("config: browsers refuse cookies of cookie_same_site 'None' without cookie_secure")
    return bool(secure)


def _checked_cookie_path(path: str) -> str:
    if isinstance(path, str) and re.fullmatch(r"/[\x21-\x3a\x3c-\x7e]*", path):
        return path
    KameleoonLogger.warning("config: cookie_path must begin with '/' and hold no ';', not %r; '/' is used", path)
    return "/"


def _checked_endpoint(endpoint: str | None) -> str | None:
    if not endpoint:
        return None
    if not re.fullmatch(r"https?://[^/?#\s]+/?", endpoint):
        raise ConfigException(f"endpoint must be like http://host:port, not {endpoint!r}")
    return endpoint.rstrip("/")


def _is_usable(name: Any, value: Any, path: object) -> bool:
    types = _PARAMETERS.get(name)
    if types is None:
        KameleoonLogger.warning("config file %s: key %r is not known; it is ignored", path, name)
        return False
    is_wrong_bool = isinstance(value, bool) and bool not in types
    if value is None:
        return False
    if not isinstance(value, types) or is_wrong_bool:
        expected = " or ".join(kind.__name__ for kind in types)
        KameleoonLogger.warning("config file %s: key %r must be %s; it is ignored", path, name, expected)
        return False
    return True


def _read_yaml(path: str | os.PathLike[str]) -> dict[Any, Any]:
    import yaml  # here, so that importing the package does not

    try:
        with open(path, encoding="utf-8") as file:
            loaded = yaml.safe_load(file)
    except FileNotFoundError as error:
        raise ConfigFileNotFound(f"there is no config file {os.fspath(path)!r}") from error
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigException(f"config file {os.fspath(path)!r} cannot be read: {error}") from error
    except yaml.YAMLError as error:
        raise ConfigException(f"config file {os.fspath(path)!r} is no YAML: {error}") from error
    if loaded is None:
        return {}
    if not isinstance(loaded, dict):
        kind = type(loaded).__name__
        raise ConfigException(f"config file {os.fspath(path)!r} must hold a mapping at its top level, not {kind}")
    return loaded


def _read_environment() -> dict[str, Any]:
    """The parameters in the environment; one that cannot be read is ignored with a warning."""
    values: dict[str, Any] = {}
    for name, types in _PARAMETERS.items():
        variable = _ENVIRONMENT_PREFIX + name.upper()
        text = os.environ.get(variable)
        if not text:
            continue
        try:
            values[name] = _from_text(text, types)
        except ValueError:
            KameleoonLogger.warning("environment variable %s cannot be read; it is ignored", variable)
    return values


def _from_text(text: str, types: tuple[type, ...]) -> Any:
    if bool in types:
        known = {"true": True, "1": True, "false": False, "0": False}
        if text.lower() not in known:
            raise ValueError(text)
        return known[text.lower()]
    if float in types:
        return float(text)
    return text
