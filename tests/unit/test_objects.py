"""What every Python object can do: compare with strangers, be collected, be shown in a line of a log."""

from __future__ import annotations

import gc
import weakref
from collections.abc import Callable
from typing import Any
from unittest import mock

import pytest

from kameleoon.data import Browser, BrowserType, Conversion, CustomData, Data, UniqueIdentifier
from kameleoon.kameleoon_client import KameleoonClient
from kameleoon.logging.kameleoon_logger import KameleoonLogger
from kameleoon.logging.log_level import LogLevel
from kameleoon.types.variable import Variable
from kameleoon.types.variation import Variation
from tests.data_files import data_file, flag


def variable(value: Any = 1) -> Variable:
    return Variable("k", "JSON", value)


OBJECTS = [
    Variation("on", 1, 2, {}),
    variable(),
    CustomData(1, "x"),
    Browser(BrowserType.CHROME),
    Conversion(1),
    UniqueIdentifier(True),
    Data(),
]


class Equal:
    """Equal to everything, if it is asked."""

    def __eq__(self, other: object) -> bool:
        return True

    def __ne__(self, other: object) -> bool:
        return False

    __hash__ = None  # type: ignore[assignment]


@pytest.mark.parametrize("thing", OBJECTS, ids=lambda thing: type(thing).__name__)
def test_a_stranger_is_asked(thing: Any) -> None:
    for stranger in (5, None, "on", object()):
        assert (thing == stranger) is False
        assert (stranger == thing) is False
        assert (thing != stranger) is True
        assert (stranger != thing) is True
    for equal in (mock.ANY, Equal()):
        assert (thing == equal) is True
        assert (equal == thing) is True
        assert (thing != equal) is False
    assert thing.__eq__(5) is NotImplemented
    assert thing.__ne__(5) is NotImplemented
    assert (thing == thing) is True
    with pytest.raises(TypeError, match="not supported"):
        thing < thing  # noqa: B015


def test_equals_are_equal_and_others_are_not() -> None:
    assert (variable() == variable()) is True
    assert (variable() != variable()) is False
    assert (variable() != variable(2)) is True
    assert (CustomData(1) == CustomData(1)) is True
    assert (CustomData(1) != CustomData(2)) is True
    assert (Variation("on", 1, 2, {"k": variable()}) == Variation("on", 1, 2, {"k": variable()})) is True


class Watched:
    pass


class Text(str):
    """Has attributes."""


def through_a_list() -> object:
    watched, held = Watched(), []
    held += [variable(held), watched]
    return watched


def through_a_variation() -> object:
    watched, held = Watched(), []
    held += [Variation("on", 1, 2, {"k": variable(held)}), watched]
    return watched


def through_a_key() -> object:
    key, watched = Text("k"), Watched()
    key.held = [Variable(key, "JSON", 1), Variation(key, 1, 2, {}), watched]  # type: ignore[attr-defined]
    return watched


@pytest.mark.parametrize("make", [through_a_list, through_a_variation, through_a_key])
def test_what_holds_itself_is_collected(make: Callable[[], object]) -> None:
    living = weakref.ref(make())
    gc.collect()
    assert living() is None


FORGED = "v\nKameleoon [ERROR]: forged\r\x1b[2J\u2028\u2029\x85\x00"


def test_what_users_give_cannot_forge_a_line(make_client: Callable[..., KameleoonClient], log: Any) -> None:
    client = make_client(data_file(flag(FORGED), customData=[{"index": 1, "id": 1, "name": "n"}]))
    KameleoonLogger.set_log_level(LogLevel.DEBUG)
    client.is_feature_active(FORGED, FORGED)
    client.get_variation(FORGED, FORGED)
    client.get_feature_variation_key(FORGED, FORGED)
    client.add_data("v", CustomData(FORGED, "x"), type(FORGED, (), {})() if "\0" not in FORGED else object())
    client.set_event_handler(FORGED, None)  # type: ignore[arg-type]
    KameleoonLogger.warning("%s", FORGED)
    assert len(log.lines) >= 6
    for _, line in log.lines:
        assert line.isprintable(), repr(line)
    assert log.lines[-1][1] == (r"Kameleoon [WARNING]: v\nKameleoon [ERROR]: forged\r\x1b[2J\u2028\u2029\x85\x00")
    assert "visitor v\\nKameleoon" in log
