"""How the local platform can be told to misbehave."""

from __future__ import annotations

import threading
from dataclasses import asdict, dataclass
from enum import Enum
from typing import Any


class ServiceName(str, Enum):
    """The services of docs/network.md#services.

    >>> ServiceName("tracking").name
    'TRACKING'
    """

    CONFIGURATION = "configuration"
    STREAM = "stream"
    TOKEN = "token"  # noqa: S105  # a name, no password
    TRACKING = "tracking"
    VISITOR_DATA = "visitor-data"
    REMOTE_DATA = "remote-data"


class FaultKind(str, Enum):
    """What goes wrong.

    >>> FaultKind("black-hole").name
    'BLACK_HOLE'
    """

    STATUS = "status"
    """Answers with ``status``."""
    LATENCY = "latency"
    """Answers properly, after ``seconds``."""
    DROP = "drop"
    """Closes the connection without an answer."""
    BLACK_HOLE = "black-hole"
    """Never answers."""
    RESET = "reset"
    """Resets the connection in the middle of the body."""
    TRUNCATED = "truncated"
    """Closes the connection in the middle of the body."""
    SLOW_BYTES = "slow-bytes"
    """Sends the body a byte at a time, ``seconds`` apart."""
    MALFORMED = "malformed"
    """Sends a body that is no JSON."""
    WRONG_TYPE = "wrong-type"
    """Sends JSON of another shape."""
    HUGE = "huge"
    """Sends ``size`` bytes of white space before the body."""
    REDIRECT = "redirect"
    """Redirects elsewhere."""


@dataclass(frozen=True)
class Fault:
    """A misbehaviour of a ``kind``, ``times`` requests long, or until it is cleared; with a ``probability``, 0 to 1.

    ``status``: the HTTP status of ``STATUS``. ``seconds``: of ``LATENCY`` in all, of ``SLOW_BYTES`` between two bytes.
    ``size``: bytes of ``HUGE``.
    """

    kind: FaultKind
    status: int = 500
    seconds: float = 1.0
    size: int = 50_000_000
    times: int | None = None
    probability: float = 1.0

    @classmethod
    def from_json(cls, fields: dict[str, Any]) -> Fault:
        """Raises ``ValueError`` or ``TypeError`` for what is no fault."""
        return cls(**{**fields, "kind": FaultKind(fields["kind"])})

    def to_json(self) -> dict[str, Any]:
        """The fields, as ``from_json`` takes them."""
        return {**asdict(self), "kind": self.kind.value}


class Faults:
    """The faults of each service, in force."""

    def __init__(self, chance: Any) -> None:
        self._lock = threading.Lock()
        self._chance = chance
        self._by_service: dict[ServiceName, Fault] = {}
        self._left: dict[ServiceName, int] = {}

    def set(self, service: ServiceName, fault: Fault) -> None:
        """Puts a fault in force, in place of the service's last one."""
        with self._lock:
            self._by_service[service] = fault
            self._left[service] = -1 if fault.times is None else fault.times

    def clear(self, service: ServiceName | None = None) -> None:
        """Everything is well again: a service, or all."""
        with self._lock:
            for name in [service] if service is not None else list(self._by_service):
                self._by_service.pop(name, None)

    def take(self, service: ServiceName) -> Fault | None:
        """The fault for one request, if one is in force and chance will have it."""
        with self._lock:
            fault = self._by_service.get(service)
            if fault is None or self._left[service] == 0 or self._chance() >= fault.probability:
                return None
            self._left[service] -= 1
            return fault

    def to_json(self) -> dict[str, Any]:
        """What is in force, by service."""
        with self._lock:
            return {service.value: fault.to_json() for service, fault in self._by_service.items()}
