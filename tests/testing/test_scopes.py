"""Where overrides hold: in this thread and task, in those started from it, in decorated functions and classes."""

from __future__ import annotations

import asyncio
import contextvars
import sys
import threading
import unittest
from collections.abc import AsyncIterator, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from kameleoon import KameleoonClient
from kameleoon.testing import flags

INHERITS = bool(getattr(sys.flags, "thread_inherit_context", False))
"""Whether a new thread has the context of the one that starts it: by default in a free-threaded Python 3.14."""


def in_thread(call: Callable[[], Any]) -> Any:
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(call).result(30)


@pytest.fixture
def is_on(client: KameleoonClient) -> Callable[[], bool]:
    return lambda: client.is_feature_active("alice", "new-checkout")


# Threads


def test_another_thread_knows_nothing_of_it(is_on: Callable[[], bool]) -> None:
    with flags(new_checkout="off"):
        assert is_on() is False
        assert in_thread(is_on) is not INHERITS


def test_a_thread_that_is_given_a_copy_of_the_context_has_it(is_on: Callable[[], bool]) -> None:
    with flags(new_checkout="off"):
        context = contextvars.copy_context()
        assert in_thread(lambda: context.run(is_on)) is False
    assert in_thread(lambda: context.run(is_on)) is True, "it is over, for those who have a copy too"


def test_every_thread_has_it_if_that_is_wanted(client: KameleoonClient, is_on: Callable[[], bool]) -> None:
    with flags(client, new_checkout="off").in_every_thread:
        assert in_thread(is_on) is False
        with flags(new_checkout="on"):
            assert is_on() is True, "what the thread itself wants comes first"
            assert in_thread(is_on) is INHERITS
    assert in_thread(is_on) is True


def test_threads_with_overrides_of_their_own_do_not_disturb_each_other(client: KameleoonClient) -> None:
    wrong: list[str] = []
    shared = {key: flags(client, banner=key) for key in ("red", "blue", "off")}
    begin = threading.Barrier(6)

    def work(key: str) -> None:
        begin.wait(30)
        for number in range(300):
            with shared[key]:
                found = client.get_variation(f"visitor {number}", "banner").key
                found_all = client.get_variations(f"visitor {number}")["banner"].key
                wrong.extend(one for one in (found, found_all) if one != key)

    threads = [threading.Thread(target=work, args=(key,)) for key in ("red", "blue", "off") * 2]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert wrong == []
    assert not any(thread.is_alive() for thread in threads)


# Tasks


def test_tasks_have_what_holds_where_they_start(is_on: Callable[[], bool]) -> None:
    async def later() -> bool:
        await asyncio.sleep(0)
        return is_on()

    async def with_override(key: str, gate: asyncio.Event) -> bool:
        with flags(new_checkout=key):
            await gate.wait()
            return is_on()

    async def main() -> None:
        gate = asyncio.Event()
        side_by_side = [asyncio.create_task(with_override(key, gate)) for key in ("on", "off", "on", "off")]
        await asyncio.sleep(0)
        assert is_on() is True
        gate.set()
        assert await asyncio.gather(*side_by_side) == [True, False, True, False]
        with flags(new_checkout="off"):
            assert await asyncio.gather(later(), asyncio.to_thread(is_on)) == [False, False]
            outlives = asyncio.create_task(later())
        assert await outlives is True, "the block was over when it asked"

    asyncio.run(main())


def test_a_block_may_end_in_another_context_than_it_began_in(is_on: Callable[[], bool]) -> None:
    overrides = flags(new_checkout="off")
    begun = contextvars.copy_context()
    begun.run(overrides.__enter__)
    assert begun.run(is_on) is False
    overrides.__exit__(None, None, None)
    assert begun.run(is_on) is True
    assert is_on() is True


# Functions


def test_a_function(is_on: Callable[[], bool]) -> None:
    @flags(new_checkout="off")
    def decorated(factor: int, *, more: int = 0) -> tuple[bool, int]:
        """Its text."""
        return is_on(), factor + more

    assert decorated(1, more=2) == (False, 3)
    assert is_on() is True
    assert (decorated.__name__, decorated.__doc__) == ("decorated", "Its text.")


def test_an_async_function(is_on: Callable[[], bool]) -> None:
    @flags(new_checkout="off")
    async def decorated() -> bool:
        await asyncio.sleep(0)
        return is_on()

    async def main() -> list[bool]:
        return [await decorated(), is_on(), *await asyncio.gather(decorated(), decorated())]

    assert asyncio.run(main()) == [False, True, False, False]


def test_generators(is_on: Callable[[], bool]) -> None:
    @flags(new_checkout="off")
    def decorated() -> Iterator[bool]:
        received = yield is_on()
        assert received is None
        yield is_on()

    @flags(new_checkout="off")
    async def decorated_async() -> AsyncIterator[bool]:
        yield is_on()
        await asyncio.sleep(0)
        yield is_on()

    async def main() -> list[bool]:
        return [found async for found in decorated_async()]

    assert list(decorated()) == [False, False]
    assert asyncio.run(main()) == [False, False]
    assert is_on() is True


# Classes


def run(case: type[unittest.TestCase]) -> None:
    result = unittest.TestResult()
    unittest.defaultTestLoader.loadTestsFromTestCase(case).run(result)
    assert result.testsRun == 2
    assert result.errors + result.failures == []


def test_a_test_case(is_on: Callable[[], bool]) -> None:
    @flags(new_checkout="off")
    class Case(unittest.TestCase):
        def setUp(self) -> None:
            assert is_on() is False

        def test_one(self) -> None:
            self.assertFalse(is_on())

        @staticmethod
        def test_two() -> None:
            assert is_on() is False

    run(Case)
    assert is_on() is True


def test_an_async_test_case(is_on: Callable[[], bool]) -> None:
    @flags(new_checkout="off")
    class Case(unittest.IsolatedAsyncioTestCase):
        async def asyncSetUp(self) -> None:
            assert is_on() is False

        async def test_one(self) -> None:
            await asyncio.sleep(0)
            self.assertFalse(is_on())

        def test_two(self) -> None:
            self.assertFalse(is_on())

    run(Case)
    assert is_on() is True


@pytest.mark.skipif(not hasattr(unittest.TestCase, "enterContext"), reason="Python 3.11 and later have it")
def test_set_up(is_on: Callable[[], bool]) -> None:
    class Case(unittest.TestCase):
        def setUp(self) -> None:
            self.enterContext(flags(new_checkout="off"))

        def test_one(self) -> None:
            self.assertFalse(is_on())

        def test_two(self) -> None:
            self.assertFalse(is_on())

    class AsyncCase(unittest.IsolatedAsyncioTestCase):
        def setUp(self) -> None:
            self.enterContext(flags(new_checkout="off"))

        async def test_one(self) -> None:
            await asyncio.sleep(0)
            self.assertFalse(is_on())

        async def test_two(self) -> None:
            self.assertFalse(is_on())

    for case in (Case, AsyncCase):
        run(case)
        assert is_on() is True


def test_a_class_without_a_base_and_what_it_inherits(is_on: Callable[[], bool]) -> None:
    class Base:
        def test_inherited(self) -> bool:
            return is_on()

    @flags(new_checkout="off")
    class Tests(Base):
        test_no_function = 1

        def setup_method(self) -> None:
            assert is_on() is False

        def test_own(self) -> bool:
            return is_on()

        def other(self) -> bool:
            return is_on()

    tests = Tests()
    tests.setup_method()
    assert (tests.test_own(), tests.test_inherited(), tests.other()) == (False, False, True)
    assert Base().test_inherited() is True
