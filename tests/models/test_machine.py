"""The machine, for some seconds; ``make models`` runs it for minutes."""

from __future__ import annotations

from hypothesis import HealthCheck, settings

from tests.models.machine import ClientMachine

ClientMachine.TestCase.settings = settings(
    max_examples=5,
    stateful_step_count=15,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=list(HealthCheck),
)
test_whatever_happens_answers_are_right_and_events_arrive_once = ClientMachine.TestCase
