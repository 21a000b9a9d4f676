"""What visitors were given already: a context comes with every evaluation, and its data would be sent with each."""

from __future__ import annotations

import hashlib
import os
import threading
import time
from collections import Counter, OrderedDict
from collections.abc import Hashable, Mapping
from typing import Any
from weakref import WeakSet

from kameleoon.openfeature.context import datum_of, parts_of
from kameleoon.visitor import Visitor

__all__ = ["GivenData"]

_MOST_VISITORS = 10_000
_SHARDS = 16
_MOST_TEXT = 256

Marks = dict[str, tuple[Hashable, ...]]
"""By the name of an attribute, what stands for each part of its value."""


class GivenData:
    """Gives visitors the data of a context that they have not been given yet, or that are others now. Threads may share
    it; none evaluates before the data that another thread is about to give are there.

    About 10,000 visitors are remembered, those that came last, and of values no more than a short text or a digest.
    What a client has forgotten, as the session was over, counts as not given.
    """

    def __init__(self, session_seconds: float) -> None:
        self._session_seconds = session_seconds
        self._shards = [_Shard() for _ in range(_SHARDS)]
        _all.add(self)

    def give(self, visitor: Visitor, attributes: Mapping[str, Any], custom_data: frozenset[str]) -> None:
        """Adds to the visitor what is new. ``custom_data``: the names of custom data that the data file knows now."""
        parts = {name: parts_of(name, value, custom_data) for name, value in attributes.items() if value is not None}
        marks: Marks = {name: tuple(map(_mark, values)) for name, values in parts.items() if values}
        if not marks:
            return
        code = visitor.code
        shard = self._shards[hash(code) % _SHARDS]
        with shard.lock:
            now = time.monotonic()
            since, given = shard.visitors.get(code, (now, {}))
            if now - since >= self._session_seconds:
                given = {}
            new = [
                datum
                for name in marks
                if given.get(name) != marks[name]
                for part in _new_parts(parts[name], marks[name], given.get(name, ()))
                if (datum := datum_of(name, part)) is not None
            ]
            if new:
                visitor.add(*new)
            shard.visitors[code] = (now, {**given, **marks} if given else marks)
            shard.visitors.move_to_end(code)
            if len(shard.visitors) > _MOST_VISITORS // _SHARDS:
                shard.visitors.popitem(last=False)

    def unlock(self) -> None:
        """In a forked child: the threads that may have held the locks are not there."""
        for shard in self._shards:
            shard.lock = threading.RLock()


class _Shard:
    """Some of the visitors. The lock may be taken again by its thread: a user's logger may evaluate flags."""

    def __init__(self) -> None:
        self.lock = threading.RLock()
        self.visitors: OrderedDict[str, tuple[float, Marks]] = OrderedDict()


def _new_parts(parts: list[Any], marks: tuple[Hashable, ...], given: tuple[Hashable, ...]) -> list[Any]:
    """Those that were not given with the last value: of a list that has grown, the further ones."""
    left = Counter(given)
    new = []
    for part, mark in zip(parts, marks):
        if left[mark] > 0:
            left[mark] -= 1
        else:
            new.append(part)
    return new


def _mark(part: Any) -> Hashable:
    """Small, equal for what is the same datum alone (``1 == True``), and nothing that the caller can change."""
    if type(part) is str and len(part) <= _MOST_TEXT:
        return part
    try:
        text = repr(part)
    except Exception:  # noqa: BLE001  # any class may come; that it cannot be read is told when it is
        text = ""
    return hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=16).digest()


_all: WeakSet[GivenData] = WeakSet()


def _unlock_all() -> None:
    for given in list(_all):
        given.unlock()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_unlock_all)
