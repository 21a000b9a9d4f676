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

from kameleoon.data import Data
from kameleoon.openfeature.context import datum_of, has_parts
from kameleoon.visitor import Visitor

__all__ = ["GivenData"]

_MOST_VISITORS = 10_000
_SHARDS = 16
_MOST_TEXT = 256

Marks = dict[str, Hashable]
"""By the name of an attribute, what stands for its value: text, a digest, or a tuple of these, one for each part."""
_NOBODY: tuple[float, Marks] = (float("inf"), {})


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

    def give(self, visitor: Visitor, attributes: Mapping[str, Any], data_names: frozenset[str]) -> None:
        """Adds to the visitor what is new. ``data_names``: the attributes that stand for data."""
        marks: Marks = {
            name: value if type(value) is str and len(value) <= _MOST_TEXT else _mark_of(name, value)
            for name, value in attributes.items()
            if name in data_names and value is not None
        }
        if not marks:
            return
        code = visitor.code
        shard = self._shards[hash(code) % _SHARDS]
        with shard.lock:
            now = time.monotonic()
            since, given = shard.visitors.get(code, _NOBODY)
            if now - since >= self._session_seconds:
                given = {}
            if not marks.items() <= given.items():
                visitor.add(*_new_data(attributes, marks, given))
                given = {**given, **marks}
            shard.visitors[code] = (now, given)
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


def _new_data(attributes: Mapping[str, Any], marks: Marks, given: Marks) -> list[Data]:
    """Those that were not given with the last value: of a list that has grown, the further ones."""
    new = []
    for name, mark in marks.items():
        if name in given and given[name] == mark:
            continue
        left = Counter(_marks(given[name])) if name in given else Counter[Hashable]()
        value = attributes[name]
        for part, part_mark in zip(value if has_parts(name, value) else [value], _marks(mark)):
            if left[part_mark] > 0:
                left[part_mark] -= 1
            elif (datum := datum_of(name, part)) is not None:
                new.append(datum)
    return new


def _mark_of(name: str, value: Any) -> Hashable:
    """What stands for an attribute's value."""
    return tuple(map(_mark, value)) if has_parts(name, value) else _mark(value)


def _marks(mark: Hashable) -> tuple[Hashable, ...]:
    """What stands for each of its parts."""
    return mark if isinstance(mark, tuple) else (mark,)


def _mark(part: Any) -> Hashable:
    """Small, equal for what is the same datum alone (``1 == True``), and nothing that the caller can change."""
    if type(part) is str and len(part) <= _MOST_TEXT:
        return part
    try:
        text = repr(part)
    except Exception:  # noqa: BLE001  # any class may come; that it cannot be read is told when it is
        text = ""
    return int.from_bytes(hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=16).digest(), "big")


_all: WeakSet[GivenData] = WeakSet()


def _unlock_all() -> None:
    for given in list(_all):
        given.unlock()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_unlock_all)
