"""Nor do calls over the network leave memory behind, or swaps of data files. ``make growth`` does more of each."""

from __future__ import annotations

import pytest

from tests.races import memory, online_calls

pytestmark = [
    pytest.mark.alone,
    pytest.mark.long,
    pytest.mark.skipif(not memory.is_counted(), reason="the C library does not tell what is allocated"),
]
NOISE = 40
"""Bytes a call: with so few calls, a buffer that a thread has kept counts as so much. What is lost of a request, a client
or a data file is more.
"""


def test_no_call_over_the_network_leaves_memory_behind() -> None:
    left = online_calls.measured(calls=200, swaps=0)
    assert len(left) >= len(online_calls.NAMES)
    assert not {name: grown for name, grown in left.items() if grown > NOISE}


def test_no_swap_of_a_data_file_leaves_memory_behind() -> None:
    left = online_calls.measured(calls=0, swaps=300)
    assert left["a swap"] < online_calls.SWAP_LIMIT
