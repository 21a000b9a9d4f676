"""The service of the soak: a platform with another data file every second, which fails at random."""

from __future__ import annotations

import random
import threading
from contextlib import ExitStack
from types import TracebackType
from typing import Any

from kameleoon.testing import Platform
from tests.data_files import data_file, flag, rule, segment, variation
from tests.soak.ledger import Ledger

__all__ = ["World"]

_FAULTS: list[dict[str, Any]] = [
    {"kind": "status", "status": 503},
    {"kind": "status", "status": 429},
    {"kind": "status", "status": 500, "probability": 0.5},
    {"kind": "drop"},
    {"kind": "reset", "probability": 0.7},
    {"kind": "truncated", "probability": 0.7},
    {"kind": "latency", "seconds": 1.0},
    {"kind": "latency", "seconds": 5.0, "probability": 0.5},
    {"kind": "black-hole"},
    {"kind": "malformed"},
]
_SERVICES = ["configuration", "stream", "token", "tracking"]


class World:
    """Runs in threads of this process, for as long as its ``with`` block."""

    def __init__(self, seed: int, fault_every: float) -> None:
        self.platform = Platform()
        self.ledger = Ledger()
        self.platform.received = self.ledger
        self.platform.requires_token = True
        self.version = 0
        self.faults = 0
        """How many times a service began to fail."""
        self._fault_every = fault_every
        self._random = random.Random(seed)
        self._end, self._calm = threading.Event(), threading.Event()
        self._publish()

    def __enter__(self) -> World:
        with ExitStack() as stack:
            stack.enter_context(self.platform)
            for target in (self._publish_on, self._misbehave_on):
                thread = threading.Thread(target=target)
                thread.start()
                stack.callback(thread.join)
            stack.callback(self._end.set)
            self._stack = stack.pop_all()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stack.close()

    def be_well(self) -> None:
        """From now on."""
        self._calm.set()
        self.platform.behave()

    def stop_publishing(self) -> int:
        """The number of the last data file."""
        self._end.set()
        return self.version

    def _publish_on(self) -> None:
        while not self._end.wait(1.0):
            self._publish()

    def _publish(self) -> None:
        self.version += 1
        numbered = variation("off", ("number", "NUMBER", self.version))
        checkout = [
            {"variationKey": "off", "variationId": 21, "exposition": 0.5},
            {"variationKey": "on", "variationId": 22, "exposition": 0.5},
        ]
        condition = {"targetingType": "CUSTOM_DATUM", "customDataIndex": 1, "valueMatchType": "CONTAINS", "value": "7"}
        self.platform.set_data_file(
            data_file(
                flag("checkout", 1, [rule(20, type="EXPERIMENTATION", variationByExposition=checkout)]),
                flag("for-some", 2, [rule(30, segmentId=5)]),
                flag("release", 3, [], variations=[numbered, variation("on")]),
                segments=[segment(5, condition)],
                customData=[{"id": 1, "index": 1, "name": "code"}],
                configuration={"realTimeUpdate": True},
                dateModified=self.version,
            )
        )

    def _misbehave_on(self) -> None:
        while not self._end.wait(self._random.expovariate(1 / self._fault_every)):
            if self._calm.is_set():
                continue
            service = self._random.choice(_SERVICES)
            if self._random.random() < 0.4:
                self.platform.behave(service)
                continue
            self.faults += 1
            fault = self._random.choice(_FAULTS)
            if (
                service != "tracking" or fault["kind"] != "malformed"
            ):  # 200 says that it has taken them, which it has not
                self.platform.misbehave(service, **fault)
            if self._random.random() < 0.1:
                self.platform.drop_streams()
            if self._calm.is_set():  # meanwhile
                self.platform.behave()
