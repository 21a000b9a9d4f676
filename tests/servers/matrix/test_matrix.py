"""Every server of the matrix: nothing is lost and nothing doubled, except as its row says."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.servers.matrix.questions import Counts, Outcome, ask
from tests.servers.matrix.row import Row
from tests.servers.matrix.rows import ROWS


@pytest.mark.parametrize("row", ROWS, ids=[row.name.replace("`", "") for row in ROWS])
def test_row(row: Row, tmp_path: Path) -> None:
    if row.missing:
        pytest.skip(f"not installed: {row.missing}; hint: make test-matrix installs it")
    check(row, ask(row, tmp_path))


def check(row: Row, outcome: Outcome) -> None:
    """Raises where an outcome is not as the row says."""
    if row.stop != "SIGTERM":
        assert_all_arrived_once(outcome.stop, "at a graceful stop")
    if row.term == "kept":
        assert_all_arrived_once(outcome.term, "at SIGTERM")
    if row.term == "lost":
        assert outcome.term.lost > 0, "SIGTERM loses nothing; hint: its row and the page can say so now"
    if not row.frozen_second:  # a request that was frozen has failed for the client, and may have arrived
        assert outcome.stop.repeated == outcome.term.repeated == 0
    assert_all_arrived_once(outcome.confirmed, "at SIGKILL, confirmed, with a spool")
    assert outcome.term.doubled == outcome.killed.doubled == outcome.unconfirmed.doubled == 0


def assert_all_arrived_once(counts: Counts, when: str) -> None:
    assert counts.answered > 0
    assert (counts.lost, counts.doubled) == (0, 0), f"{when}: {counts}"
