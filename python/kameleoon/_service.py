"""A client's life online: its threads, connections and timers, in one process."""

from __future__ import annotations

import threading
import time
import weakref
from typing import TYPE_CHECKING, Any, cast

from kameleoon._configuration import Configuration
from kameleoon._network.access_token import AccessTokens
from kameleoon._network.authenticated import AuthenticatedHttp
from kameleoon._network.endpoints import Endpoints
from kameleoon._network.http import HttpService
from kameleoon._tracking import Tracking

if TYPE_CHECKING:
    from collections.abc import Callable

    from kameleoon._async.calls import AsyncCalls
    from kameleoon._timers import Timers
    from kameleoon.kameleoon_client import KameleoonClient
    from kameleoon.kameleoon_client_config import KameleoonClientConfig


class _WeakClient:
    """A client as its background uses it: without keeping it alive. While a job runs, the timers keep it alive."""

    def __init__(self, client: KameleoonClient) -> None:
        self.refer_to(client)

    def refer_to(self, client: KameleoonClient) -> None:
        """Refers to the client anew: the garbage collector clears references before it finalizes."""
        self._reference = weakref.ref(client)

    def __getattr__(self, name: str) -> Any:
        client = self._reference()
        if client is None:
            raise ReferenceError("the client lives no more")
        return getattr(client, name)


class Service:
    """Everything of a client that talks to the service. Made anew in a forked child."""

    def __init__(self, living_client: KameleoonClient, config: KameleoonClientConfig, timers: Timers) -> None:
        self._timers = timers
        self._close_timeout = config.close_timeout_second
        self._weak_client = _WeakClient(living_client)
        client = cast("KameleoonClient", self._weak_client)
        self.endpoints = Endpoints(client.site_code, config.environment, config.network_domain, config.endpoint)
        self.endpoints.use_data_domain(client._data_file_settings()[3])
        self.http = HttpService(lambda: client._events, config.default_timeout_second)
        self._tokens = AccessTokens(self.http, self.endpoints, config.client_id, config.client_secret)
        self.authenticated = AuthenticatedHttp(self.http, self._tokens)
        self._asynchronous: AsyncCalls | None = None
        self._making_asynchronous = threading.Lock()
        self.configuration = Configuration(client, config, self.endpoints, self.http, timers)
        self.tracking = Tracking(client, self.endpoints, self.authenticated, timers, config.default_timeout_second)
        self.configuration.start()
        timers.repeat(config.tracking_interval_second, self.tracking.drain)

    def finish(self, timeout: float) -> None:
        """Sends what is queued, for at most ``timeout`` seconds; never longer, however dead the network is."""
        deadline = time.monotonic() + timeout
        finished = threading.Event()

        def send() -> None:
            try:
                self.tracking.finish(deadline)
            finally:
                finished.set()

        self._timers.schedule(-1e9, send)  # before everything else that is due
        finished.wait(timeout)

    def close(self, timeout: float) -> None:
        """Ends the stream, sends what is queued as ``finish`` does, and closes idle connections."""
        self.configuration.stop()
        self.finish(timeout)
        self.close_connections()

    def close_dropped(self, client: KameleoonClient, done: Callable[[], object]) -> None:
        """Closes everything on the timers' thread, for a client that is being finalized; then calls ``done``."""
        self._weak_client.refer_to(client)
        self._timers.serve(client)

        def close() -> None:
            try:
                self.configuration.stop()
                self.tracking.finish(time.monotonic() + self._close_timeout)
                self.close_connections()
            finally:
                with client._waking:
                    is_closing, client._closed = client._closed, True
                if not is_closing:  # else the program has ended meanwhile, and waits for its own turn
                    self._timers.stop()
                done()

        self._timers.schedule(0, close)

    @property
    def asynchronous(self) -> AsyncCalls:
        """What the ``…_async`` methods use, made when it is first needed."""
        if self._asynchronous is None:
            from kameleoon._async.calls import AsyncCalls  # here: others need no asyncio

            with self._making_asynchronous:
                if self._asynchronous is None:
                    self._asynchronous = AsyncCalls(self.http, self._tokens, self.authenticated)
        return self._asynchronous

    def close_connections(self) -> None:
        """Closes idle connections."""
        if self._asynchronous is not None:
            self._asynchronous.close()
        self.http.close()

    def request_counts(self) -> dict[str, dict[str, Any]]:
        """What became of the attempts, by kind."""
        return {kind.value: counts.snapshot() for kind, counts in self.http.counts.items()}

    def in_background(self, job: Callable[[], None]) -> None:
        """Runs a job on the timers' thread, soon."""
        self._timers.schedule(0, job)
