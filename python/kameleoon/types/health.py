"""``Health``: whether a client does its work, for probes."""

from __future__ import annotations

from typing import Any

from kameleoon.types._record import Record

__all__ = ["Health"]


class Health(Record):
    """Whether a client does its work (docs/figures.md#health).

    ``is_live``: whether the process can go on: false where the client's background threads cannot be started, which a
    restart may mend. ``is_ready``: whether feature flags are answered by a data file: it is in, and the client is not
    closed. ``reasons``: in plain words, everything that is not as it should be, also where the client is ready all the
    same: a data file that is stale, requests that fail, events that are lost.

    >>> health = client.health()
    >>> health.is_live, health.is_ready, health.reasons
    (True, True, [])
    """

    __slots__ = ("is_live", "is_ready", "reasons")

    def __init__(self, *, is_live: bool, is_ready: bool, reasons: list[str]) -> None:
        self.is_live: bool = is_live
        self.is_ready: bool = is_ready
        self.reasons: list[str] = reasons

    def to_dict(self) -> dict[str, Any]:
        """The verdicts and the reasons by name, as JSON has them."""
        return self._by_name()
