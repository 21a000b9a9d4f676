"""``exposures`` and ``conversions``: what the code under test does, captured without a service."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Any, ClassVar, Generic, NamedTuple, SupportsIndex, TypeVar, overload

from kameleoon.testing._hook import hook

if TYPE_CHECKING:
    from types import TracebackType

    from typing_extensions import Self

    from kameleoon.data.custom_data import CustomData
    from kameleoon.kameleoon_client import KameleoonClient
    from kameleoon.types.variation import Variation

__all__ = ["Captured", "Conversions", "Exposure", "Exposures", "TrackedConversion", "conversions", "exposures"]


class Exposure(NamedTuple):
    """A visitor was exposed to a variation: an evaluation was tracked, or would have been if nothing had overridden it.

    A tuple of ``visitor_code``, ``feature_key`` and ``variation_key``, all ``str``.

    >>> from kameleoon.testing import Exposure
    >>> Exposure("alice", "checkout", "on") == ("alice", "checkout", "on")
    True
    """

    visitor_code: str
    feature_key: str
    variation_key: str


class TrackedConversion(NamedTuple):
    """A conversion was tracked, by ``track_conversion`` or a visitor's ``convert``.

    A tuple of ``visitor_code`` (``str``), ``goal_id`` (``int``), ``revenue`` (in the currency of the site),
    ``negative`` (``bool``) and ``metadata`` (a tuple of ``CustomData``).

    >>> from kameleoon.testing import TrackedConversion
    >>> TrackedConversion("alice", 7, revenue=49.9).negative
    False
    """

    visitor_code: str
    goal_id: int
    revenue: float = 0.0
    negative: bool = False
    metadata: tuple[CustomData, ...] = ()


Record = TypeVar("Record", Exposure, TrackedConversion)


class Captured(Sequence[Record], Generic[Record]):
    """What was captured, in its order: a sequence that grows while its ``with`` block lasts, in any thread, and keeps
    what it has afterwards. Equal to a list or a tuple with the same records; compare it with ``==`` in a test, so that
    pytest can tell what is different.
    """

    def __init__(self, client: KameleoonClient | None = None, records: Iterable[Record] = ()) -> None:
        """``client``: whose they are; ``None`` for all clients."""
        self._client = client
        self._records: list[Record] = list(records)
        self._lock = threading.Lock()
        self._blocks = 0

    def by(self, visitor_code: str) -> Self:
        """Those of a visitor, as a sequence of the same kind that does not grow."""
        return self._those(lambda record: record.visitor_code == visitor_code)

    @property
    def visitor_codes(self) -> list[str]:
        """The visitor of each record."""
        return [record.visitor_code for record in self.copy()]

    def copy(self) -> list[Record]:
        """A list of what was captured so far."""
        with self._lock:
            return list(self._records)

    def clear(self) -> None:
        """Forgets what was captured so far."""
        with self._lock:
            self._records.clear()

    def _those(self, wanted: Callable[[Record], bool]) -> Self:
        return type(self)(self._client, filter(wanted, self.copy()))

    def _add(self, client: KameleoonClient, record: Record) -> None:
        if self._client is None or self._client is client:
            with self._lock:
                self._records.append(record)

    # A context manager

    def __enter__(self) -> Self:
        with self._lock:
            self._blocks += 1
            is_first = self._blocks == 1
        if is_first:
            hook.begin_capture(self)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        with self._lock:
            self._blocks -= 1
            is_last = self._blocks == 0
        if is_last:
            hook.end_capture(self)

    def exposed(self, client: KameleoonClient, visitor_code: str, feature_key: str, variation: Variation) -> None:
        """Clients tell of exposures here, by way of the hook."""

    def converted(
        self,
        client: KameleoonClient,
        visitor_code: str,
        goal_id: int,
        revenue: float | None,
        negative: bool,
        metadata: Iterable[Any] | None,
    ) -> None:
        """Clients tell of conversions here, by way of the hook."""

    # A sequence

    def __len__(self) -> int:
        return len(self._records)

    @overload
    def __getitem__(self, index: SupportsIndex) -> Record: ...
    @overload
    def __getitem__(self, index: slice) -> list[Record]: ...
    def __getitem__(self, index: Any) -> Any:
        return self.copy()[index]

    def __eq__(self, other: object) -> bool:
        if isinstance(other, (list, tuple, Captured)):
            return self.copy() == list(other)
        return NotImplemented

    __hash__: ClassVar[None] = None  # type: ignore[assignment]  # they grow

    def __repr__(self) -> str:
        records = self.copy()
        lines = "".join(f"\n    {record!r}," for record in records)
        return f"{type(self).__name__}([{lines}\n])" if records else f"{type(self).__name__}([])"


class Exposures(Captured[Exposure]):
    """The exposures that were captured; see ``exposures``.

    >>> from kameleoon.testing import exposures
    >>> with exposures() as seen:
    ...     variation = client.get_variation("alice", "new-checkout")
    >>> seen.of("new-checkout").variation_keys
    ['on']
    """

    def of(self, feature_key: str) -> Exposures:
        """Those to a flag."""
        return self._those(lambda exposure: exposure.feature_key == feature_key)

    @property
    def variation_keys(self) -> list[str]:
        """The variation of each exposure."""
        return [exposure.variation_key for exposure in self.copy()]

    def exposed(self, client: KameleoonClient, visitor_code: str, feature_key: str, variation: Variation) -> None:
        """Clients tell of exposures here, by way of the hook."""
        self._add(client, Exposure(visitor_code, feature_key, variation.key))


class Conversions(Captured[TrackedConversion]):
    """The conversions that were captured; see ``conversions``.

    >>> from kameleoon.testing import conversions
    >>> with conversions() as made:
    ...     client.track_conversion("alice", 7, revenue=49.9)
    >>> made.of(7).revenues
    [49.9]
    """

    def of(self, goal_id: int) -> Conversions:
        """Those of a goal."""
        return self._those(lambda conversion: conversion.goal_id == goal_id)

    @property
    def revenues(self) -> list[float]:
        """The revenue of each conversion."""
        return [conversion.revenue for conversion in self.copy()]

    def converted(
        self,
        client: KameleoonClient,
        visitor_code: str,
        goal_id: int,
        revenue: float | None,
        negative: bool,
        metadata: Iterable[Any] | None,
    ) -> None:
        """Clients tell of conversions here, by way of the hook."""
        amount = 0.0 if revenue is None else revenue
        self._add(client, TrackedConversion(visitor_code, goal_id, amount, negative, tuple(metadata or ())))


def exposures(client: KameleoonClient | None = None) -> Exposures:
    """Captures every tracked evaluation in the ``with`` block: of ``client``, or of all, in any thread.

    Nothing is held back from the service, if the client has one.

    >>> from kameleoon.testing import exposures, flags
    >>> with exposures() as seen, flags(new_checkout="on"):
    ...     _ = client.is_feature_active("alice", "new-checkout")
    ...     _ = client.is_feature_active("bob", "new-checkout", track=False)
    >>> seen
    Exposures([
        Exposure(visitor_code='alice', feature_key='new-checkout', variation_key='on'),
    ])
    >>> seen.of("new-checkout").by("alice").variation_keys
    ['on']
    """
    return Exposures(client)


def conversions(client: KameleoonClient | None = None) -> Conversions:
    """Captures every tracked conversion in the ``with`` block: of ``client``, or of all, in any thread.

    >>> from kameleoon.testing import TrackedConversion, conversions
    >>> with conversions() as seen:
    ...     client.track_conversion("alice", 7, revenue=49.9)
    >>> assert seen == [TrackedConversion("alice", 7, revenue=49.9)]
    >>> seen.of(7).revenues
    [49.9]
    """
    return Conversions(client)
