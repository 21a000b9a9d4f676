"""The table of the settings: what a client is made with, a row each.

What comes in are parameters, in the units that people give (minutes, milliseconds); what goes out is a ``Settings``:
checked, immutable, in the units that the client uses (seconds). ``KameleoonClientConfig`` makes one, a client keeps the
one that it was made with; files, the process environment and ``docs/configuration.md`` know each parameter from here
alone.

>>> settings = Settings.of({"client_id": "id", "client_secret": "secret", "refresh_interval_minute": 5})
>>> settings.refresh_interval_second
300
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from functools import cache
from typing import Any

from kameleoon._data_file import DataFileSource, OwnSource
from kameleoon._settings import defaults
from kameleoon._settings.addresses import CookieDomain, CookiePath, NetworkDomain, Origin, SameSite
from kameleoon._settings.kinds import (
    CachePath,
    Credential,
    DataFile,
    DeprecatedLogger,
    DeprecatedSwitch,
    Kind,
    Number,
    OwnDataFileStore,
    OwnDataSource,
    Switch,
    Text,
)
from kameleoon.logging.kameleoon_logger import KameleoonLogger
from kameleoon.stores.data_file_store import DataFileStore

_DAY_SECONDS = 24 * 60 * 60
_MONTH_MINUTES = 30 * 24 * 60
_CENTURY_MINUTES = 100 * 366 * 24 * 60
_LONGEST_COOKIE_SECONDS = 10_000_000_000  # beyond it dates fail
_MOST_MEGABYTES = 1_000_000_000

REQUIRED = ("client_id", "client_secret")
"""The parameters without which no access token can be had."""


@dataclass(frozen=True)
class Row:
    """A parameter: what it is called, what it may be, what it is where nobody gives it, and what it is for."""

    parameter: str
    kind: Kind
    default: Any
    """In the parameter's unit."""
    meaning: str

    @property
    def environment_variable(self) -> str | None:
        """The variable of the process environment that gives it; ``None`` if the program alone can."""
        return f"KAMELEOON_{self.parameter.upper()}" if self.kind.file_types else None


def _row(
    parameter: str, kind: Kind, default: Any, meaning: str, *, is_shown: bool = True, is_compared: bool = True
) -> Any:
    row = Row(parameter, kind, default, meaning)
    return field(default=kind.stored(default), repr=is_shown, compare=is_compared, metadata={Row: row})


@dataclass(frozen=True)
class Settings:
    """What a client is made with. Durations are in seconds, ``visitor_data_maximum_size`` in megabytes."""

    client_id: str = _row("client_id", Credential(), "", "The client id of the credentials.", is_shown=False)
    client_secret: str = _row("client_secret", Credential(), "", "The client secret.", is_shown=False)
    refresh_interval_second: float = _row(
        "refresh_interval_minute",
        Number("minutes", more_than=0, most=_MONTH_MINUTES),
        defaults.DEFAULT_REFRESH_INTERVAL_MINUTES,
        "How often the data file is fetched.",
    )
    session_duration_second: float = _row(
        "session_duration_minute",
        Number("minutes", more_than=0, most=_CENTURY_MINUTES),
        defaults.DEFAULT_SESSION_DURATION_MINUTES,
        "How long a visitor without activity is remembered.",
    )
    default_timeout_second: float = _row(
        "default_timeout_millisecond",
        Number("milliseconds", more_than=0, most=_DAY_SECONDS * 1000),
        defaults.DEFAULT_DEFAULT_TIMEOUT_MILLISECONDS,
        "The time-out of requests and of `wait_init`, where a call names none.",
    )
    environment: str | None = _row(
        "environment", Text(), None, "The environment of the feature flags; without one, the default environment."
    )
    top_level_domain: str = _row(
        "top_level_domain",
        CookieDomain(),
        "",
        "The domain of the visitor code's cookie, so that subdomains share it. Without one there is a warning, and the "
        "cookie is the host's alone.",
    )
    logger: Any = _row(  # noqa: RUF009  # it is a field
        "logger", DeprecatedLogger(), None, "Deprecated: use `KameleoonLogger.set_logger`.", is_compared=False
    )
    multi_threading: bool = _row("multi_threading", DeprecatedSwitch(), None, "Deprecated: it changes nothing.")
    tracking_interval_second: float = _row(
        "tracking_interval_millisecond",
        Number(
            "milliseconds",
            least=defaults.MIN_TRACKING_INTERVAL_MILLISECONDS,
            most=defaults.MAX_TRACKING_INTERVAL_MILLISECONDS,
        ),
        defaults.DEFAULT_TRACKING_INTERVAL_MILLISECONDS,
        "How often events are sent.",
    )
    network_domain: str | None = _row(
        "network_domain", NetworkDomain(), None, "A domain that replaces the service's own ones, for a proxy of yours."
    )
    endpoint: str | None = _row(
        "endpoint", Origin(), None, "The one origin that everything is sent to, such as a local platform."
    )
    default_data_file: DataFileSource | None = _row(  # noqa: RUF009  # it is a field
        "default_data_file",
        DataFile(),
        None,
        "A data file that makes the client ready at once, until a newer one (`dateModified`) has been fetched.",
        is_shown=False,
    )
    data_source: OwnSource | None = _row(  # noqa: RUF009  # it is a field
        "data_source",
        OwnDataSource(),
        None,
        "Where data files come from instead of the service: a file that is watched, or a function that is asked each "
        "refresh interval. Events are sent to the service all the same.",
        is_shown=False,
    )
    data_file_cache: str | None = _row(
        "data_file_cache",
        CachePath(),
        None,
        "Where the last good data file is kept: a client that starts is ready at once, and the workers of a host share "
        "it, so that one of them fetches. A file if the name ends with `.json`, else a directory.",
    )
    data_file_store: DataFileStore | None = _row(  # noqa: RUF009  # it is a field
        "data_file_store",
        OwnDataFileStore(),
        None,
        "Where the processes of a deployment share the data file, so that one of them fetches.",
        is_shown=False,
        is_compared=False,
    )
    spool: str | None = _row(
        "spool",
        CachePath(),
        None,
        "A directory for events that cannot be sent: while the service is down, and when the process ends. This "
        "process or a later one sends them.",
    )
    spool_maximum_size: float = _row(
        "spool_maximum_size",
        Number("megabytes", more_than=0, most=_MOST_MEGABYTES),
        defaults.DEFAULT_SPOOL_MAXIMUM_SIZE,
        "The most that the spool may take on the disk, for a site and environment. The oldest events make room.",
    )
    close_timeout_second: float = _row(
        "close_timeout_second",
        Number("seconds", least=0, most=_DAY_SECONDS),
        defaults.DEFAULT_CLOSE_TIMEOUT_SECONDS,
        "How long closing a client, or leaving the interpreter, may take to send what is queued.",
    )
    visitor_data_maximum_size: float = _row(
        "visitor_data_maximum_size",
        Number("megabytes", least=0, most=_MOST_MEGABYTES),
        0,
        "The most memory that visitors and what they have to send may take; 0 is no limit. The visitors idle for "
        "longest make room, those with unsent events last.",
    )
    cookie_secure: bool = _row(
        "cookie_secure",
        Switch(),
        None,
        "Whether the visitor code's cookie is for HTTPS alone; by default where `cookie_same_site` is `None`, which "
        "browsers take with it alone.",
    )
    cookie_same_site: str | None = _row(
        "cookie_same_site", SameSite(), "Lax", "The `SameSite` attribute of the visitor code's cookie."
    )
    cookie_path: str = _row("cookie_path", CookiePath(), "/", "The path of the visitor code's cookie.")
    cookie_max_age_second: int = _row(
        "cookie_max_age_second",
        Number("seconds", more_than=0, most=_LONGEST_COOKIE_SECONDS, is_whole=True),
        defaults.DEFAULT_COOKIE_MAX_AGE_SECONDS,
        "How long the visitor code's cookie lasts (380 days), rounded up.",
    )
    simulation_cookie: bool = _row(
        "simulation_cookie", Switch(), True, "Whether a visitor's cookie may simulate variations."
    )
    is_offline: bool = False
    """Whether the client never opens a connection; no parameter gives it but ``KameleoonClientConfig.offline``."""

    @classmethod
    def of(cls, parameters: Mapping[str, Any], *, is_offline: bool = False) -> Settings:
        """The settings that parameters give; what they leave out is the default.

        Raises ``ConfigCredentialsInvalid`` for credentials that are there and empty, ``ConfigException`` for an
        ``endpoint`` that is no origin.
        """
        given = dict(parameters)
        if not is_offline:
            given.setdefault("top_level_domain", "")  # its check says that it is missing
        elif not given.get("top_level_domain"):
            given.pop("top_level_domain", None)
        values = dict(_checked(parameter, value) for parameter, value in given.items())
        settings = cls(**values, is_offline=is_offline)
        return replace(settings, cookie_secure=_is_secure(given.get("cookie_secure"), settings.cookie_same_site))

    def changed(self, parameter: str, value: Any) -> Settings:
        """These settings, but for one parameter."""
        name, used = _checked(parameter, value)
        return replace(self, **{name: used})

    def __copy__(self) -> Settings:
        return self

    def __deepcopy__(self, memo: dict[int, Any]) -> Settings:
        return self  # immutable but for a data file given as a mapping, which copies share

    def __reduce_ex__(self, protocol: Any) -> Any:
        if not self.is_offline:
            raise TypeError(
                "a KameleoonClientConfig cannot be pickled: it holds the client secret. hint: make one in each "
                "process, with read_from_yaml or from_env for instance"
            )
        return super().__reduce_ex__(protocol)


@cache
def rows() -> dict[str, Row]:
    """The table: the row of each field of ``Settings`` that a parameter gives, in the order of the parameters."""
    return {each.name: each.metadata[Row] for each in fields(Settings) if Row in each.metadata}


@cache
def _by_parameter() -> dict[str, tuple[str, Row]]:
    return {row.parameter: (name, row) for name, row in rows().items()}


def _checked(parameter: str, value: Any) -> tuple[str, Any]:
    """The field that a parameter gives, and its value there; what cannot be used is logged and replaced."""
    name, row = _by_parameter()[parameter]
    return name, row.kind.stored(row.kind.checked(parameter, value, row.default))


def _is_secure(given: bool | None, same_site: str | None) -> bool:
    if given is None:
        return same_site == "None"
    if not given and same_site == "None":
        KameleoonLogger.warning("config: browsers refuse cookies of cookie_same_site 'None' without cookie_secure")
    return bool(given)
