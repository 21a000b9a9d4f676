"""What a client holds, as a model: codes, the visitors that they lead to, sessions and links. docs/visitor-data.md."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from tests.models.answers import Answer, Known, answer
from tests.models.ledger import Event, Ledger
from tests.models.worlds import HOLDOUT, MAPPING_INDEX

__all__ = ["SESSION_MINUTES", "Visitors"]

SESSION_MINUTES = 30


@dataclass(eq=False)
class _Visitor:
    active_at: int
    known: Known = field(default_factory=Known)
    names: set[str] = field(default_factory=set)
    """The codes that have led to it: one of them stands in the lines of its events."""
    unsent: list[Event] = field(default_factory=list)
    """What it was given to send, be it sent or not."""
    exposed: dict[int, int] = field(default_factory=dict)
    """For each experiment the variation that it was exposed to, as long as it has that one."""
    latest: dict[int, Event] = field(default_factory=dict)
    """The last custom datum at each index that was to be sent."""


class Visitors:
    """The visitors of one client. ``ledger``: where events are noted; ``process``: whose they are."""

    def __init__(self, ledger: Ledger, process: str) -> None:
        self.ledger = ledger
        self.process = process
        self.minutes = 0
        self.by_code: dict[str, _Visitor] = {}
        self.evaluated: Counter[tuple[str, str | None]] = Counter()
        """How often each variation of each flag was the answer; ``None`` where there was no answer."""
        self.exposed: Counter[tuple[str, str]] = Counter()

    def forked(self, process: str) -> Visitors:
        """Those of a child: it knows the same, and has nothing to send of it."""
        child = Visitors(self.ledger, process)
        child.minutes = self.minutes
        copies: dict[int, _Visitor] = {}
        for code, visitor in self.by_code.items():
            if id(visitor) not in copies:
                known = Known(**vars(visitor.known))
                known.custom_data, known.assigned = dict(known.custom_data), dict(known.assigned)
                copies[id(visitor)] = _Visitor(
                    visitor.active_at, known, set(visitor.names), exposed=dict(visitor.exposed)
                )
            child.by_code[code] = copies[id(visitor)]
        return child

    # What callers do

    def evaluate(self, file: dict[str, Any], key: str, code: str, *, track: bool) -> Answer:
        """The answer that is due; it is saved."""
        visitor = self._found(code)
        due = answer(file, key, code, None if visitor is None else visitor.known)
        self.evaluated[key, due.key] += 1
        if due.held is not None:
            visitor = self._found_or_made(code)
            self._assign(visitor, HOLDOUT, due.held, is_exposure=True)
        if due.experiment is not None and due.variation is not None and due.key is not None:
            visitor = self._found_or_made(code)
            if self._assign(visitor, due.experiment, due.variation, is_exposure=track):
                self.exposed[key, due.key] += 1
        if track and due.key is not None:
            self.queue(code)
        return due

    def _assign(self, visitor: _Visitor, experiment: int, variation: int, *, is_exposure: bool) -> bool:
        if visitor.known.assigned.get(experiment) != variation:
            visitor.exposed.pop(experiment, None)
        visitor.known.assigned[experiment] = variation
        if not is_exposure or experiment in visitor.exposed:
            return False
        visitor.exposed[experiment] = variation
        return True

    def convert(self, code: str, goal: int) -> None:
        """A conversion that is tracked."""
        visitor = self._found_or_made(code)
        visitor.known.has_converted = True
        self._note(visitor, ("conversion", str(goal)))
        self.queue(code)

    def view(self, code: str, url: str) -> None:
        """A page view that is added, of a page that was not viewed before."""
        visitor = self._found_or_made(code)
        visitor.known.pages += 1
        self._note(visitor, ("page", url))

    def add(self, code: str, index: int, values: tuple[str, ...], *, track: bool) -> None:
        """A custom datum, whose last value is its own."""
        visitor = self._found_or_made(code)
        visitor.known.custom_data[index] = values
        if index in visitor.latest:
            visitor.latest.pop(index).is_replaced = True
        if track:
            visitor.latest[index] = self._note(visitor, ("customData", values[-1]))

    def link(self, file: dict[str, Any], code: str, user: str) -> None:
        """A custom datum at the mapping identifier's index."""
        visitor = self._found_or_made(code)
        visitor.known.custom_data[MAPPING_INDEX] = (user,)
        if not any(datum.get("isMappingIdentifier") for datum in file["customData"]):
            return
        visitor.known.mapping_identifier = visitor.known.mapping_identifier or code
        if user == code:
            return
        replaced = self.by_code.get(user)
        self.by_code[user] = visitor
        visitor.names.add(user)
        if replaced is not None and replaced not in self.by_code.values():
            for event in replaced.unsent:
                event.may_be_dropped = True

    def mark(self, code: str) -> None:
        """A unique identifier."""
        self._found_or_made(code)

    def queue(self, code: str) -> None:
        """The code is queued, with all that its visitor has to send."""
        visitor = self._found(code)
        if visitor is not None:
            self._send(visitor)

    def queue_all(self) -> None:
        """All that have something to send are queued."""
        for visitor in self.by_code.values():
            self._send(visitor)

    def pass_time(self, minutes: int) -> None:
        """Those whose session is over are gone; what they have to send goes its way."""
        self.minutes += minutes
        for code, visitor in list(self.by_code.items()):
            if self.minutes - visitor.active_at > SESSION_MINUTES:
                self._send(visitor)
                del self.by_code[code]

    # Visitors

    def _found(self, code: str) -> _Visitor | None:
        visitor = self.by_code.get(code)
        if visitor is not None:
            visitor.active_at = self.minutes
        return visitor

    def _found_or_made(self, code: str) -> _Visitor:
        visitor = self._found(code)
        if visitor is None:
            visitor = self.by_code[code] = _Visitor(self.minutes, names={code})
        return visitor

    def _note(self, visitor: _Visitor, key: tuple[str, str]) -> Event:
        event = self.ledger.issue(key, self.process, visitor.names)
        visitor.unsent.append(event)
        return event

    @staticmethod
    def _send(visitor: _Visitor) -> None:
        for event in visitor.unsent:
            event.is_queued = True
