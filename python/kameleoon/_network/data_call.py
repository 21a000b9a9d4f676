"""A request together with what its answer is read into, whoever waits for it: a thread or an event loop."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from kameleoon._network.authenticated import AuthenticatedHttp
from kameleoon._network.deadline import Deadline
from kameleoon._network.request import Answer, Request, RequestError
from kameleoon.logging.kameleoon_logger import KameleoonLogger

__all__ = ["DataCall", "fetched"]


class DataCall:
    """What a caller wants of a data service."""

    __slots__ = ("_read", "_without", "request")

    def __init__(self, request: Request, read: Callable[[bytes], Any], without: Callable[[], Any]) -> None:
        """``read`` may raise ``ValueError``; ``without`` gives what the caller gets where there is nothing to read."""
        self.request = request
        self._read = read
        self._without = without

    def read(self, answer: Answer) -> Any:
        """What the caller gets."""
        try:
            return self._read(answer.body)
        except (ValueError, RecursionError) as error:
            kind = self.request.request_type.value
            KameleoonLogger.error("%s request failed: the answer cannot be used: %s", kind, error)
            return self._without()

    def failed(self) -> Any:
        """What the caller gets where the request failed."""
        return self._without()


def fetched(http: AuthenticatedHttp, call: DataCall, deadline: Deadline) -> Any:
    """What the caller of ``call`` gets, by ``deadline``."""
    try:
        answer = http.make(call.request, deadline)
    except RequestError:
        return call.failed()
    return call.read(answer)
