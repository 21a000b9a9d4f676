"""What has arrived: of each visitor of each process, how many conversions and exposures there were, each by its nonce."""

from __future__ import annotations

import re
import threading
from collections import defaultdict
from dataclasses import dataclass

from kameleoon.testing.received import Received

__all__ = ["Balance", "Ledger"]

_LINE = re.compile(r"nonce=([0-9A-F]{16})&eventType=(conversion|experiment)&.*?visitorCode=([^&]+)-(\d+)")


@dataclass(frozen=True)
class Balance:
    """``expected`` events, how many of them ``arrived``, were ``lost``, came again under another nonce (``doubled``),
    or were never tracked (``unknown``); ``repeated``: those that came again under their own, which the service ignores.
    """

    expected: int
    arrived: int
    lost: int
    doubled: int
    unknown: int
    repeated: int


class Ledger(Received):
    """Takes the place of what a platform has received: counts, and keeps no line."""

    def __init__(self) -> None:
        super().__init__(1)
        self._guard = threading.Lock()
        self._seen: set[int] = set()
        self._repeated = 0
        self._conversions: dict[str, bytearray] = defaultdict(bytearray)
        self._exposures: dict[str, bytearray] = defaultdict(bytearray)
        self.is_forgetful = False
        """Whether it loses what comes: the tests' own, of the verdict."""

    def add(self, body: str) -> None:
        """Takes the body of a tracking request."""
        with self._guard:
            if self.is_forgetful:
                return
            for nonce, kind, process, number in _LINE.findall(body):
                key = int(nonce, 16)
                if key in self._seen:
                    self._repeated += 1
                    continue
                self._seen.add(key)
                counts = (self._conversions if kind == "conversion" else self._exposures)[process]
                index = int(number)
                if index >= len(counts):
                    counts.extend(bytes(index + 1 - len(counts)))
                counts[index] = min(counts[index] + 1, 255)

    @property
    def arrived(self) -> int:
        """How many events have arrived so far."""
        return len(self._seen)

    def balance(self, visitors: dict[str, int], again: dict[str, int]) -> Balance:
        """What became of the events of so many visitors of each process. A visitor has one conversion and one exposure; so
        many exposures of a process may come ``again``, since the time jumped while a visitor was there.
        """
        with self._guard:
            expected = arrived = lost = doubled = 0
            for process, count in visitors.items():
                for counts, may_come_again in (
                    (self._conversions[process], 0),
                    (self._exposures[process], again.get(process, 0)),
                ):
                    known = counts[:count]
                    missing = known.count(0) + count - len(known)
                    expected += count
                    lost += missing
                    arrived += count - missing
                    doubled += max(sum(times - 1 for times in known if times > 1) - may_come_again, 0)
            tables = (*self._conversions.items(), *self._exposures.items())
            unknown = sum(sum(counts[visitors.get(process, 0) :]) for process, counts in tables)
            return Balance(expected, arrived, lost, doubled, unknown, self._repeated)
