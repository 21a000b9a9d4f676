"""Which events there are, and what is seen of them: in requests that the service has taken, and in the spool."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import parse_qsl

from kameleoon.testing import Platform

__all__ = ["Event", "Ledger"]

Key = tuple[str, str]
"""The kind of an event, and what no other one of that kind has."""


@dataclass(eq=False)
class Event:
    """An event that a client was given. ``process``: whose it is to send; ``names``: the codes of its visitor."""

    key: Key
    process: str
    names: set[str]
    is_queued: bool = False
    """Whether it is to be sent without any other call."""
    is_replaced: bool = False
    """A newer datum of its kind has taken its place, be it sent or not."""
    may_be_dropped: bool = False
    """Its visitor is no more; where it is lost, it is counted as dropped."""
    is_abandoned: bool = False
    """Its process has ended when it could not be sent."""


class Ledger:
    """Everything that was issued, beside everything that was seen."""

    def __init__(self, platform: Platform, spool: Path | None) -> None:
        self._platform = platform
        self._spool = spool
        self.events: dict[Key, Event] = {}
        self._nonces: dict[Key, str] = {}
        """Of all that was ever seen."""
        self._arrived: set[Key] = set()
        self._lines_read = 0
        self.confirmed: set[Key] = set()

    def issue(self, key: Key, process: str, names: set[str]) -> Event:
        """An event comes into being."""
        assert key not in self.events
        event = self.events[key] = Event(key, process, names)
        return event

    @property
    def arrived(self) -> int:
        """How many events have arrived, of any kind, each counted once."""
        return self._lines_read

    def look(self) -> set[Key]:
        """The events that have arrived or are in the spool. Each that is seen must be known, with one nonce, whoever
        has sent it, and the line must name a code of its visitor.
        """
        # The spool first: what goes from there to the service meanwhile is seen there.
        spooled = {key for line in self._spooled() if (key := self._read(line)) is not None}
        lines = self._platform.received.lines
        for line in lines[self._lines_read :]:
            key = self._read(line)
            if key is not None:
                assert key not in self._arrived, f"{key} came under a second nonce"
                self._arrived.add(key)
        self._lines_read = len(lines)
        return spooled | self._arrived

    def _spooled(self) -> Iterable[str]:
        for file in [] if self._spool is None else self._spool.glob("*/*.events"):
            try:
                yield from filter(None, file.read_text().split("\n"))
            except FileNotFoundError:
                continue  # sent meanwhile

    def _read(self, line: str) -> Key | None:
        fields = dict(parse_qsl(line, keep_blank_values=True))
        key = _key(fields)
        if key is None:
            return None
        assert key in self.events, f"nobody has issued {line!r}"
        nonce = self._nonces.setdefault(key, fields["nonce"])
        assert nonce == fields["nonce"], f"{key} has the nonces {nonce} and {fields['nonce']}"
        code = fields.get("visitorCode") or fields.get("mappingValue")
        assert code in self.events[key].names, f"{line!r} is of one of {self.events[key].names}"
        return key

    def missing(self, wanted: Callable[[Event], bool]) -> list[Event]:
        """Events that are wanted, and neither arrived nor in the spool."""
        seen = self.look()
        return [
            event for event in self.events.values() if wanted(event) and not event.is_replaced and event.key not in seen
        ]

    def confirm(self, wanted: Callable[[Event], bool]) -> list[Event]:
        """A client says that these events are safe; those that are not."""
        missing = self.missing(lambda event: wanted(event) and not event.is_abandoned)
        gone = {event.key for event in missing}
        self.confirmed |= {key for key, event in self.events.items() if wanted(event) and key not in gone}
        return missing


def _key(fields: dict[str, str]) -> Key | None:
    """What makes the event of a line different from all others; ``None`` of a kind that comes again."""
    kind = fields["eventType"]
    if kind == "conversion":
        return kind, fields["goalId"]
    if kind == "page":
        return kind, fields["href"]
    if kind == "customData" and "mappingIdentifier" not in fields:
        own = [value for value in json.loads(fields["valuesCountMap"]) if value.startswith("own-")]
        return (kind, own[0]) if own else None
    return None
