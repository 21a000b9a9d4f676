"""What is raised inside a callback: an ``Exception`` is contained, what is none reaches the caller."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Callable
from typing import Any

import pytest

from kameleoon._lanes import Lane
from kameleoon.data import Browser, Conversion, CustomData, Geolocation
from kameleoon.exceptions import FeatureNotFound
from kameleoon.kameleoon_client import KameleoonClient
from kameleoon.logging.kameleoon_logger import KameleoonLogger
from kameleoon.logging.log_level import LogLevel
from tests.data_files import data_file, flag


class SoftTimeLimit(BaseException):
    """As task queues raise it."""


class Raising:
    """Raises from whatever is called."""

    def __init__(self, error: BaseException) -> None:
        self.error = error

    def log(self, *_: object) -> bool:
        raise self.error

    __str__ = __bool__ = __float__ = __index__ = __eq__ = __iter__ = log  # type: ignore[assignment]
    __hash__ = None  # type: ignore[assignment]


NOT_EXCEPTIONS = [KeyboardInterrupt(), SystemExit(3), SoftTimeLimit()]
CALLS: dict[str, Callable[[KameleoonClient, Any], object]] = {
    "__str__ of a value": lambda _, raising: CustomData(1, raising),
    "__str__ of a feature key": lambda client, raising: client.get_variation("v", raising),
    "__bool__": lambda client, raising: client.is_feature_active("v", "flag", track=raising),
    "__float__": lambda _, raising: Geolocation("c", latitude=raising),
    "__eq__": lambda _, raising: Browser(raising),
    "__iter__": lambda _, raising: Conversion(1, metadata=raising),
    "__index__": lambda client, raising: client.track_conversion("v", raising),
}


@pytest.mark.parametrize("error", NOT_EXCEPTIONS, ids=repr)
@pytest.mark.parametrize("call", CALLS)
def test_what_is_no_exception_reaches_the_caller(
    call: str, error: BaseException, make_client: Callable[..., KameleoonClient]
) -> None:
    client = make_client(data_file(flag()))
    with pytest.raises(BaseException) as caught:
        CALLS[call](client, Raising(error))
    assert caught.value is error


@pytest.mark.parametrize("error", NOT_EXCEPTIONS, ids=repr)
def test_it_does_from_a_logger(error: BaseException, make_client: Callable[..., KameleoonClient], log: object) -> None:
    client = make_client(data_file(flag()))
    KameleoonLogger.set_logger(Raising(error))
    KameleoonLogger.set_log_level(LogLevel.DEBUG)
    for call in (
        lambda: client.add_data("v", "no datum"),
        lambda: client.is_feature_active("v", "flag"),
        lambda: client.get_variation("v", "flag"),
        lambda: CustomData(1, "\ud800"),
    ):
        with pytest.raises(BaseException) as caught:
            call()
        assert caught.value is error


def test_an_exception_of_a_logger_is_contained(
    make_client: Callable[..., KameleoonClient], log: object, capsys: pytest.CaptureFixture[str]
) -> None:
    client = make_client(data_file(flag()))
    KameleoonLogger.set_logger(Raising(ValueError("full\ndisk")))
    client.add_data("v", "no datum")
    assert capsys.readouterr().err == "Kameleoon: the logger raised ValueError('full\\ndisk')\n"


def test_an_exception_inside_of_a_message_or_a_value_is_contained(
    make_client: Callable[..., KameleoonClient], log: Any
) -> None:
    client = make_client(data_file(flag()))
    with pytest.raises(FeatureNotFound, match="a Raising that has no str"):
        client.get_variation("v", Raising(ValueError()))
    assert Geolocation("c", latitude=Raising(ZeroDivisionError())).latitude is None
    assert "Geolocation: latitude: expected a number, got Raising" in log


@pytest.mark.skipif(not hasattr(signal, "setitimer"), reason="no interval lane here")
@pytest.mark.parametrize("level", [LogLevel.WARNING, LogLevel.DEBUG])
def test_every_interrupt_of_a_signal_arrives(
    level: LogLevel, make_client: Callable[..., KameleoonClient], log: object
) -> None:
    client = make_client(data_file(flag()))

    class Slow:
        def __str__(self) -> str:
            return "".join("x" for _ in range(200))

    class SlowLogger:
        def log(self, *_: object) -> None:
            str(Slow())

    KameleoonLogger.set_logger(SlowLogger())
    KameleoonLogger.set_log_level(level)
    sent = 0

    def interrupt(*_: object) -> None:
        nonlocal sent
        sent += 1
        raise SoftTimeLimit

    before = signal.signal(signal.SIGALRM, interrupt)
    arrived = 0
    try:
        for number in range(300):
            try:
                signal.setitimer(signal.ITIMER_REAL, 0.0005 + number % 7 / 10000, 1)  # once more if it was lost
                while True:
                    client.add_data("v", CustomData(1, Slow()), Slow())
                    client.is_feature_active("v", "flag")
            except SoftTimeLimit:
                arrived += 1
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
    assert (arrived, sent) == (300, 300)


def test_a_background_job_that_raises_anything_does_not_end_the_thread(log: Any) -> None:
    lane, done = Lane("kameleoon-lane"), threading.Event()

    def leave() -> None:
        raise SystemExit(os.EX_OK if hasattr(os, "EX_OK") else 0)

    lane.schedule(0, leave)
    lane.schedule(0, done.set)
    assert done.wait(10)
    lane.stop()
    assert "a background job of kameleoon-lane failed: SystemExit(0)" in log
