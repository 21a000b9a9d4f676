"""Scenarios of what this client does better on purpose: each a rule of ``docs/`` that an SDK can be held to."""

from __future__ import annotations

from collections.abc import Iterator

from tests.contract.deliberate import calls, data_files, events, services
from tests.contract.scenario import Scenario


def scenarios() -> Iterator[Scenario]:
    """All of them."""
    for module in (data_files, calls, events, services):
        yield from module.scenarios()
