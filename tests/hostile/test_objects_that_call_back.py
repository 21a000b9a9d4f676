"""Objects that are asked for their text, their keys, their equality or their end, and then use the client themselves, raise,
fork, or collect garbage.
"""

from __future__ import annotations

import gc
import os
import sys
import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from kameleoon import (
    Browser,
    BrowserType,
    Conversion,
    Cookie,
    CustomData,
    Geolocation,
    KameleoonClient,
    KameleoonClientConfig,
    PageView,
)
from kameleoon.exceptions import KameleoonError
from kameleoon.logging.kameleoon_logger import KameleoonLogger
from kameleoon.logging.log_level import LogLevel
from tests.data_files import data_file, flag, rule

PATIENCE_SECONDS = 20.0
FILE = data_file(flag("flag", rules=[rule(type="EXPERIMENTATION")]), customData=[{"id": 1, "index": 1, "name": "plan"}])


class Odd:
    """Does its deed whatever it is asked, and then answers as well as it can."""

    def __init__(self, deed: Callable[[], None]) -> None:
        self._deed = deed

    def _answer(self, result: Any) -> Any:
        self._deed()
        return result

    def __str__(self) -> str:
        return self._answer("text")

    def __repr__(self) -> str:
        return self._answer("Odd()")

    def __bool__(self) -> bool:
        return self._answer(True)

    def __int__(self) -> int:
        return self._answer(1)

    def __float__(self) -> float:
        return self._answer(1.5)

    def __index__(self) -> int:
        return self._answer(1)

    def __len__(self) -> int:
        return self._answer(1)

    def __iter__(self) -> Iterator[str]:
        return self._answer(iter(["kameleoonVisitorCode"]))

    def __getitem__(self, key: object) -> str:
        return self._answer("value")

    def __contains__(self, key: object) -> bool:
        return self._answer(True)

    def __eq__(self, other: object) -> bool:
        return self._answer(False)

    def __hash__(self) -> int:
        return self._answer(1)

    def keys(self) -> list[str]:
        return self._answer(["kameleoonVisitorCode", "other"])

    def items(self) -> list[tuple[str, str]]:
        return self._answer([("kameleoonVisitorCode", "value"), ("other", "value")])

    def get(self, key: str, default: object = None) -> str:
        return self._answer("value")

    def __del__(self) -> None:
        self._deed()


def _uses(client: KameleoonClient) -> None:
    client.add_data("alice", CustomData(1, "inner"), PageView("https://inner.example/"))
    client.get_variation("alice", "flag")
    client.get_variations("alice")
    client.track_conversion("alice", 2)
    client.flush("alice")


def _raises(client: KameleoonClient) -> None:
    raise LookupError("deed")


def _forks(client: KameleoonClient) -> None:
    child = os.fork()
    if child == 0:
        try:
            _uses(client)
        finally:
            os._exit(0)
    _, status = os.waitpid(child, 0)
    assert status == 0


def _closes(client: KameleoonClient) -> None:
    client.close()


def _collects(client: KameleoonClient) -> None:
    gc.collect()


def _waits_for_a_thread(client: KameleoonClient) -> None:
    """Which uses the client: it must hold no lock meanwhile."""
    thread = threading.Thread(target=_uses, args=(client,))
    thread.start()
    thread.join(PATIENCE_SECONDS)
    assert not thread.is_alive(), "the client waits for itself"


DEEDS = [_uses, _raises, _closes, _collects, _waits_for_a_thread, *([_forks] if hasattr(os, "fork") else [])]
CALLS: dict[str, Callable[[KameleoonClient, Any], object]] = {
    "a visitor code": lambda client, odd: client.get_variation(odd, "flag"),
    "a flag's key": lambda client, odd: client.get_variation("alice", odd),
    "a flag's key, is_feature_active": lambda client, odd: client.is_feature_active("alice", odd),
    "track": lambda client, odd: client.get_variation("alice", "flag", odd),
    "only active": lambda client, odd: client.get_variations("alice", odd),
    "a value": lambda client, odd: client.add_data("alice", CustomData(1, odd)),
    "a name": lambda client, odd: client.add_data("alice", CustomData(odd, "value")),
    "values": lambda client, odd: client.add_data("alice", CustomData(1, *[odd, "x", odd])),
    "a datum": lambda client, odd: client.add_data("alice", odd),
    "a page": lambda client, odd: client.add_data("alice", PageView(odd, odd, odd)),
    "a version": lambda client, odd: client.add_data("alice", Browser(BrowserType.CHROME, odd)),
    "a place": lambda client, odd: client.add_data("alice", Geolocation(odd, odd, odd, odd, odd, odd)),
    "a cookie": lambda client, odd: client.add_data("alice", Cookie(odd)),
    "a cookie's name": lambda client, odd: client.add_data("alice", Cookie({odd: odd})),
    "a goal": lambda client, odd: client.track_conversion("alice", odd, odd),
    "metadata": lambda client, odd: client.add_data("alice", Conversion(1, metadata=odd)),
    "metadata's members": lambda client, odd: client.add_data(
        "alice", Conversion(1, metadata=[odd, CustomData(1, odd)])
    ),
    "a forced variation": lambda client, odd: client.set_forced_variation("alice", odd, odd, odd),
    "consent": lambda client, odd: client.set_legal_consent("alice", odd),
    "cookies": lambda client, odd: client.get_visitor_code(cookies=odd),
    "cookies that are read": lambda client, odd: client.get_visitor_code(odd),
    "a default code": lambda client, odd: client.get_visitor_code({}, default_visitor_code=odd),
    "an explanation": lambda client, odd: client.explain(odd, odd),
    "equality of data": lambda client, odd: (CustomData(1, "a") == odd, odd == CustomData(1, "a")),
    "equality of a variation": lambda client, odd: client.get_variation("alice", "flag") == odd,
    "a variation as a key": lambda client, odd: {odd: 1, client.get_variation("alice", "flag").key: 2},
    "a timeout": lambda client, odd: client.flush(timeout=odd),
    "a data file": lambda client, odd: KameleoonClient("site", KameleoonClientConfig.offline(odd)).close(),
    "a data file's part": lambda client, odd: KameleoonClient(
        "site", KameleoonClientConfig.offline({"featureFlags": odd, odd: 1})
    ).close(),
}


@pytest.mark.filterwarnings("ignore")  # what __del__ raises, forks beside threads
@pytest.mark.parametrize("deed", DEEDS, ids=lambda deed: deed.__name__.strip("_"))
@pytest.mark.parametrize("call", CALLS)
def test_no_panic_and_no_deadlock(call: str, deed: Callable[[KameleoonClient], None]) -> None:
    client = KameleoonClient("site", KameleoonClientConfig.offline(FILE))
    began: list[bool] = []
    times = iter(range(5))  # a place asks an object many times, and a collection of all garbage takes long
    escaped: list[BaseException] = []
    unraised: list[BaseException | None] = []  # what __del__ raises goes there, and a panic of a destructor's

    def do() -> None:
        if not began and next(times, None) is not None:  # not from within itself
            began.append(True)
            try:
                deed(client)
            finally:
                began.clear()

    def use() -> None:
        try:
            CALLS[call](client, Odd(do))
        except (KameleoonError, TypeError, ValueError, LookupError):
            pass  # what is documented, or what the object itself has raised
        except BaseException as error:  # noqa: BLE001  # a panic is one
            escaped.append(error)

    thread = threading.Thread(target=use, daemon=True)
    hook, sys.unraisablehook = sys.unraisablehook, lambda told: unraised.append(told.exc_value)
    try:
        thread.start()
        thread.join(PATIENCE_SECONDS)
        assert not thread.is_alive(), "it never comes back"
        assert escaped == []
        assert [error for error in unraised if not isinstance(error, LookupError)] == []
        client.add_data("bob", CustomData(1, "after"))
        assert client.get_variation("bob", "flag").key in {"on", "off"}, "the client goes on"
    finally:
        sys.unraisablehook = hook
        client.close()


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("deed", DEEDS, ids=lambda deed: deed.__name__.strip("_"))
def test_a_logger_that_uses_the_client(deed: Callable[[KameleoonClient], None]) -> None:
    client = KameleoonClient("site", KameleoonClientConfig.offline(FILE))
    inside = threading.Lock()

    class Logger:
        def log(self, level: LogLevel, message: str) -> None:
            if inside.acquire(blocking=False):  # not from within itself, in whatever thread
                try:
                    deed(client)
                finally:
                    inside.release()

    escaped: list[BaseException] = []

    def use() -> None:
        try:
            _uses(client)
        except BaseException as error:  # noqa: BLE001  # a panic is one
            escaped.append(error)

    KameleoonLogger.set_logger(Logger())
    KameleoonLogger.set_log_level(LogLevel.DEBUG)
    try:
        thread = threading.Thread(target=use, daemon=True)
        thread.start()
        thread.join(PATIENCE_SECONDS)
        assert not thread.is_alive(), "it never comes back"
        assert escaped == []
        assert client.get_variation("bob", "flag").key in {"on", "off"}, "the client goes on"
    finally:
        KameleoonLogger.set_log_level(LogLevel.WARNING)
        KameleoonLogger.set_logger(None)
        client.close()
