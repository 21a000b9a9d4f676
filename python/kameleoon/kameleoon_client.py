"""``KameleoonClient``: evaluates feature flags for visitors (docs/evaluation.md)."""

from __future__ import annotations

import sys
from collections.abc import Callable
from types import TracebackType
from typing import TYPE_CHECKING, Any, TypeVar

import kameleoon.visitor as _visitor  # the vendor's module has another class of the name `Visitor`
from kameleoon import _lifecycle
from kameleoon._arguments import positive_seconds
from kameleoon._client_type import ClientType
from kameleoon._cookies import (
    VISITOR_CODE_COOKIE,
    Cookies,
    MutableCookies,
    VisitorCodeCookie,
    cookie_values,
    new_visitor_code,
    read_simulation,
    visitor_code_from,
)
from kameleoon._data_file import DataFileSlot, read_data_file
from kameleoon._deprecated import Find, moved
from kameleoon._events import Handlers
from kameleoon._life import Life
from kameleoon._mistakes import configuration_mistake, cookies_mistake, number_of
from kameleoon._native import EngineClient
from kameleoon._network.deadline import Deadline
from kameleoon._uwsgi import report_missing_threads
from kameleoon.data import CustomData, Data, UniqueIdentifier
from kameleoon.events.event_handler import EventHandler
from kameleoon.events.event_type import EventType
from kameleoon.exceptions import ConfigException, VisitorCodeInvalid
from kameleoon.kameleoon_client_config import KameleoonClientConfig
from kameleoon.logging.kameleoon_logger import KameleoonLogger
from kameleoon.types.remote_visitor_data_filter import RemoteVisitorDataFilter

if TYPE_CHECKING:
    from http.cookies import Morsel

    from kameleoon._health import HealthCheck
    from kameleoon._service import Service
    from kameleoon._settings.table import Settings
    from kameleoon.batch.snapshot import Snapshot
    from kameleoon.types.client_stats import ClientStats
    from kameleoon.types.data_file import DataFile
    from kameleoon.types.explanation import Explanation
    from kameleoon.types.health import Health

# What only some programs use is imported where it is used: importing the package stays fast.

__all__ = ["KameleoonClient"]

__getattr__: Find = moved(__name__)

T = TypeVar("T")
_MEGABYTE = 1_000_000


class KameleoonClient(EngineClient, metaclass=ClientType):
    """Evaluates feature flags for visitors. Made by ``KameleoonClientFactory.create``; threads may share it.

    The methods that a server calls for every request are native and inherited: ``is_feature_active``,
    ``get_variation``, ``get_variations``, ``add_data``, ``track_conversion``, …. They never wait for the network.
    Methods that take a visitor code raise ``VisitorCodeInvalid`` unless it is a ``str`` of 1 to 255 characters.

    >>> config = KameleoonClientConfig.offline({"featureFlags": []})  # or your credentials
    >>> with KameleoonClient("site-code", config) as client:
    ...     client.get_variations("alice")
    {}
    """

    def __init__(self, site_code: str, config: KameleoonClientConfig) -> None:
        """A client of ``site_code``. Raises ``ConfigException`` if ``config.default_data_file`` cannot be read,
        ``TypeError`` for what is no configuration.
        """
        self._site_code = site_code
        try:
            self._config = config.settings  # immutable: what becomes of the caller's own does not matter from now on
        except AttributeError:
            raise configuration_mistake(config) from None
        self._cookie = VisitorCodeCookie(self._config)
        self._handlers = Handlers()
        data_file, outbox, visitors = self._handles()
        self._data_file = DataFileSlot(data_file)
        self._configure(config.environment, not config.is_offline, self._data_file.why_not_ready)
        self._outbox = outbox
        visitors.set_memory_limit(int(config.visitor_data_maximum_size * _MEGABYTE))
        visitors.advance_clock()
        if config.default_data_file is not None:
            try:
                self._data_file.use(read_data_file(config.default_data_file), "default")
            except ValueError as error:
                raise ConfigException(f"the default data file cannot be used: {error}") from error
        if self._config.data_file_cache is not None and not self._config.is_offline:
            from kameleoon._source.cached import use_cached  # only for those who use it

            use_cached(self._data_file, self._config.data_file_cache, site_code, self._config.environment)
        self._life = Life(site_code, self._config, self._data_file, outbox, visitors, self._handlers)
        self._health_check: HealthCheck | None = None
        _lifecycle.register(self._life, self)
        self._wake_up()

    @property
    def site_code(self) -> str:
        """The site code."""
        return self._site_code

    @property
    def settings(self) -> Settings:
        """What the client was made with, immutable, in its own units, as ``KameleoonClientConfig.settings``.

        >>> client.settings.session_duration_second
        1800
        """
        return self._config

    # Visitors

    def visitor(self, visitor_code: str) -> _visitor.Visitor:
        """The visitor under a code: what this client's methods do for it, without naming the code again.

        Cheap: make one for each request. Raises ``VisitorCodeInvalid``. See docs/visitors.md.

        >>> client.visitor("alice").is_active("new-checkout")
        True
        """
        return _visitor.Visitor(self, visitor_code)

    def visitor_from(self, request: Any) -> _visitor.Visitor:
        """The visitor of a request: a WSGI environ, an ASGI scope, or a request of Django, Flask, Starlette, FastAPI or
        aiohttp.

        Its code is the one that the middleware has found or made for the request. Where no middleware is installed it
        is read from the cookie, and without a cookie it is a new one each time, which nobody keeps.
        Raises ``TypeError`` for what is no request. See docs/visitors.md#the-visitor-of-a-request.

        >>> client.visitor_from({"REQUEST_METHOD": "GET", "HTTP_COOKIE": "kameleoonVisitorCode=alice"}).code
        'alice'
        """
        from kameleoon._requests import code_of_middleware, codes_of_cookies  # only for those who use it

        code = code_of_middleware(request)
        if code is not None:
            return _visitor.Visitor(self, code)
        for code in codes_of_cookies(request):
            try:
                return _visitor.Visitor(self, code)
            except VisitorCodeInvalid:
                continue
        return _visitor.Visitor(self, new_visitor_code())

    # Visitor codes and consent

    def get_visitor_code(
        self,
        cookies_readonly: Cookies | None = None,
        cookies: MutableCookies | None = None,
        default_visitor_code: str | None = None,
    ) -> str:
        """The visitor's code: from its cookie, else ``default_visitor_code``, else 16 random hex digits.

        ``cookies_readonly`` and ``cookies`` are mappings of names to ``str`` or ``Morsel`` (``TypeError`` for others: a
        header's text is parsed by ``http.cookies.SimpleCookie``). A cookie that holds no
        usable code (one of more than 255 characters) counts as absent. When the code was not in a cookie and
        ``cookies`` is given, the cookie is set there, as a ``Morsel``, unless consent is required and no enabled flag
        has a targeted-delivery rule. Simulated variations are read from their cookie, if the config's
        ``simulation_cookie`` allows it. Raises ``VisitorCodeInvalid`` where ``default_visitor_code`` is no usable code.
        See docs/visitor-data.md#visitor-codes and docs/middleware.md.

        >>> client.get_visitor_code({"kameleoonVisitorCode": "alice"})
        'alice'
        >>> len(client.get_visitor_code())
        16
        """
        try:
            visitor_code = self._visitor_code_in(cookies_readonly, cookies)
        except AttributeError as error:
            mistake = cookies_mistake("cookies_readonly", cookies_readonly) or cookies_mistake("cookies", cookies)
            if mistake is None:
                raise
            raise mistake from error
        if visitor_code is None:
            visitor_code = default_visitor_code or new_visitor_code()
            self._check_visitor_code(visitor_code)
            if cookies is not None and self._may_keep_visitor_code():
                self._cookie.set_in(cookies, visitor_code)
        simulation = read_simulation(cookies_readonly, cookies) if self._config.simulation_cookie else None
        if simulation is not None:
            self._simulate(visitor_code, simulation)
        return visitor_code

    def _visitor_code_in(self, *sources: Cookies | None) -> str | None:
        """The first usable code that a cookie holds."""
        for value in cookie_values(VISITOR_CODE_COOKIE, *sources):
            visitor_code = visitor_code_from(value)
            try:
                self._check_visitor_code(visitor_code)
            except VisitorCodeInvalid:
                continue
            return visitor_code
        return None

    def _may_keep_visitor_code(self) -> bool:
        return not self._data_file.settings.consent_required or self._has_targeted_delivery()

    def visitor_code_cookie(self, visitor_code: str, *, is_new: bool = True) -> Morsel[str] | None:
        """The cookie to send with a response that starts now, so that the visitor keeps its code; ``None`` where there
        is none to send.

        It is sent with every response where consent is not required, or the visitor has given it. Where it is required
        and not given, a cookie that is there stays as it is, and a code that ``is_new`` is kept only if an enabled flag
        has a targeted-delivery rule. ``morsel.OutputString()`` is the value of the ``Set-Cookie`` header.
        Raises ``VisitorCodeInvalid``. (docs/middleware.md)
        """
        is_kept = (
            not self._data_file.settings.consent_required
            or _visitor.Visitor(self, visitor_code).consent is True
            or (is_new and self._has_targeted_delivery())
        )
        return self._cookie.morsel(visitor_code) if is_kept else None

    def set_legal_consent(self, visitor_code: str, consent: bool, cookies: MutableCookies | None = None) -> None:
        """Notes the visitor's consent; where it is given, the visitor code's cookie is set in ``cookies``, if there are
        any. Raises ``VisitorCodeInvalid``. See docs/evaluation.md#consent.

        >>> client.set_legal_consent("alice", True)
        """
        _visitor.Visitor(self, visitor_code).consent = bool(consent)
        if consent and cookies is not None:
            self._cookie.set_in(cookies, visitor_code)

    # The data file

    def snapshot(self) -> Snapshot:
        """The data file in use, frozen, to evaluate whole tables of visitors (docs/batch.md).

        Raises ``ConfigException`` where no data file is in yet.

        >>> client.snapshot().flag_keys
        ['new-checkout', 'old-search']
        """
        from kameleoon.batch.snapshot import Snapshot

        if self._data_file.source == "none":
            raise ConfigException(self._data_file.why_not_ready())
        return Snapshot(self._data_file.text)

    def get_data_file(self) -> DataFile:
        """The data file in use, as a copy of its own. Without one it is empty, and its ``date_modified`` is 0.

        >>> sorted(client.get_data_file().feature_flags)
        ['new-checkout', 'old-search']
        """
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
        return DataFile(flags, self._data_file.settings.date_modified)

    def explain(self, visitor_code: str, feature_key: str) -> Explanation:
        """Each step that decides the visitor's variation of the feature flag; ``print`` shows it.

        Neither saves nor tracks. Raises ``VisitorCodeInvalid`` and ``FeatureNotFound``; a disabled flag is part of the
        result. See docs/evaluation.md#what-is-asked-in-order.

        >>> print(client.explain("alice", "old-search"))
        old-search for visitor 'alice'
          => no variation: Kameleoon error: Feature error: Feature 'old-search' is disabled for default environment
        """
        return _visitor.Visitor(self, visitor_code).explain(feature_key)

    # Readiness and events

    def wait_init(self, timeout_milliseconds: float | None = None, *, keep_trying: bool = False) -> bool:
        """Whether a configuration is in: waits for it until ``timeout_milliseconds`` (the default time-out for ``None``
        or a negative one) are over, or fetching it has failed; then the reason is logged, once for each failure, and
        the client keeps trying. With ``keep_trying`` failures do not end the wait: the time does, and ``close``.
        See docs/network.md#the-data-file.

        >>> client.wait_init(2000)
        True
        """
        if self.is_ready():
            return True
        service = self._service()
        return service is not None and service.data_source.wait(
            self._init_deadline(timeout_milliseconds), keep_trying=keep_trying
        )

    async def wait_init_async(self, timeout_milliseconds: float | None = None, *, keep_trying: bool = False) -> bool:
        """As ``wait_init``, without blocking the event loop."""
        if self.is_ready():
            return True
        service = self._service()
        if service is None:
            return False
        from kameleoon._async.readiness import until_ready  # here, so that importing the package needs no asyncio

        service.remote_data.asynchronous.warm_up()
        readiness = service.data_source.readiness
        return await until_ready(readiness, self._init_deadline(timeout_milliseconds), keep_trying=keep_trying)

    def _init_deadline(self, timeout_milliseconds: float | None) -> Deadline:
        if timeout_milliseconds is None or number_of(timeout_milliseconds, "timeout_milliseconds", "milliseconds") < 0:
            return Deadline.after(self._config.default_timeout_second)
        return Deadline.after(timeout_milliseconds / 1000)

    def is_ready(self) -> bool:
        """Whether a configuration is in."""
        return self._data_file.source != "none"

    def set_event_handler(self, event_type: EventType, handler: EventHandler | None) -> None:
        """Tells ``handler`` of events of a type from now on; ``None`` removes the handler. One that lacks a method is
        refused, with an error in the log. See docs/events-and-logging.md#events.

        >>> from kameleoon.events import EventType
        >>> class Updates:
        ...     def on_update(self, event):
        ...         print(event.source, event.date_modified)
        >>> client.set_event_handler(EventType.DATAFILE_UPDATE, Updates())
        """
        self._handlers.set(event_type, handler)

    def add_event_handler(self, event_type: EventType, handler: EventHandler) -> None:
        """Tells ``handler`` too of events of a type, beside the one of ``set_event_handler`` and others that were
        added: for libraries, which must not take the program's place. ``remove_event_handler`` ends it.

        >>> from kameleoon.events import EventType
        >>> class Updates:
        ...     def on_update(self, event):
        ...         print(event.source, event.date_modified)
        >>> updates = Updates()
        >>> client.add_event_handler(EventType.DATAFILE_UPDATE, updates)
        >>> client.remove_event_handler(EventType.DATAFILE_UPDATE, updates)
        """
        self._handlers.add(event_type, handler)

    def remove_event_handler(self, event_type: EventType, handler: EventHandler) -> None:
        """Ends what ``add_event_handler`` has begun; one that was not added is ignored."""
        self._handlers.remove(event_type, handler)

    def on_update_configuration(self, handler: Callable[[], None] | None) -> None:
        """Calls ``handler`` after updates that come by the real-time stream. Deprecated: use ``set_event_handler``."""
        self._handlers.on_update_configuration = handler

    def stats(self) -> ClientStats:
        """Figures of the client as it runs: whether it is ready, visitors, events, requests, and what was counted of
        each flag in this process. Cheap, however many flags there are, until ``flags`` is looked at. See
        docs/figures.md.

        >>> stats = client.stats()
        >>> stats.is_ready, stats.data_file_source, stats.queued_visitors
        (True, 'default', 0)
        """
        from kameleoon._stats import client_stats  # only for those who use it

        return client_stats(self._life, self._data_file, self._counters(), self._figures())

    def health(self) -> Health:
        """Whether the client does its work, for liveness and readiness probes, and in plain words everything that is
        not as it should be. Never waits, never raises. See docs/figures.md#health.

        >>> client.health()
        Health(is_live=True, is_ready=True, reasons=[])
        """
        from kameleoon._health import HealthCheck  # only for those who use it

        if self._health_check is None:
            self._health_check = HealthCheck(self._life, self._data_file)
        if not self._life.is_awake:
            self._wake_up()
        return self._health_check.look(self._counters())

    # Tracking and remote data

    def flush(
        self,
        visitor_code: str | None = None,
        is_unique_identifier: bool | None = None,
        instant: bool = False,
        *,
        timeout: float | None = None,
    ) -> bool:
        """Queues a visitor for tracking, or all visitors that have something unsent; with ``instant`` it is sent at
        once, not with the next interval. Does not wait for the network, unless there is a ``timeout`` (seconds): then
        it is sent at once, and tried again where that fails, until the time is over.

        Returns whether all of it is known to have been delivered, or is on the disk where the settings name a spool:
        never without ``timeout``; offline there is nothing to deliver. Raises ``VisitorCodeInvalid``. See
        docs/tracking.md#when.

        >>> client.flush("alice", timeout=5)
        True
        """
        if visitor_code is not None:
            self._mark_unique_identifier(visitor_code, is_unique_identifier)
            self._queue(visitor_code)
        service = self._service()
        if service is None:
            return self._config.is_offline
        if timeout is not None:
            return service.flush(visitor_code, Deadline.after(number_of(timeout, "timeout", "seconds")))
        if visitor_code is None:
            service.tracking.queue_everybody(instant=bool(instant))
        elif instant:
            service.tracking.send_soon(visitor_code)
        return False

    async def flush_async(
        self,
        visitor_code: str | None = None,
        is_unique_identifier: bool | None = None,
        *,
        timeout: float | None = None,
    ) -> bool:
        """As ``flush`` with a ``timeout`` (the config's ``close_timeout_second`` for ``None``), without blocking the
        event loop.
        """
        seconds = self._config.close_timeout_second if timeout is None else timeout
        return await _in_thread(lambda: self.flush(visitor_code, is_unique_identifier, timeout=seconds))

    def _mark_unique_identifier(self, visitor_code: str, is_unique_identifier: bool | None) -> None:
        """Level 3.4: the mark may come along with any call."""
        if is_unique_identifier is not None:
            self.add_data(visitor_code, UniqueIdentifier(is_unique_identifier))

    def get_remote_data(self, key: str, timeout: float | None = None) -> Any:
        """The decoded JSON that the data service holds under ``key``; ``None`` if it cannot be had within ``timeout``
        seconds (the default time-out for ``None``), offline and after ``close``. Waits for the network; the log
        says why it failed. See docs/network.md#remote-data.

        >>> client.get_remote_data("prices") is None  # offline
        True
        """
        service = self._service()
        if service is None:
            return None
        return service.remote_data.value(key, positive_seconds(timeout, "get_remote_data: timeout"))

    async def get_remote_data_async(self, key: str, timeout: float | None = None) -> Any:
        """As ``get_remote_data``, without blocking the event loop."""
        service = self._service()
        if service is None:
            return None
        return await service.remote_data.value_async(key, positive_seconds(timeout, "get_remote_data_async: timeout"))

    def get_remote_visitor_data(
        self,
        visitor_code: str,
        add_data: bool = True,
        timeout: float | None = None,
        data_filter: RemoteVisitorDataFilter | None = None,
        is_unique_identifier: bool | None = None,
    ) -> list[Data]:
        """The visitor's data of earlier visits, as far as ``data_filter`` (``None``: the default one) wants them; with
        ``add_data`` they are added to the visitor. An empty list if they cannot be had within ``timeout`` seconds (the
        default time-out for ``None``), offline and after ``close``; the log says why. Waits for the network.
        ``is_unique_identifier`` (deprecated) adds a ``UniqueIdentifier`` first. Raises ``VisitorCodeInvalid``.
        See docs/visitor-data.md#remote-visitor-data.

        >>> client.get_remote_visitor_data("alice")  # offline
        []
        """
        self._mark_unique_identifier(visitor_code, is_unique_identifier)
        service = self._service()
        if service is None:
            return []
        wanted = self._remote_visitor(visitor_code, add_data, data_filter)
        return service.remote_data.visitor(*wanted, positive_seconds(timeout, "get_remote_visitor_data: timeout"))

    def _remote_visitor(
        self, visitor_code: str, add_data: bool, data_filter: RemoteVisitorDataFilter | None
    ) -> tuple[str, RemoteVisitorDataFilter, bool, Callable[[bytes], list[Data]]]:
        """Whose remote data are wanted, which of them, whether that is a unique identifier, and how they are read."""
        wanted = data_filter
        if not isinstance(wanted, RemoteVisitorDataFilter):
            if wanted is not None:
                message = "get_remote_visitor_data: data_filter: expected a %s, got %r; the default is used"
                KameleoonLogger.warning(message, RemoteVisitorDataFilter.__name__, wanted)
            wanted = RemoteVisitorDataFilter()

        def read(answer: bytes) -> list[Data]:
            return self._load_remote_visitor_data(
                visitor_code,
                answer,
                store=bool(add_data),
                device=wanted.device,
                browser=wanted.browser,
                operating_system=wanted.operating_system,
                visitor_code_wanted=wanted.visitor_code,
            )

        return visitor_code, wanted, self._is_unique_identifier(visitor_code), read

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
        service = self._service()
        if service is None:
            return []
        wanted = self._remote_visitor(visitor_code, add_data, data_filter)
        seconds = positive_seconds(timeout, "get_remote_visitor_data_async: timeout")
        return await service.remote_data.visitor_async(*wanted, seconds)

    def get_visitor_warehouse_audience(
        self,
        visitor_code: str,
        custom_data_index: int,
        warehouse_key: str | None = None,
        timeout: float | None = None,
    ) -> CustomData | None:
        """The visitor's warehouse audiences as a custom datum at ``custom_data_index``, which is added to the visitor;
        ``None`` if they cannot be had within ``timeout`` seconds (the default time-out for ``None``). ``warehouse_key``
        names the visitor in the warehouse, if not the visitor code does. Waits for the network.
        Raises ``VisitorCodeInvalid``. See docs/visitor-data.md#warehouse-audiences.

        >>> client.get_visitor_warehouse_audience("alice", 3) is None  # offline
        True
        """
        self._check_visitor_code(visitor_code)
        data = self.get_remote_data(warehouse_key or visitor_code, timeout)
        return self._add_warehouse_audience(visitor_code, custom_data_index, data)

    def _add_warehouse_audience(self, visitor_code: str, custom_data_index: int, data: Any) -> CustomData | None:
        from kameleoon._remote_data import warehouse_audience  # only for those who use it

        audience = warehouse_audience(data, custom_data_index)
        if audience is not None:
            self.add_data(visitor_code, audience)
        return audience

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

    # Life

    def _wake_up(self) -> None:
        """Starts what runs in the background: at first, and again in a forked child, on its first use.

        Where the system refuses a thread, the client answers all the same, and tries again with a use of it after a
        pause; until then what is to be sent stays in the queue.
        """
        if not self._life.wake_up():
            self._put_to_sleep()
        elif not self._config.is_offline:
            _lifecycle.close_with_process()
            report_missing_threads()

    def _service(self) -> Service | None:
        """The client's life online; ``None`` offline, after ``close``, and where no thread can be started."""
        if not self._life.is_awake:
            self._wake_up()
        return None if self._life.is_closed else self._life.service

    @property
    def is_closed(self) -> bool:
        """Whether ``close`` was called: evaluations go on, and nothing is sent any more."""
        return self._life.is_closed

    def close(self, timeout: float | None = None) -> None:
        """Sends what is queued, for at most ``timeout`` seconds (the config's ``close_timeout_second`` by default), and
        ends everything in the background. Evaluations go on with the last data file. Leaving a ``with`` block does the
        same. See docs/tracking.md#closing-exit-and-fork.

        >>> client.close()
        >>> client.is_closed, client.is_feature_active("alice", "new-checkout")
        (True, True)
        """
        seconds = self._config.close_timeout_second if timeout is None else timeout
        closing = self._life.begin_close(Deadline.after(number_of(seconds, "timeout", "seconds")))
        if closing is not None:
            closing.wait()

    async def aclose(self, timeout: float | None = None) -> None:
        """As ``close``, without blocking the event loop."""
        await _in_thread(lambda: self.close(timeout))
        service = self._life.service
        if service is not None:
            await service.remote_data.aclose()

    def __enter__(self) -> KameleoonClient:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    async def __aenter__(self) -> KameleoonClient:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await self.aclose()

    def __del__(self) -> None:
        life = getattr(self, "_life", None)  # there is none where ``__init__`` has raised
        if life is None or life.is_closed or sys.is_finalizing():
            return
        if self._config.is_offline:
            self.close(0)
        else:
            _lifecycle.close_dropped(life, repr(self))

    def __repr__(self) -> str:
        return f"KameleoonClient(site_code={self._site_code!r}, environment={self._config.environment!r})"

    def __reduce__(self) -> Any:
        raise TypeError("a KameleoonClient cannot be pickled; make one in each process")


async def _in_thread(call: Callable[[], T]) -> T:
    """What ``call`` returns, computed on a daemon thread of its own: nothing waits for it at exit."""
    from kameleoon._async.threads import DaemonThreads  # here, so that importing the package needs no asyncio

    return await DaemonThreads("kameleoon-async", most=1, idle_seconds=0.0).run(call)
