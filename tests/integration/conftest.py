"""A platform and online clients for tests over real HTTP."""

from __future__ import annotations

import itertools
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from kameleoon import KameleoonClientConfig
from kameleoon.kameleoon_client import KameleoonClient
from kameleoon.testing import Platform
from tests.data_files import data_file, flag

_sites = itertools.count()


@pytest.fixture
def platform() -> Iterator[Platform]:
    with Platform(data_file(flag())) as running:
        yield running


@pytest.fixture
def make_online(platform: Platform) -> Iterator[Callable[..., KameleoonClient]]:
    """Makes clients of the platform, closed at the end."""
    clients: list[KameleoonClient] = []

    def make(**options: Any) -> KameleoonClient:
        options.setdefault("default_timeout_millisecond", 2000)
        options.setdefault("endpoint", platform.origin)
        config = KameleoonClientConfig("client-0123456789", "secret-0123456789", **options)
        client = KameleoonClient(f"site{next(_sites)}", config)
        clients.append(client)
        return client

    yield make
    for client in clients:
        client.close(0.2)


def eventually(condition: Callable[[], Any], seconds: float = 10) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.02)
