"""How long each part of a request took."""

from __future__ import annotations

import time

from kameleoon._network.connections import Stage

__all__ = ["Timing"]

_WORDS = {Stage.NAME: "name", Stage.CONNECTION: "connection", Stage.TLS: "TLS", Stage.FIRST_BYTE: "first byte"}


class Timing:
    """Notes when each stage of one request is reached; give ``reach`` as ``on_stage``."""

    def __init__(self) -> None:
        """The time begins now."""
        self._began = time.monotonic()
        self._reached: dict[Stage, float] = {}
        self._ended: float | None = None

    def reach(self, stage: Stage) -> None:
        """A stage is reached."""
        self._reached[stage] = time.monotonic()

    def end(self) -> None:
        """The answer is there whole, or the request has failed."""
        self._ended = time.monotonic()

    @property
    def last(self) -> Stage | None:
        """The last stage that was reached."""
        return next(reversed(self._reached), None)

    @property
    def milliseconds(self) -> dict[str, float]:
        """Of each stage that was reached, and of it all (``total``)."""
        ended = time.monotonic() if self._ended is None else self._ended
        found, before = {}, self._began
        for stage, moment in self._reached.items():
            found[_WORDS[stage]] = _milliseconds(moment - before)
            before = moment
        return {**found, "total": _milliseconds(ended - self._began)}

    def __str__(self) -> str:
        """Such as ``12 ms (name 1, connection 2, first byte 9)``."""
        parts = dict(self.milliseconds)
        total = parts.pop("total")
        split = ", ".join(f"{name} {value:.0f}" for name, value in parts.items())
        return f"{total:.0f} ms" + (f" ({split})" if split else "")


def _milliseconds(seconds: float) -> float:
    return round(seconds * 1000, 1)
