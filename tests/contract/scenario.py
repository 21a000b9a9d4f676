"""What a scenario is made of: a service, a client of it, and steps that are taken one after another."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Union

ABSENT: Any = object()
"""No expectation: the answer is not looked at."""


@dataclass(frozen=True)
class Command:
    """A command to the adapter. ``expected``: its answer, ``{"ok": …}`` or ``{"error": …}``; compared by ``comparison``.

    ``within``: seconds in which the answer has to come. ``patience``: the command is given again for so many seconds
    until it answers as expected.
    """

    name: str
    parameters: dict[str, Any] = field(default_factory=dict)
    expected: Any = ABSENT
    within: float | None = None
    patience: float = 0.0


@dataclass(frozen=True)
class Sent:
    """All that the service has received since it was looked at last: ``events``, each a list of name and value."""

    events: list[list[list[str]]]
    within: float = 5.0


@dataclass(frozen=True)
class Misbehave:
    """A service goes wrong from now on: as ``kameleoon.testing.Platform.misbehave`` has it."""

    service: str
    kind: str
    details: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Behave:
    """All services are well again."""


@dataclass(frozen=True)
class Sleep:
    """Nothing happens for some seconds."""

    seconds: float


@dataclass(frozen=True)
class Close:
    """The client is closed: ``DELETE /clients/N``. ``within``: seconds in which that has to be over."""

    within: float | None = None


Step = Union[Command, Sent, Misbehave, Behave, Sleep, Close]


@dataclass(frozen=True)
class Scenario:
    """A named story. ``{"$now_ms": n}`` in its parts stands for the time of its start, and n milliseconds.

    ``client``: options of ``POST /``. ``before``: steps before there is a client. ``is_ready``: whether the client is to
    have its data file when it is made. ``requires_token``: whether the data services refuse who has none. ``why``: the
    rule, with the page of ``docs/`` where it stands.
    """

    name: str
    data_file: Any
    steps: list[Step]
    client: dict[str, Any] = field(default_factory=dict)
    visitors: dict[str, Any] = field(default_factory=dict)
    remote: dict[str, Any] = field(default_factory=dict)
    before: list[Step] = field(default_factory=list)
    is_ready: bool = True
    is_offline: bool = False
    requires_token: bool = False
    why: str = ""
    group: str = "recorded"

    @property
    def needs(self) -> set[str]:
        """The capabilities that an adapter must have for it."""
        commands = {step.name for step in self.steps if isinstance(step, Command)}
        return commands | ({"offline"} if self.is_offline else set())
