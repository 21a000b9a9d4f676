"""The pytest fixture ``kameleoon_platform``: a local platform for one test."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from kameleoon.testing.platform import Platform


@pytest.fixture
def kameleoon_platform() -> Iterator[Platform]:
    """A running ``kameleoon.testing.Platform`` with an empty data file; see ``Platform.set_data_file``.

    ::

        def test_checkout(kameleoon_platform):
            kameleoon_platform.set_data_file({"featureFlags": [...]})
            config = KameleoonClientConfig("id", "secret", endpoint=kameleoon_platform.origin)
    """
    from kameleoon.testing.platform import Platform  # here: only tests that ask for it need it

    with Platform() as platform:
        yield platform
