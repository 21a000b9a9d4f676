"""What a client's ``…_async`` methods use: by ``aiohttp`` where it is installed, else by threads."""

from __future__ import annotations

import contextlib
import sys
import threading
from functools import partial
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

from kameleoon._async.threads import DaemonThreads, NoThread, is_done
from kameleoon._network.access_token import AccessTokens, TokenFetch
from kameleoon._network.authenticated import AuthenticatedHttp, exchange
from kameleoon._network.data_call import DataCall, fetched
from kameleoon._network.deadline import Deadline
from kameleoon._network.http import HttpService
from kameleoon._network.request import Answer, Request, RequestError
from kameleoon.logging.kameleoon_logger import KameleoonLogger

if TYPE_CHECKING:
    from concurrent.futures import Future

    from kameleoon._async.aio import AsyncHttp

__all__ = ["AsyncCalls"]

_LARGE_BYTES = 64 * 1024
"""Reading a larger answer would hold up the event loop for some milliseconds."""


class AsyncCalls:
    """Makes the calls of one client from any number of event loops."""

    def __init__(self, http: HttpService, tokens: AccessTokens, authenticated: AuthenticatedHttp) -> None:
        self._http = http
        self._tokens = tokens
        self._authenticated = authenticated
        self.threads = DaemonThreads("kameleoon-async")
        self._is_installed = find_spec("aiohttp") is not None
        self._lock = threading.Lock()
        self._loading: Future[AsyncHttp | None] | None = None
        self._aio: AsyncHttp | None = None

    def warm_up(self) -> None:
        """Begins to load ``aiohttp``, on a thread: that takes a fraction of a second."""
        with self._lock:
            if self._is_installed and self._loading is None:
                with contextlib.suppress(NoThread):
                    self._loading = self.threads.submit(self._load)

    async def fetched(self, call: DataCall, deadline: Deadline) -> Any:
        """As ``kameleoon._network.data_call.fetched``, without blocking the running loop."""
        aio = self._aio or await self._loaded(deadline)
        if aio is None or not _can_be_sent(call.request):
            return await self._fetched_by_thread(call, deadline)
        try:
            answer = await self._answer(aio, call.request, deadline)
        except RequestError:
            return call.failed()
        if len(answer.body) > _LARGE_BYTES:
            return await self.threads.run(partial(call.read, answer))
        return call.read(answer)

    async def _fetched_by_thread(self, call: DataCall, deadline: Deadline) -> Any:
        try:
            return await self.threads.run_until(partial(fetched, self._authenticated, call, deadline), deadline)
        except NoThread as error:
            KameleoonLogger.warning("%s request not made: %s", call.request.request_type.value, error)
            return call.failed()

    def close(self) -> None:
        """Closes idle connections, soon, and ends idle threads. May be called from any thread."""
        self.threads.stop()
        if self._aio is not None:
            self._aio.close()

    async def aclose(self) -> None:
        """Closes the running loop's idle connections now, and those of other loops soon."""
        if self._aio is not None:
            await self._aio.aclose()

    async def _answer(self, aio: AsyncHttp, request: Request, deadline: Deadline) -> Answer:
        steps = exchange(self._tokens, request, deadline)
        try:
            step = next(steps)
            while True:
                if isinstance(step, TokenFetch):
                    step = steps.send(await _token(step, deadline))
                    continue
                try:
                    answer = await aio.make(step, deadline)
                except RequestError as error:
                    step = steps.throw(error)
                else:
                    step = steps.send(answer)
        except StopIteration as end:
            whole: Answer = end.value
            return whole

    async def _loaded(self, deadline: Deadline) -> AsyncHttp | None:
        """``aiohttp``, ready for use; ``None`` where it is not installed, or not loaded before long."""
        if not self._is_installed:
            return None
        if self._loading is None and "aiohttp" in sys.modules:
            return self._load()
        self.warm_up()
        loading = self._loading
        is_loaded = loading is not None and await is_done(loading, deadline.remaining() / 2)
        return loading.result() if loading is not None and is_loaded else None

    def _load(self) -> AsyncHttp | None:
        try:
            from kameleoon._async.aio import AsyncHttp  # here: it imports aiohttp
        except ImportError as error:
            self._is_installed = False
            KameleoonLogger.warning("aiohttp cannot be used, threads are used in its place: %s", error)
            return None
        with self._lock:
            if self._aio is None:
                self._aio = AsyncHttp(self._http.outcomes, self._http.resolver, self._http.trust, self.threads)
            return self._aio


def _can_be_sent(request: Request) -> bool:
    from kameleoon._async.aio import can_be_sent  # here: it imports aiohttp

    return can_be_sent(request)


async def _token(fetch: TokenFetch, deadline: Deadline) -> str | None:
    return fetch.future.result() if await is_done(fetch.future, fetch.patience(deadline)) else None
