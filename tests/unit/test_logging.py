"""Where log lines go: the standard library's loggers as they are set up, and loggers of the vendor's protocol."""

from __future__ import annotations

import logging
import subprocess
import sys
import time
from collections.abc import Iterator
from typing import Any

import pytest

from kameleoon import KameleoonClientConfig
from kameleoon.logging.kameleoon_logger import KameleoonLogger
from kameleoon.logging.log_level import LogLevel
from tests.data_files import data_file, flag

STANDARD = "Kameleoon SDK"


@pytest.fixture(autouse=True)
def _levels_as_before() -> Iterator[None]:
    yield
    KameleoonLogger.set_log_level(LogLevel.WARNING)
    KameleoonLogger.set_logger(None)
    logging.getLogger(STANDARD).setLevel(logging.NOTSET)


def lines_of(caplog: Any, level: int) -> list[str]:
    return [record.getMessage() for record in caplog.records if record.levelno == level]


def test_the_level_of_the_standard_logger_alone_shows_debug_lines_at_once(make_client: Any, caplog: Any) -> None:
    client = make_client(data_file(flag()))
    client.is_feature_active("v", "flag")
    assert lines_of(caplog, logging.DEBUG) == []
    logging.getLogger(STANDARD).setLevel(logging.DEBUG)
    client.is_feature_active("v", "flag")
    assert lines_of(caplog, logging.DEBUG) == ["Kameleoon [DEBUG]: visitor v, feature flag flag: active true"]
    logging.getLogger(STANDARD).setLevel("ERROR")
    client.is_feature_active("v", "flag")
    client.add_data("v", None)
    assert len(caplog.records) == 1


def test_the_level_of_its_parents_is_noticed_within_a_second_or_so(make_client: Any, caplog: Any) -> None:
    client = make_client(data_file(flag()))
    client.is_feature_active("v", "flag")
    with caplog.at_level(logging.DEBUG):
        deadline = time.monotonic() + 10
        while not lines_of(caplog, logging.DEBUG):
            client.is_feature_active("v", "flag")
            time.sleep(0.05)
            assert time.monotonic() < deadline


@pytest.mark.parametrize("kind", ["logger", "adapter"])
def test_a_standard_logger_that_is_given_decides_itself(make_client: Any, caplog: Any, kind: str) -> None:
    mine = logging.getLogger("mine")
    given: Any = mine if kind == "logger" else logging.LoggerAdapter(mine, {})
    mine.setLevel(logging.DEBUG)
    KameleoonLogger.set_logger(given)
    client = make_client(data_file(flag()))
    client.is_feature_active("v", "flag")
    client.add_data("v", None)
    assert [(record.name, record.levelname) for record in caplog.records] == [("mine", "DEBUG"), ("mine", "WARNING")]
    mine.setLevel(logging.NOTSET)


class Lines:
    def __init__(self) -> None:
        self.lines: list[tuple[LogLevel, str]] = []

    def log(self, level: LogLevel, message: str) -> None:
        self.lines.append((level, message))


def test_one_of_the_vendors_protocol_gets_what_the_level_says_in_either_order(make_client: Any) -> None:
    first, second = Lines(), Lines()
    KameleoonLogger.set_logger(first)
    client = make_client(data_file(flag()))
    client.is_feature_active("v", "flag")
    assert first.lines == []
    KameleoonLogger.set_log_level(LogLevel.DEBUG)
    client.is_feature_active("v", "flag")
    assert [level for level, _ in first.lines] == [LogLevel.DEBUG]
    KameleoonLogger.set_logger(second)
    client.is_feature_active("v", "flag")
    assert [level for level, _ in second.lines] == [LogLevel.DEBUG]


@pytest.mark.parametrize("kind", ["protocol", "standard"])
@pytest.mark.parametrize("by", ["parameter", "setter"])
def test_a_logger_given_to_the_configuration_is_used(caplog: Any, kind: str, by: str) -> None:
    lines = Lines()
    given: Any = lines if kind == "protocol" else logging.getLogger("mine")
    config = KameleoonClientConfig("id", "secret", logger=given if by == "parameter" else None)
    if by == "setter":
        config.set_logger(given)
    KameleoonLogger.error("a line")
    if kind == "protocol":
        assert lines.lines[-1] == (LogLevel.ERROR, "Kameleoon [ERROR]: a line")
    else:
        assert caplog.records[-1].name == "mine"


def test_the_vendors_way_to_see_debug_lines_works_with_the_standard_logger(make_client: Any, caplog: Any) -> None:
    KameleoonLogger.set_log_level(LogLevel.DEBUG)
    make_client(data_file(flag())).is_feature_active("v", "flag")
    assert lines_of(caplog, logging.DEBUG) != []
    KameleoonLogger.set_log_level(LogLevel.NONE)
    caplog.clear()
    make_client(data_file(flag())).add_data("v", None)
    assert caplog.records == []


def test_where_logging_is_not_set_up_nothing_is_shown_and_no_handler_but_a_null_one_is_added() -> None:
    program = (
        "import sys; from kameleoon import KameleoonClient\n"
        "assert 'logging' not in sys.modules, 'importing the package stays fast'\n"
        "from kameleoon.logging.kameleoon_logger import KameleoonLogger\n"
        "KameleoonLogger.error('line')\n"
        "import logging\n"
        "assert [type(one) for one in logging.getLogger('Kameleoon SDK').handlers] == [logging.NullHandler]\n"
        "assert logging.root.handlers == []\n"
        "logging.basicConfig(format='%(name)s|%(levelname)s|%(message)s')\n"
        "KameleoonLogger.error('shown')\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=True)
    assert done.stderr == "Kameleoon SDK|ERROR|Kameleoon [ERROR]: shown\n"


def test_loggers_may_be_given_again_and_again(make_client: Any, caplog: Any) -> None:
    standard, mine = logging.getLogger(STANDARD), logging.getLogger("mine")
    for _ in range(2000):
        KameleoonLogger.set_logger(mine)
        KameleoonLogger.error("a line")
        KameleoonLogger.set_logger(None)
        KameleoonLogger.error("a line")
    standard.setLevel(logging.DEBUG)
    make_client(data_file(flag())).is_feature_active("v", "flag")
    assert lines_of(caplog, logging.DEBUG) != []
    assert len(standard.handlers) == 1
    assert mine.handlers == []
