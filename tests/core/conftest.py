"""A platform and online clients, and a service that answers as a test says."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.core.service import ScriptedService
from tests.data_files import data_file, flag
from tests.integration.conftest import make_online, platform

__all__ = ["make_online", "platform", "service"]


@pytest.fixture
def service() -> Iterator[ScriptedService]:
    with ScriptedService(data_file(flag())) as running:
        yield running
