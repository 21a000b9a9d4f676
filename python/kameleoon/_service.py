"""A client's life online in one process: what it is made of, and how it ends."""

from __future__ import annotations

import threading
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any

from kameleoon._data_file import DataFileSlot
from kameleoon._events import LANE_CAPACITY, EventDispatcher, Handlers
from kameleoon._lanes import Lane
from kameleoon._native import Outbox
from kameleoon._network.access_token import AccessTokens
from kameleoon._network.authenticated import AuthenticatedHttp
from kameleoon._network.deadline import Deadline
from kameleoon._network.endpoints import Endpoints
from kameleoon._network.http import HttpService
from kameleoon._remote_data import RemoteData
from kameleoon._source.cached import shared_key
from kameleoon._source.data_source import DataSource
from kameleoon._source.http_source import HttpSource
from kameleoon._source.pace import Pace
from kameleoon._source.readiness import Readiness
from kameleoon._source.source import Source
from kameleoon._source.stream import StreamOpener
from kameleoon._tracking import Tracking

if TYPE_CHECKING:
    from kameleoon._settings.table import Settings
    from kameleoon._source.sharing import Sharing
    from kameleoon._spool.spool import Spool

__all__ = ["Service"]

_MEGABYTE = 1_000_000


class Service:
    """Everything of a client that talks to the service, each part on a lane of its own: none waits for another."""

    def __init__(
        self,
        site_code: str,
        config: Settings,
        data_file: DataFileSlot,
        outbox: Outbox,
        handlers: Handlers,
    ) -> None:
        """Raises ``RuntimeError``, ``OSError`` or ``MemoryError`` where no thread can be started; then none runs."""
        self._configuration_lane = Lane("kameleoon-configuration")
        self._tracking_lane = Lane("kameleoon-tracking")
        self._token_lane = Lane("kameleoon-token")
        self._handler_lane = Lane("kameleoon-handlers", LANE_CAPACITY)
        self._store_lane = Lane("kameleoon-store")
        events = EventDispatcher(handlers, self._handler_lane)
        endpoints = Endpoints(site_code, config.environment, config.network_domain, config.endpoint)
        endpoints.use_data_domain(data_file.settings.data_api_domain)
        timeout = config.default_timeout_second
        self._http = HttpService(lambda: events, timeout)
        tokens = AccessTokens(
            self._http,
            endpoints,
            config.client_id,
            config.client_secret,
            start=self._token_lane.run_next,
        )
        authenticated = AuthenticatedHttp(self._http, tokens)
        self.data_source = DataSource(
            *self._source(config, endpoints, data_file),
            data_file,
            self._configuration_lane,
            Readiness(site_code, config.environment, is_ready=data_file.is_fetched),
            on_update=events.data_file_updated,
        )
        self._sharing = self._shared(site_code, config, endpoints, data_file)
        self.tracking = Tracking(
            outbox, endpoints, authenticated, self._tracking_lane, timeout, _spool(site_code, config)
        )
        self.remote_data = RemoteData(endpoints, self._http, tokens)
        try:
            self.data_source.add_listener(events.data_source_changed)
            if self._sharing is None:
                self.data_source.start()
            else:
                self._sharing.start()
            self.tracking.start(config.tracking_interval_second)
        except BaseException:
            self._stop()
            raise

    def _source(
        self, config: Settings, endpoints: Endpoints, data_file: DataFileSlot
    ) -> tuple[Source, StreamOpener | None, Pace]:
        """Where data files come from, what connects its event stream, and the times by which it is asked."""
        interval, timeout = config.refresh_interval_second, config.default_timeout_second
        own = config.data_source
        if own is None:
            service = HttpSource(self._http, endpoints, data_file, timeout)
            return service, service.open_stream, Pace.usual(interval, timeout)
        from kameleoon._source.own_sources import FileSource, FunctionSource  # only for those who use it

        if callable(own):
            return FunctionSource(own, data_file, endpoints.use_data_domain), None, Pace.usual(interval, timeout)
        file = FileSource(own, data_file, endpoints.use_data_domain)
        return file, None, Pace.usual(min(interval, FileSource.LOOK_SECONDS), timeout)

    def _shared(
        self, site_code: str, config: Settings, endpoints: Endpoints, data_file: DataFileSlot
    ) -> Sharing | None:
        """This process' part in sharing the data file, if processes are to share it."""
        if config.data_file_store is None and config.data_file_cache is None:
            return None
        from kameleoon._source.sharing import Sharing, store_of  # only for those who use it

        store, key = store_of(config.data_file_store, config.data_file_cache), shared_key(site_code, config.environment)
        if store is None:
            return None
        return Sharing(store, key, data_file, self.data_source, self._store_lane, endpoints.use_data_domain)

    def flush(self, visitor_code: str | None, deadline: Deadline) -> bool:
        """Sends what a visitor, or any visitor, has unsent, until ``deadline``; returns whether all of it is sent, or
        is in the spool, if there is one. Never takes longer than that, however dead the network is.
        """
        finish = partial(self.tracking.finish, deadline, visitor_code=visitor_code, everybody=visitor_code is None)
        is_sent = _Sending(finish, self._tracking_lane, deadline).wait()
        return is_sent or self.tracking.keep(everybody=visitor_code is None)

    def begin_close(self, deadline: Deadline) -> _Sending:
        """Follows the data file no more, and begins to send what is queued; ``end_close`` waits for it."""
        self.data_source.stop()
        if self._sharing is not None:
            self._sharing.begin_stop()
        finish = partial(self.tracking.finish, deadline, with_spool=True)
        return _Sending(finish, self._tracking_lane, deadline)

    def end_close(self, sending: _Sending, deadline: Deadline) -> None:
        """Waits until all is sent, and handlers have learnt of it, or ``deadline`` comes; then ends everything."""
        if not sending.wait():
            self.tracking.keep()
        if self._sharing is not None:
            self._store_lane.settle(deadline)
        self._handler_lane.settle(deadline)
        self._stop()

    def request_counts(self) -> dict[str, dict[str, Any]]:
        """What became of the attempts, by kind."""
        return {kind.value: counts.snapshot() for kind, counts in self._http.counts.items()}

    def _stop(self) -> None:
        self.data_source.stop()
        for lane in (
            self._configuration_lane,
            self._store_lane,
            self._tracking_lane,
            self._token_lane,
            self._handler_lane,
        ):
            lane.stop()
        if self.tracking.spool is not None:
            self.tracking.spool.release()
        self.remote_data.close()
        self._http.close()


def _spool(site_code: str, config: Settings) -> Spool | None:
    """Where what cannot be sent is kept, if it is to be."""
    if config.spool is None:
        return None
    from kameleoon._spool.spool import Spool  # only for those who use it

    most_bytes = int(config.spool_maximum_size * _MEGABYTE)
    return Spool(config.spool, shared_key(site_code, config.environment), most_bytes)


class _Sending:
    """What is to be sent, on its way until a deadline."""

    def __init__(self, finish: Callable[[], bool], lane: Lane, deadline: Deadline) -> None:
        self._finish = finish
        self._deadline = deadline
        self._finished = threading.Event()
        self._is_sent = False
        if lane.is_current:  # a logger of the lane's own closes the client, say
            self._send()
        elif not lane.run_next(self._send):
            self._finished.set()

    def wait(self) -> bool:
        """Whether all of it is sent by the deadline."""
        return self._finished.wait(self._deadline.remaining()) and self._is_sent

    def _send(self) -> None:
        try:
            self._is_sent = self._finish()
        finally:
            self._finished.set()
