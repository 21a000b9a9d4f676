"""One file a client: how it is set up without its makers' service, and the loops that are timed.

A loop makes exactly one evaluation (or one request's worth of calls) per item and binds everything it calls to local
names, so what is timed beside the client is one step of a ``for``.
"""

from __future__ import annotations

from typing import Any, Callable, NamedTuple

EVALUATION = "evaluation, exposure recorded"
UNRECORDED = "evaluation, nothing recorded"
TARGETED = "five conditions that hold"
REQUEST = "request: five data made, then an evaluation"
ALL_FLAGS = "all of 200 flags"
BOOLEAN = "is_feature_active"
ADD_DATA = "add_data of three data made in the call"

#: The attributes for which the five conditions hold, as clients without data kinds take them.
ATTRIBUTES = {"plan": "premium", "age": 34, "tier": "gold", "appVersion": "3.4.1", "country": "FR"}
TIERS = ["silver", "gold", "platinum"]


class Case(NamedTuple):
    """What is timed: a loop, its items, and how many of them a call of the loop gets."""

    loop: Callable[[list[Any]], None]
    items: list[Any]
    chunk: int = 500


class Player:
    """A client to be timed. Each case may be asked for once; a case that the client does not offer is left out."""

    #: What pip installs.
    requirement = ""
    #: What a program imports.
    imports = ""

    def __init__(self, origin: str, codes: list[str]) -> None:
        self.origin, self.codes = origin, codes

    def cases(self) -> dict[str, Callable[[], Case]]:
        """The cases by name, each made when it is asked for."""
        raise NotImplementedError

    def bytes_loop(self) -> Callable[[list[str]], None] | None:
        """A loop that evaluates one flag for each code, for clients that hold visitors."""
        return None


def loop(expression: str, **names: Any) -> Callable[[list[Any]], None]:
    """A loop over ``item`` with every name bound as a local."""
    bound = "".join(f", {name}={name}" for name in names)
    body = expression.replace("; ", "\n        ")
    namespace = dict(names)
    exec(f"def loop(items{bound}):\n    for item in items:\n        {body}\n", namespace)
    made: Callable[[list[Any]], None] = namespace["loop"]
    return made


def keywords(attributes: dict[str, Any]) -> str:
    """Attributes as a dict display, so that a loop makes a new dict each time."""
    return "{" + ", ".join(f"{key!r}: {value!r}" for key, value in attributes.items()) + "}"


PLAYERS = ["reference", "candidate", "statsig", "eppo", "growthbook", "unleash", "optimizely", "launchdarkly"]
