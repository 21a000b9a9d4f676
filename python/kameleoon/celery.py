"""Celery: a visitor travels with a task (docs/frameworks.md#celery). Needs Celery."""

from __future__ import annotations

from typing import Any

from celery import current_task
from celery.signals import worker_process_shutdown, worker_shutdown

from kameleoon._first_request import configured
from kameleoon._request_visitor import GivenClient, given
from kameleoon.kameleoon_client import KameleoonClient
from kameleoon.visitor import Visitor

__all__ = ["Kameleoon", "carrying"]

_HEADER = "kameleoon"
_FLUSH_SECONDS = 5.0


def carrying(visitor: Visitor) -> dict[str, Any]:
    """What goes with a task so that its worker knows the visitor: the visitor's code and consent. Its data stay in this
    process. ``task.apply_async(arguments, headers=carrying(visitor))``.

    >>> carrying(client.visitor("alice"))
    {'kameleoon': {'visitor_code': 'alice', 'consent': None}}
    """
    return {_HEADER: {"visitor_code": visitor.code, "consent": visitor.consent}}


class Kameleoon:
    """A worker's side: ``kameleoon = Kameleoon(client)``, and in a task ``kameleoon.visitor()``.

    ``client``: a client, or a function that gives one, which is called in the process that works, with its first task:
    the parent of several worker processes then makes none. Each of them has a client's own life, also where the client
    was made before they were forked. The first task waits for the configuration, for the client's default time-out at
    most. What is queued is sent when a process ends.

    >>> Kameleoon(client).visitor() is None  # no task runs here
    True
    """

    def __init__(self, client: GivenClient) -> None:
        self._client = client
        self._in_use: KameleoonClient | None = None if callable(client) else client
        for signal in (worker_process_shutdown, worker_shutdown):
            signal.connect(self._flush)  # by a weak reference: it ends with this object

    def visitor(self) -> Visitor | None:
        """The visitor that the current task was sent with; ``None`` where none was, and outside of tasks."""
        carried = _header(current_task.request) if current_task else None
        if not isinstance(carried, dict) or not isinstance(carried.get("visitor_code"), str):
            return None
        client = self._in_use = configured(given(self._client))
        visitor = client.visitor(carried["visitor_code"])
        if isinstance(carried.get("consent"), bool):
            visitor.consent = carried["consent"]
        return visitor

    def _flush(self, **_: Any) -> None:
        if self._in_use is not None:
            self._in_use.flush(timeout=_FLUSH_SECONDS)


def _header(request: Any) -> Any:
    """Celery makes attributes of headers, or keeps them, by version and by how the task is called."""
    found = getattr(request, _HEADER, None)
    return found if found is not None else (getattr(request, "headers", None) or {}).get(_HEADER)
