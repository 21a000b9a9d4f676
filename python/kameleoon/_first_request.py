"""The first request of a process waits for its client's configuration; those that come later never do.

For frameworks that tell nobody when a process begins to serve: without it the first visitors would get no variations
(docs/frameworks.md#the-first-request).
"""

from __future__ import annotations

import weakref
from typing import NamedTuple

from kameleoon._native import process_generation
from kameleoon._network.deadline import Deadline
from kameleoon.kameleoon_client import KameleoonClient

__all__ = ["configured", "configured_async"]


class _Wait(NamedTuple):
    """The one wait of a process for a client."""

    generation: int
    """Of the process: a forked child fetches for itself, so it waits for itself."""
    deadline: Deadline


_waits: weakref.WeakKeyDictionary[KameleoonClient, _Wait] = weakref.WeakKeyDictionary()


def configured(client: KameleoonClient) -> KameleoonClient:
    """The client, after its configuration was waited for: in each process once, for its default time-out at most.

    Ends early where fetching fails. Requests that come meanwhile wait for the same moment.
    """
    if not client.is_ready():
        milliseconds = _milliseconds_left(client)
        if milliseconds and not client.wait_init(milliseconds):
            _give_up(client)
    return client


async def configured_async(client: KameleoonClient) -> KameleoonClient:
    """As ``configured``, without blocking the event loop."""
    if not client.is_ready():
        milliseconds = _milliseconds_left(client)
        if milliseconds and not await client.wait_init_async(milliseconds):
            _give_up(client)
    return client


def _milliseconds_left(client: KameleoonClient) -> float:
    generation = process_generation()
    wait = _waits.get(client)
    if wait is None or wait.generation != generation:
        wait = _waits[client] = _Wait(generation, Deadline.after(client.settings.default_timeout_second))
    return wait.deadline.remaining() * 1000


def _give_up(client: KameleoonClient) -> None:
    _waits[client] = _Wait(process_generation(), Deadline.after(0))
