"""Shared by all tests."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from kameleoon import KameleoonClientConfig
from kameleoon.kameleoon_client import KameleoonClient
from kameleoon.logging.kameleoon_logger import KameleoonLogger
from kameleoon.logging.log_level import LogLevel


class LogLines:
    """A logger that remembers."""

    def __init__(self) -> None:
        self.lines: list[tuple[LogLevel, str]] = []

    def log(self, level: LogLevel, message: str) -> None:
        self.lines.append((level, message))

    def __contains__(self, text: str) -> bool:
        return any(text in line for _, line in self.lines)


@pytest.fixture
def log() -> Iterator[LogLines]:
    lines = LogLines()
    KameleoonLogger.set_logger(lines)
    KameleoonLogger.set_log_level(LogLevel.WARNING)
    yield lines
    KameleoonLogger.set_log_level(LogLevel.WARNING)
    KameleoonLogger.set_logger(None)


@pytest.fixture
def make_client() -> Iterator[Callable[..., KameleoonClient]]:
    """Makes offline clients of a data file, closed at the end."""
    clients: list[KameleoonClient] = []

    def make(data_file: Any, **options: Any) -> KameleoonClient:
        client = KameleoonClient("site", KameleoonClientConfig.offline(data_file, **options))
        clients.append(client)
        return client

    yield make
    for client in clients:
        client.close()
