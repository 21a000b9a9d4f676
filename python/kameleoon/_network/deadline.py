"""``Deadline``: the moment by which a whole call must be over, with everything that it waits for."""

from __future__ import annotations

import time

__all__ = ["Deadline"]


class Deadline:
    """A moment of the monotonic clock. It goes down a call as one value: what is left of it is all that a step may
    take, be it a lock, a name, a connection or a body.

    >>> deadline = Deadline.after(60)
    >>> 59 < deadline.remaining() <= 60
    True
    """

    __slots__ = ("moment",)

    def __init__(self, moment: float) -> None:
        """``moment``: seconds of ``time.monotonic``."""
        self.moment = moment

    @classmethod
    def after(cls, seconds: float) -> Deadline:
        """The moment ``seconds`` from now."""
        return cls(time.monotonic() + seconds)

    def remaining(self) -> float:
        """The seconds that are left; 0 once they are over."""
        return max(0.0, self.moment - time.monotonic())

    @property
    def is_over(self) -> bool:
        """Whether nothing is left."""
        return time.monotonic() >= self.moment

    def within(self, seconds: float) -> Deadline:
        """This deadline, or the one ``seconds`` from now if that is sooner."""
        return Deadline(min(self.moment, time.monotonic() + seconds))

    def __repr__(self) -> str:
        return f"Deadline({self.remaining():.3f} s left)"
