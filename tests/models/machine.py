"""A machine that does to a client whatever a program may do, in any order, beside a model of what has to come of it.

Every answer is the one that the model works out anew. Every event is seen under one nonce, whoever sends it, however
often; what a ``flush`` has confirmed has arrived or is in the spool; what is queued when a client is closed is there too,
where it can be; and when the service is well again, all has arrived but for what was counted as lost.
"""

from __future__ import annotations

import shutil
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from kameleoon import CustomData, KameleoonClient, KameleoonClientConfig, PageView, UniqueIdentifier
from kameleoon.exceptions import FeatureEnvironmentDisabled
from kameleoon.testing import Clock, Platform, clock
from tests.models.answers import Answer
from tests.models.children import in_child
from tests.models.ledger import Event, Ledger
from tests.models.visitors import Visitors
from tests.models.worlds import BUCKETING_INDEX, FLAGS, INDEX, MAPPING_INDEX, worlds

__all__ = ["ClientMachine", "done"]

done: Counter[str] = Counter()
"""How often each thing was done and seen, by all machines of this process."""

_codes = st.sampled_from(["alice", "bob", "user-1"])
_users = st.sampled_from(["user-1", "alice"])
_letters = st.sampled_from(["a", "b", "c"])
_keys = st.sampled_from(FLAGS)
_faults: st.SearchStrategy[dict[str, Any]] = st.sampled_from(
    [
        {"kind": "status", "status": 503},
        {"kind": "status", "status": 503, "times": 1},
        {"kind": "status", "status": 503, "probability": 0.5},
        {"kind": "status", "status": 400, "times": 2},
        {"kind": "status", "status": 429, "times": 2},
        {"kind": "drop"},
        {"kind": "reset", "times": 2},
        {"kind": "truncated", "probability": 0.5},
        {"kind": "latency", "seconds": 0.2},
        {"kind": "latency", "seconds": 0.7, "times": 2},
        {"kind": "black-hole", "times": 1},
    ]
)
_PATIENCE = 20.0
"""So many seconds may take what has to happen soon."""


class ClientMachine(RuleBasedStateMachine):
    """One client at a time, its children, and a platform."""

    # Beginning and end

    @initialize(file=worlds(), has_spool=st.booleans(), requires_token=st.booleans())
    def begin(self, file: dict[str, Any], has_spool: bool, requires_token: bool) -> None:
        self._stack = ExitStack()
        self.platform = self._stack.enter_context(Platform())
        self.platform.requires_token = requires_token
        directory = Path(tempfile.mkdtemp())
        self._stack.callback(shutil.rmtree, directory)
        self.clock: Clock = self._stack.enter_context(clock())
        self.spool = directory if has_spool else None
        self.ledger = Ledger(self.platform, self.spool)
        self.serial = 1000
        self.is_well = True
        self.lives = 0
        self.lost = Counter[str]()
        """What processes that have ended have counted."""
        self.all_is_counted = True
        """Whether each process has told at its end what it has sent."""
        self.file: dict[str, Any] = {}
        self._serve(file)
        self._open()
        done["examples"] += 1

    def _serve(self, file: dict[str, Any]) -> None:
        self.file = {**file, "dateModified": self.platform.revision}
        self.platform.set_data_file(self.file)

    def _open(self) -> None:
        self.lives += 1
        config = KameleoonClientConfig(
            "id",
            "secret",
            endpoint=self.platform.origin,
            top_level_domain="example.com",
            default_timeout_millisecond=400,
            spool=self.spool,
        )
        self.client = KameleoonClient("site", config)
        self.visitors = Visitors(self.ledger, f"life {self.lives}")
        self._await_data_file()

    def _await_data_file(self) -> None:
        self._eventually(
            lambda: self.client.stats().data_file_date_modified == self.file["dateModified"],
            "the data file is followed",
        )

    @staticmethod
    def _eventually(condition: Callable[[], bool], what: str) -> None:
        deadline = time.monotonic() + _PATIENCE
        while not condition():
            assert time.monotonic() < deadline, f"not in time: {what}"
            time.sleep(0.01)

    def teardown(self) -> None:
        if not hasattr(self, "_stack"):
            return
        try:
            self._settle()
        finally:
            self.client.close(0.1)
            self._stack.close()

    def _settle(self) -> None:
        """The service is well again: everything arrives."""
        self.mend()
        self.flush_and_wait(timeout=_PATIENCE)
        self.close_and_start_again()
        if self.spool is not None:
            self._eventually(lambda: self.client.stats().spool_events == 0, "the spool is sent")
        missing = self.ledger.missing(lambda event: not event.is_abandoned)
        self._check_losses(missing)
        if self.spool is None and self.all_is_counted:
            sent = self.lost["events_sent"] + self.client.stats().events_sent
            assert sent == self.ledger.arrived, f"{sent} events count as sent, and {self.ledger.arrived} arrived"
        done["events issued"] += len(self.ledger.events)
        done["events confirmed"] += len(self.ledger.confirmed)
        done["events arrived"] += self.ledger.arrived
        done["events doubled, under the same nonce"] += self.platform.received.duplicated
        done["events lost and counted"] += len(missing)
        done["events of processes that ended without a spool while the service failed, or were killed"] += sum(
            event.is_abandoned for event in self.ledger.events.values()
        )

    # What callers do

    def _next(self) -> int:
        self.serial += 1
        return self.serial

    @rule(code=_codes, key=_keys, track=st.booleans())
    def evaluate(self, code: str, key: str, track: bool) -> None:
        due = self.visitors.evaluate(self.file, key, code, track=track)
        assert _answer(self.client, code, key, track=track) == due
        done["evaluations"] += 1

    @rule(code=_codes, track=st.booleans())
    def evaluate_all(self, code: str, track: bool) -> None:
        given = self.client.get_variations(code, track=track)
        for key in FLAGS:
            due = self.visitors.evaluate(self.file, key, code, track=track)
            variation = given.get(key)
            assert (None if variation is None else variation.key) == due.key
        done["evaluations"] += len(FLAGS)

    @rule(code=_codes)
    def convert(self, code: str) -> None:
        goal = self._next()
        self.visitors.convert(code, goal)
        self.client.track_conversion(code, goal)

    @rule(code=_codes, index=st.sampled_from([INDEX, BUCKETING_INDEX]), letter=_letters, track=st.booleans())
    def add_custom_data(self, code: str, index: int, letter: str, track: bool) -> None:
        values = (letter, f"own-{self._next()}")
        self.visitors.add(code, index, values, track=track)
        self.client.add_data(code, CustomData(index, *values), track=track)

    @rule(code=_codes)
    def view_page(self, code: str) -> None:
        url = f"https://shop.example/{self._next()}"
        self.visitors.view(code, url)
        self.client.add_data(code, PageView(url))

    @rule(code=_codes, user=_users)
    def link(self, code: str, user: str) -> None:
        self.visitors.link(self.file, code, user)
        self.client.add_data(code, CustomData(MAPPING_INDEX, user))
        done["links"] += 1

    @rule(code=_codes)
    def mark(self, code: str) -> None:
        self.visitors.mark(code)
        self.client.add_data(code, UniqueIdentifier(True))

    @rule(codes=st.lists(_codes, min_size=2, max_size=6))
    def convert_in_threads(self, codes: list[str]) -> None:
        """Several threads, while another one flushes."""
        goals = {self._next(): code for code in codes for _ in range(5)}
        for goal, code in goals.items():
            self.visitors.convert(code, goal)

        def convert(first: int) -> None:
            for goal in range(first, first + 5):
                self.client.track_conversion(goals[goal], goal)

        threads = [threading.Thread(target=convert, args=(first,)) for first in list(goals)[::5]]
        threads.append(threading.Thread(target=self.client.flush, kwargs={"timeout": 0.05}))
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(_PATIENCE)
        assert not any(thread.is_alive() for thread in threads), "a thread hangs"
        self.visitors.queue_all()

    # Sending

    @rule(code=st.none() | _codes, instant=st.booleans())
    def flush(self, code: str | None, instant: bool) -> None:
        assert self.client.flush(code, instant=instant) is False
        if code is None:
            self.visitors.queue_all()
        else:
            self.visitors.queue(code)

    @rule(timeout=st.sampled_from([0.05, 0.3]))
    def flush_and_wait(self, timeout: float) -> None:
        is_safe = self.client.flush(timeout=_PATIENCE if self.is_well else timeout)
        self.visitors.queue_all()
        assert is_safe or not self.is_well, "the service is well, and what is flushed has not arrived"
        if is_safe:
            self._confirm(lambda event: event.process == self.visitors.process)

    @rule(code=_codes, timeout=st.sampled_from([0.05, 0.3]))
    def flush_one_and_wait(self, code: str, timeout: float) -> None:
        self.visitors.queue(code)
        is_safe = self.client.flush(code, timeout=_PATIENCE if self.is_well else timeout)
        assert is_safe or not self.is_well, "the service is well, and what is flushed has not arrived"
        if is_safe:
            visitor = self.visitors.by_code.get(code)
            events = [] if visitor is None else visitor.unsent
            self._confirm(lambda event: event in events)

    def _confirm(self, wanted: Callable[[Event], bool]) -> None:
        self._check_losses(self.ledger.confirm(wanted))
        done["flushes confirmed"] += 1

    def _check_losses(self, missing: list[Event]) -> None:
        """What is missing was counted when it was lost."""
        stats = self.client.stats()
        dropped = self.lost["events_dropped"] + stats.events_dropped
        refused = self.lost["events_refused"] + stats.events_refused
        unexplained = [event for event in missing if not event.may_be_dropped]
        assert len(unexplained) <= refused, f"{unexplained} is lost, and {refused} events count as refused"
        assert len(missing) <= refused + dropped, f"{missing} is lost, and {refused + dropped} count as lost"

    # The service, the clock, the data file

    @rule(fault=_faults)
    def break_service(self, fault: dict[str, Any]) -> None:
        self.platform.misbehave("tracking", **fault)
        self.is_well = False
        done["faults"] += 1

    @rule()
    def break_tokens(self) -> None:
        self.platform.misbehave("token", "status", status=503)
        self.platform.tokens.clear()
        self.is_well = self.is_well and not self.platform.requires_token

    @precondition(lambda self: not self.is_well)
    @rule()
    def mend(self) -> None:
        self.platform.behave()
        self.is_well = True

    @rule(minutes=st.sampled_from([7, 7, 31]))
    def let_time_pass(self, minutes: int) -> None:
        self.clock.advance(minutes=minutes)
        self.visitors.pass_time(minutes)
        done["sessions passed"] += minutes == 31

    @rule(file=worlds())
    def swap(self, file: dict[str, Any]) -> None:
        self._serve(file)
        self._await_data_file()
        done["data files"] += 1

    # Processes

    @rule(
        codes=st.lists(_codes, min_size=1, max_size=3),
        key=_keys,
        ending=st.sampled_from(["close", "close", "flush", "none"]),
    )
    def fork(self, codes: list[str], key: str, ending: str) -> None:
        self.lives += 1
        child = self.visitors.forked(f"child {self.lives}")
        goals = [self._next() for _ in codes]
        due = []
        for code, goal in zip(codes, goals):
            due.append(child.evaluate(self.file, key, code, track=True).key)
            child.convert(code, goal)
        is_well, client = self.is_well, self.client

        def work() -> dict[str, Any]:
            given = []
            for code, goal in zip(codes, goals):
                given.append(_answer(client, code, key, track=True).key)
                client.track_conversion(code, goal)
            seconds = _PATIENCE if is_well else 0.3
            is_safe = client.flush(timeout=seconds) if ending == "flush" else None
            if ending == "close":
                client.close(seconds)
            stats = client.stats()
            counted = {name: getattr(stats, name) for name in ("events_sent", "events_refused", "events_dropped")}
            return {"given": given, "is_safe": is_safe, "counted": counted, "flags": _evaluated(client)}

        told = in_child(work)
        assert told["given"] == due
        assert told["flags"] == [[key, answer, count] for (key, answer), count in sorted(_known(child.evaluated))]
        self.lost.update(told["counted"])
        own = [event for event in self.ledger.events.values() if event.process == child.process]
        if told["is_safe"]:
            self._confirm(lambda event: event in own)
        self._check_end(own, is_orderly=ending == "close", is_safe=bool(told["is_safe"]))
        done[f"forks, ended by {ending}"] += 1

    @rule()
    def close_and_start_again(self) -> None:
        self.client.close(_PATIENCE if self.is_well else 0.3)
        stats = self.client.stats()
        for name in ("events_sent", "events_refused", "events_dropped"):
            self.lost[name] += getattr(stats, name)
        own = [event for event in self.ledger.events.values() if event.process == self.visitors.process]
        self._open()
        self._check_end(own, is_orderly=True, is_safe=False)
        done["closed and started again"] += 1

    def _check_end(self, own: list[Event], *, is_orderly: bool, is_safe: bool) -> None:
        """A process has ended: what it had queued has arrived or is in the spool, if it was closed and either can be."""
        missing = self.ledger.missing(lambda event: event in own)
        if is_orderly and (self.is_well or self.spool is not None):
            self._check_losses([event for event in missing if event.is_queued and not event.is_abandoned])
            self.all_is_counted = self.all_is_counted and self.is_well
            abandoned = [event for event in missing if not event.may_be_dropped]
        else:
            self.all_is_counted = self.all_is_counted and is_safe
            abandoned = missing  # those too that could have been dropped before, and then would have been counted
        for event in missing:
            event.is_abandoned = event in abandoned

    # What always holds

    @invariant()
    def nothing_has_two_nonces(self) -> None:
        if hasattr(self, "ledger"):
            self.ledger.look()

    @invariant()
    def what_was_counted_of_flags_is_exact(self) -> None:
        if hasattr(self, "client"):
            assert _evaluated(self.client) == [
                [key, answer, count] for (key, answer), count in sorted(_known(self.visitors.evaluated))
            ]
            exposed = {
                (key, variation): count
                for key, figures in self.client.stats().flags.items()
                for variation, count in figures.exposed.items()
            }
            assert exposed == dict(self.visitors.exposed)

    @invariant()
    def visitors_are_those_that_are_known(self) -> None:
        if hasattr(self, "client"):
            assert self.client.stats().visitors == len(self.visitors.by_code)


def _answer(client: KameleoonClient, code: str, key: str, *, track: bool) -> Answer:
    try:
        given = client.get_variation(code, key, track=track)
    except FeatureEnvironmentDisabled:
        return Answer(None)
    return Answer(given.key, given.id_, given.experiment_id)


def _known(evaluated: Counter[tuple[str, str | None]]) -> list[tuple[tuple[str, str], int]]:
    return [((key, answer), count) for (key, answer), count in evaluated.items() if answer is not None]


def _evaluated(client: KameleoonClient) -> list[list[Any]]:
    """How often each variation of each flag was the answer, in order."""
    flags = client.stats().flags.items()
    return sorted([key, answer, count] for key, figures in flags for answer, count in figures.variations.items())
