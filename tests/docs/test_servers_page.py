"""``docs/servers.md`` has the servers of the matrix, each with what it was found to lose. ``make test-matrix`` asks them."""

from __future__ import annotations

import pytest

from tests.servers.matrix.page import begins_anew, rows_of_the_page
from tests.servers.matrix.rows import ROWS

HINT = "hint: python -m tests.servers.matrix --write"


def test_every_server_is_on_the_page() -> None:
    assert [row[0] for row in rows_of_the_page()] == [row.name for row in ROWS], HINT
    assert len({row.name for row in ROWS}) == len(ROWS) > 50


@pytest.mark.parametrize("number", range(len(ROWS)), ids=[row.name for row in ROWS])
def test_its_outcome_is_what_its_row_says(number: int) -> None:
    row, (_, anew, stop, term, killed, confirmed, unconfirmed, advice) = ROWS[number], rows_of_the_page()[number]
    assert stop.startswith("0 of ") or (row.stop == "SIGTERM" and row.term != "kept")
    assert row.term == "depends" or term.startswith("0 of ") is (row.term == "kept")
    assert confirmed.startswith("0 of ")
    assert not any("doubled" in cell for cell in (stop, term, killed, confirmed, unconfirmed))
    assert (anew, advice) == (begins_anew(row), row.advice), HINT
