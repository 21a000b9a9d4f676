"""``KameleoonClient``: evaluates feature flags for visitors (spec 5, Client)."""

from __future__ import annotations

import threading
import time
import weakref
from collections.abc import Callable
from math import ceil
from typing import TYPE_CHECKING, Any

from kameleoon import _lifecycle
from kameleoon._cookies import VISITOR_CODE_COOKIE, new_visitor_code, read_cookie, read_simulation, set_visitor_code
from kameleoon._data_file import DataFileInUse, read_data_file
from kameleoon._events import EventDispatcher
from kameleoon._native import EngineClient
from kameleoon._timers import Timers
from kameleoon.data import CustomData, Data, UniqueIdentifier
from kameleoon.exceptions import ConfigException
from kameleoon.logging.kameleoon_logger import KameleoonLogger

if TYPE_CHECKING:
    from types import TracebackType

    from kameleoon._cookies import Cookies, MutableCookies
    from kameleoon._remote_data import DataCall
    from kameleoon._service import Service
    from kameleoon.events.event_handler import EventHandler
    from kameleoon.events.event_type import EventType
    from kameleoon.kameleoon_client_config import KameleoonClientConfig
    from kameleoon.types.client_stats import ClientStats
    from kameleoon.types.data_file import DataFile
    from kameleoon.types.explanation import Explanation
    from kameleoon.types.remote_visitor_data_filter import RemoteVisitorDataFilter

# What only some programs use is imported where it is used: importing the package stays fast.

__all__ = ["KameleoonClient"]

_PURGE_TICK_SECONDS = 1.0
_MEGABYTE = 1_000_000
_SHORTEST_SLEEP_SECONDS = 1.0
_LONGEST_SLEEP_SECONDS = 60.0


class KameleoonClient(EngineClient):
    """Evaluates feature flags for visitors. Made by ``KameleoonClientFactory.create``.

    The methods that a server calls for every request are native and inherited: ``is_feature_active``,
    ``get_variation``, ``get_variations``, ``add_data``, ``track_conversion``, ….
    """

    def __init__(self, site_code: str, config: KameleoonClientConfig) -> None:
        """A client of ``site_code``. Raises ``ConfigException`` if ``config.default_data_file`` cannot be read."""
        self._site_code = site_code
        self._config = config
        self._events = EventDispatcher()
        self._fork_gate = threading.Lock()
        self._waking = threading.RLock()
        self._sleep_seconds = 0.0  # how long the client sleeps after it could not wake up; 0 as long as it could
        self._sleeps_until = 0.0
        self._timers: Timers | None = None
        self._service: Service | None = None
        self._closed = False
        self._data_file = DataFileInUse()
        self._configure(config.environment, not config.is_offline)
        self._set_memory_limit(int(config.visitor_data_maximum_size * _MEGABYTE))
        self._advance_clock()
        if config.default_data_file is not None:
            try:
                self._use_data_file(read_data_file(config.default_data_file), "default")
            except ValueError as error:
                raise ConfigException(f"the default data file cannot be used: {error}") from error
        _lifecycle.register(self)
        self._wake_up()

    @property
    def site_code(self) -> str:
        """The site code."""
        return self._site_code

    # Visitor codes and consent

    def get_visitor_code(
        self,
        cookies_readonly: Cookies | None = None,
        cookies: MutableCookies | None = None,
        default_visitor_code: str | None = None,
    ) -> str:
        """The visitor's code: from its cookie, else ``default_visitor_code``, else 16 random hex digits.

        When it was not in the cookie and ``cookies`` is given, the cookie is set there, unless consent is required and
        no enabled flag has a targeted-delivery rule. Simulated variations are read from their cookie, if the
        config's ``simulation_cookie`` allows it.
        Raises ``VisitorCodeInvalid``. (spec 5)
        """
        visitor_code = read_cookie(VISITOR_CODE_COOKIE, cookies_readonly, cookies)
        is_known = visitor_code is not None
        if visitor_code is None:
            visitor_code = default_visitor_code or new_visitor_code()
        self._check_visitor_code(visitor_code)
        if not is_known and cookies is not None and self._may_keep_visitor_code():
            set_visitor_code(cookies, visitor_code, self._config)
        simulation = read_simulation(cookies_readonly, cookies) if self._config.simulation_cookie else None
        if simulation is not None:
            self._simulate(visitor_code, simulation)
        return visitor_code

    def _may_keep_visitor_code(self) -> bool:
        _, _, consent_required, _ = self._data_file_settings()
        return not consent_required or self._has_targeted_delivery()

    def set_legal_consent(self, visitor_code: str, consent: bool, cookies: MutableCookies | None = None) -> None:
        """Notes the visitor's consent; once it is given, the visitor code's cookie is set in ``cookies``.

        Raises ``VisitorCodeInvalid``.
        """
        self._set_consent(visitor_code, bool(consent))
        if consent and cookies is not None:
            set_visitor_code(cookies, visitor_code, self._config)

    # The data file

    def get_data_file(self) -> DataFile:
        """The data file in use, as a copy of its own."""
        from kameleoon.types.data_file import DataFile
        from kameleoon.types.feature_flag import FeatureFlag
        from kameleoon.types.rule import Rule

        flags: dict[str, FeatureFlag] = {}
        for key, environment_enabled, default_variation_key, variations, rules in self._feature_flags():
            flags[key] = FeatureFlag(
                {variation.key: variation for variation in variations},
                environment_enabled,
                [Rule({variation.key: variation for variation in rule}) for rule in rules],
                default_variation_key,
            )
        return DataFile(flags, self._data_file_settings()[0])

    def explain(self, visitor_code: str, feature_key: str) -> Explanation:
        """Each step that decides the visitor's variation of the feature flag; ``print`` shows it.

        Neither saves nor tracks. Raises ``VisitorCodeInvalid`` and ``FeatureNotFound``.
        """
        variation, reason, raw = self._explain(visitor_code, feature_key)
        from kameleoon.types.explanation import Explanation

        return Explanation(visitor_code, feature_key, variation, reason, raw)

    def _use_data_file(self, text: bytes, source: str = "service") -> bool:
        """Uses another data file from now on; what had to be left out of it is logged. Raises ``ValueError``.

        One that is older than the default one, as long as that is in use, is not used, and the answer is false.
        """
        is_default_in_use = self._data_file.source == "default"
        used, omissions = self._update_data_file(text, self._data_file_settings()[0] if is_default_in_use else None)
        if used:
            self._data_file.source = source
        for omission in omissions:
            KameleoonLogger.warning("%s", omission)
        return used

    # Readiness and events

    def wait_init(self, timeout_milliseconds: float | None = None, *, keep_trying: bool = False) -> bool:
        """Whether a configuration is in: waits for it until ``timeout_milliseconds`` (the default time-out for ``None``
        or a negative one) are over, or fetching it has failed; then the reason is logged, once for each failure, and
        the client keeps trying. With ``keep_trying`` failures do not end the wait: the time does, and ``close``.
        """
        if self.is_ready():
            return True
        service = self._running_service()
        if service is None:
            return False
        if timeout_milliseconds is None or timeout_milliseconds < 0:
            return service.configuration.wait(self._config.default_timeout_second, keep_trying=keep_trying)
        return service.configuration.wait(timeout_milliseconds / 1000, keep_trying=keep_trying)

    async def wait_init_async(self, timeout_milliseconds: float | None = None, *, keep_trying: bool = False) -> bool:
        """As ``wait_init``, without blocking the event loop."""
        if self.is_ready():
            return True
        service = self._running_service()
        if service is None:
            return False
        service.asynchronous.warm_up()
        return await service.asynchronous.threads.run(
            lambda: self.wait_init(timeout_milliseconds, keep_trying=keep_trying)
        )

    def is_ready(self) -> bool:
        """Whether a configuration is in."""
        return self._data_file.source != "none"

    def set_event_handler(self, event_type: EventType, handler: EventHandler | None) -> None:
        """Tells ``handler`` of events of a type from now on; ``None`` removes the handler. One that lacks a method is
        refused, with an error in the log.
        """
        self._events.set_handler(event_type, handler)

    def on_update_configuration(self, handler: Callable[[], None] | None) -> None:
        """Calls ``handler`` after updates that come by the real-time stream. Deprecated: use ``set_event_handler``."""
        self._events.set_on_update_configuration(handler)

    def stats(self) -> ClientStats:
        """Figures of the client as it runs."""
        service = self._service
        updated_at = self._data_file.updated_at
        counters = self._counters()
        if service is not None:
            counters["queued_visitors"] += service.tracking.visitors_to_retry
        from kameleoon.types.client_stats import ClientStats

        return ClientStats(
            is_ready=self.is_ready(),
            data_file_date_modified=self._data_file_settings()[0],
            data_file_source=self._data_file.source,
            data_file_age_second=None if updated_at is None else time.time() - updated_at,
            **counters,
            requests={} if service is None else service.request_counts(),
        )

    # Tracking and remote data

    def flush(
        self, visitor_code: str | None = None, is_unique_identifier: bool | None = None, instant: bool = False
    ) -> None:
        """Queues a visitor for tracking, or all visitors that have something unsent; with ``instant`` it is sent at
        once, not with the next interval. Never waits for the network. Raises ``VisitorCodeInvalid``.
        """
        if visitor_code is not None:
            self._mark_unique_identifier(visitor_code, is_unique_identifier)
            self._queue(visitor_code)
        service = self._running_service()
        if service is None:
            return
        if visitor_code is None:
            service.in_background(lambda: self._queue_everybody(service, instant))
        elif instant:
            service.in_background(lambda: service.tracking.send_visitor(visitor_code))

    def _queue_everybody(self, service: Service, instant: bool) -> None:
        with self._fork_gate:
            self._queue_all()
        if instant:
            service.tracking.drain()

    def _mark_unique_identifier(self, visitor_code: str, is_unique_identifier: bool | None) -> None:
        """Level 3.4: the mark may come along with any call."""
        if is_unique_identifier is not None:
            self.add_data(visitor_code, UniqueIdentifier(is_unique_identifier))

    def get_remote_data(self, key: str, timeout: float | None = None) -> Any:
        """The decoded JSON that the data service holds under ``key``; ``None`` if it cannot be had within ``timeout``
        seconds (the default time-out for ``None``).
        """
        service = self._running_service()
        if service is None:
            return None
        from kameleoon._remote_data import fetched, remote_data  # here, so that importing the package stays fast

        call = remote_data(service.endpoints, key)
        return fetched(service.authenticated, call, service.http.deadline(timeout))

    async def get_remote_data_async(self, key: str, timeout: float | None = None) -> Any:
        """As ``get_remote_data``, without blocking the event loop."""
        service = self._running_service()
        if service is None:
            return None
        from kameleoon._remote_data import remote_data  # here, as above

        call = remote_data(service.endpoints, key)
        return await service.asynchronous.fetched(call, service.http.deadline(timeout))

    def get_remote_visitor_data(
        self,
        visitor_code: str,
        add_data: bool = True,
        timeout: float | None = None,
        data_filter: RemoteVisitorDataFilter | None = None,
        is_unique_identifier: bool | None = None,
    ) -> list[Data]:
        """The visitor's data of earlier visits, as far as ``data_filter`` wants them; with ``add_data`` they are added
        to the visitor. An empty list if they cannot be had within ``timeout`` seconds.
        """
        self._mark_unique_identifier(visitor_code, is_unique_identifier)
        service = self._running_service()
        if service is None:
            return []
        from kameleoon._remote_data import fetched  # here, as above

        call = self._remote_visitor_data(service, visitor_code, add_data, data_filter)
        found: list[Data] = fetched(service.authenticated, call, service.http.deadline(timeout))
        return found

    async def get_remote_visitor_data_async(
        self,
        visitor_code: str,
        add_data: bool = True,
        timeout: float | None = None,
        data_filter: RemoteVisitorDataFilter | None = None,
        is_unique_identifier: bool | None = None,
    ) -> list[Data]:
        """As ``get_remote_visitor_data``, without blocking the event loop."""
        self._mark_unique_identifier(visitor_code, is_unique_identifier)
        service = self._running_service()
        if service is None:
            return []
        call = self._remote_visitor_data(service, visitor_code, add_data, data_filter)
        found: list[Data] = await service.asynchronous.fetched(call, service.http.deadline(timeout))
        return found

    def _remote_visitor_data(
        self, service: Service, visitor_code: str, add_data: bool, data_filter: RemoteVisitorDataFilter | None
    ) -> DataCall:
        from kameleoon._remote_data import remote_visitor_data  # here, as above
        from kameleoon.types.remote_visitor_data_filter import RemoteVisitorDataFilter

        wanted = data_filter or RemoteVisitorDataFilter()

        def read(answer: bytes) -> list[Data]:
            return self._load_remote_visitor_data(
                visitor_code,
                answer,
                store=add_data,
                device=wanted.device,
                browser=wanted.browser,
                operating_system=wanted.operating_system,
                visitor_code_wanted=wanted.visitor_code,
            )

        is_unique = self._is_unique_identifier(visitor_code)
        return remote_visitor_data(service.endpoints, visitor_code, wanted, is_unique_identifier=is_unique, read=read)

    def get_visitor_warehouse_audience(
        self,
        visitor_code: str,
        custom_data_index: int,
        warehouse_key: str | None = None,
        timeout: float | None = None,
    ) -> CustomData | None:
        """The visitor's warehouse audiences as a custom datum at ``custom_data_index``, which is added to the visitor;
        ``None`` if they cannot be had. Raises ``VisitorCodeInvalid``.
        """
        self._check_visitor_code(visitor_code)
        data = self.get_remote_data(warehouse_key or visitor_code, timeout)
        return self._add_warehouse_audience(visitor_code, custom_data_index, data)

    async def get_visitor_warehouse_audience_async(
        self,
        visitor_code: str,
        custom_data_index: int,
        warehouse_key: str | None = None,
        timeout: float | None = None,
    ) -> CustomData | None:
        """As ``get_visitor_warehouse_audience``, without blocking the event loop."""
        self._check_visitor_code(visitor_code)
        data = await self.get_remote_data_async(warehouse_key or visitor_code, timeout)
        return self._add_warehouse_audience(visitor_code, custom_data_index, data)

    def _add_warehouse_audience(self, visitor_code: str, custom_data_index: int, data: Any) -> CustomData | None:
        from kameleoon._remote_data import warehouse_audience  # here, as above

        audience = warehouse_audience(data, custom_data_index)
        if audience is not None:
            self.add_data(visitor_code, audience)
        return audience

    # Life

    def _wake_up(self) -> None:
        """Starts what runs in the background: at first, and again in a forked child, on its first use.

        Where the system refuses a thread, the client answers all the same, and tries again with a use of it after a
        pause; until then what is to be sent stays in the queue.
        """
        with self._waking:
            if self._closed or self._timers is not None:
                return
            if time.monotonic() < self._sleeps_until:
                self._put_to_sleep()
                return
            timers = Timers("kameleoon-timers")
            try:
                self._start(timers)
            except BaseException as error:
                timers.stop()  # it may be that its thread runs
                self._timers = self._service = None
                self._put_to_sleep()
                if not isinstance(error, (RuntimeError, OSError, MemoryError)):
                    raise
                self._sleep(error)
            else:
                self._sleep_seconds = 0.0

    def _start(self, timers: Timers) -> None:
        timers.repeat(_PURGE_TICK_SECONDS, _weakly(self._purge))
        if not self._config.is_offline:
            from kameleoon._service import Service  # here: offline clients import no network code

            self._service = Service(self, self._config, timers)
            _lifecycle.close_at_child_exit(self)
            timers.serve(self)  # see ``__del__``
        else:
            timers.stop_with(self)  # they must not outlive an offline client that nobody uses any more
        self._timers = timers

    def _sleep(self, error: BaseException) -> None:
        """Until the next try; of a row of failures the first one is logged."""
        is_first = self._sleep_seconds == 0.0
        self._sleep_seconds = min(max(self._sleep_seconds * 2, _SHORTEST_SLEEP_SECONDS), _LONGEST_SLEEP_SECONDS)
        self._sleeps_until = time.monotonic() + self._sleep_seconds
        if is_first:
            KameleoonLogger.error(
                "the thread 'kameleoon-timers' of the client of site %r cannot be started: %r; until it can, feature "
                "flags are evaluated, and nothing is fetched, sent or purged. hint: raise the limit of threads "
                "(ulimit -u, pids.max); the client tries again every %.0f to %.0f s, when it is used",
                self._site_code,
                error,
                _SHORTEST_SLEEP_SECONDS,
                _LONGEST_SLEEP_SECONDS,
            )

    def _running_service(self) -> Service | None:
        """The client's life online; ``None`` offline, and after ``close``."""
        if self._timers is None:
            self._wake_up()
        return None if self._closed else self._service

    def _purge(self) -> None:
        """Drops visitors whose session is over, a part of all at a time: each is looked at four times a session."""
        self._advance_clock()
        session = self._config.session_duration_second
        steps = ceil(self._PURGE_STEPS * 4 * _PURGE_TICK_SECONDS / session)
        for _ in range(min(steps, self._PURGE_STEPS)):
            with self._fork_gate:
                self._purge_step(session)

    def _forget_parent(self) -> None:
        """In a forked child: its own threads, connections, nonces and an empty queue, on its next use."""
        self._fork_gate = threading.Lock()
        self._waking = threading.RLock()
        self._timers = None
        self._service = None
        self._sleep_seconds = self._sleeps_until = 0.0
        self._after_fork()
        self._put_to_sleep()

    def _finish(self) -> None:
        """Sends what is queued now, within the config's ``close_timeout_second``: the process may be about to end."""
        service = self._running_service()
        if service is not None:
            service.finish(self._config.close_timeout_second)

    def close(self, timeout: float | None = None) -> None:
        """Sends what is queued, for at most ``timeout`` seconds (the config's ``close_timeout_second`` by default), and
        ends everything in the background. Evaluations go on with the last data file.
        """
        with self._waking:
            if self._closed:
                return
            if self._sleep_seconds > 0:  # what could not be sent so far may be now
                self._sleeps_until = 0.0
                self._wake_up()
            self._closed = True
            timers, service = self._timers, self._service
        if service is not None:
            service.close(self._config.close_timeout_second if timeout is None else timeout)
        if timers is not None:
            timers.stop()

    def __enter__(self) -> KameleoonClient:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def __del__(self) -> None:
        service = getattr(self, "_service", None)  # there is none where ``__init__`` has raised
        if service is not None and not self._closed:
            _lifecycle.close_dropped(self, service)

    def __repr__(self) -> str:
        return f"KameleoonClient(site_code={self._site_code!r}, environment={self._config.environment!r})"

    def __reduce__(self) -> Any:
        raise TypeError("a KameleoonClient cannot be pickled; make one in each process")


def _weakly(method: Callable[[], None]) -> Callable[[], None]:
    """Calls ``method`` as long as its object lives."""
    reference = weakref.WeakMethod(method)

    def call() -> None:
        living = reference()
        if living is not None:
            living()

    return call
