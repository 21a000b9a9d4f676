"""A client's life online: its threads, connections and timers, in one process."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING, Any

from kameleoon._configuration import Configuration
from kameleoon._network.access_token import AccessTokens, AuthenticatedHttp
from kameleoon._network.endpoints import Endpoints
from kameleoon._network.http import HttpService
from kameleoon._tracking import Tracking

if TYPE_CHECKING:
    from collections.abc import Callable

    from kameleoon._timers import Timers
    from kameleoon.kameleoon_client import KameleoonClient
    from kameleoon.kameleoon_client_config import KameleoonClientConfig


class Service:
    """Everything of a client that talks to the service. Made anew in a forked child."""

    def __init__(self, client: KameleoonClient, config: KameleoonClientConfig, timers: Timers) -> None:
        self._timers = timers
        self.endpoints = Endpoints(client.site_code, config.environment, config.network_domain, config.endpoint)
        self.endpoints.use_data_domain(client._data_file_settings()[3])
        self.http = HttpService(client._events, config.default_timeout_second)
        tokens = AccessTokens(
            self.http,
            self.endpoints,
            config.client_id,
            config.client_secret,
            lambda job: timers.schedule(0, job),
        )
        self.authenticated = AuthenticatedHttp(self.http, tokens)
        self.configuration = Configuration(client, config, self.endpoints, self.http, client._events, timers)
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
        self.http.close()

    def request_counts(self) -> dict[str, dict[str, Any]]:
        """What became of the attempts, by kind."""
        return {kind.value: counts.snapshot() for kind, counts in self.http.counts.items()}

    def in_background(self, job: Callable[[], None]) -> None:
        """Runs a job on the timers' thread, soon."""
        self._timers.schedule(0, job)
