"""The fields of log records: a structured log can group lines by what they say."""

from __future__ import annotations

import io
import json
import logging
from collections.abc import Iterator
from typing import Any

import pytest

from kameleoon import KameleoonClient, KameleoonClientConfig
from kameleoon.logging.kameleoon_logger import KameleoonLogger
from kameleoon.logging.log_level import LogLevel
from tests.data_files import data_file, flag


class Fields(logging.Formatter):
    """As programs with structured logs have it."""

    def format(self, record: logging.LogRecord) -> str:
        names = ("levelname", "kameleoon_message", "kameleoon_arguments")
        return json.dumps({"text": record.getMessage(), **{name: vars(record).get(name) for name in names}})


@pytest.fixture
def log() -> Iterator[io.StringIO]:
    written = io.StringIO()
    logger = logging.getLogger("of a program with fields")
    handler = logging.StreamHandler(written)
    handler.setFormatter(Fields())
    logger.addHandler(handler)
    KameleoonLogger.set_logger(logger)
    yield written
    KameleoonLogger.set_logger(None)
    logger.removeHandler(handler)


def records(log: io.StringIO) -> list[dict[str, Any]]:
    return [json.loads(line) for line in log.getvalue().splitlines()]


def test_a_line_has_its_message_and_its_arguments(log: io.StringIO) -> None:
    KameleoonLogger.warning("%s requests fail: %r, for the %d. time, %s", "TRACKING", ValueError("x"), 3, None)
    assert records(log) == [
        {
            "text": "Kameleoon [WARNING]: TRACKING requests fail: ValueError('x'), for the 3. time, None",
            "levelname": "WARNING",
            "kameleoon_message": "%s requests fail: %r, for the %d. time, %s",
            "kameleoon_arguments": ["TRACKING", "x", 3, None],
        }
    ]


def test_lines_of_the_native_half_have_them_too(log: io.StringIO) -> None:
    with KameleoonClient("site", KameleoonClientConfig.offline(data_file(flag()))) as client:
        client.add_data("alice", None)  # type: ignore[arg-type]
    (record,) = [record for record in records(log) if "add_data" in record["text"]]
    assert record["kameleoon_arguments"] == []
    assert record["text"] == f"Kameleoon [WARNING]: {record['kameleoon_message']}"


def test_the_fields_of_an_adapter_stay() -> None:
    seen: list[logging.LogRecord] = []
    logger = logging.getLogger("of a program with an adapter")
    handler = logging.Handler()
    handler.emit = seen.append  # type: ignore[method-assign]
    logger.addHandler(handler)
    KameleoonLogger.set_logger(logging.LoggerAdapter(logger, {"service": "shop"}))
    try:
        KameleoonLogger.error("lost")
    finally:
        KameleoonLogger.set_logger(None)
        logger.removeHandler(handler)
    assert vars(seen[0])["service"] == "shop"


def test_a_logger_of_the_vendors_protocol_gets_what_it_got() -> None:
    lines: list[tuple[LogLevel, str]] = []

    class Logger:
        def log(self, level: LogLevel, message: str) -> None:
            lines.append((level, message))

    KameleoonLogger.set_logger(Logger())
    try:
        KameleoonLogger.error("lost: %d", 3)
    finally:
        KameleoonLogger.set_logger(None)
    assert lines == [(LogLevel.ERROR, "Kameleoon [ERROR]: lost: 3")]
