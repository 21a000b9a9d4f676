"""Decorates tests with a context manager: functions of every kind, and classes of tests."""

from __future__ import annotations

import inspect
from collections.abc import AsyncGenerator, Callable, Generator
from contextlib import AbstractContextManager
from functools import wraps
from types import FunctionType
from typing import Any, TypeVar, cast

__all__ = ["decorated"]

Decorated = TypeVar("Decorated", bound=Callable[..., object])

_SET_UP = {"setUp", "tearDown", "asyncSetUp", "asyncTearDown", "setup_method", "teardown_method"}
"""What runs for each test of a class beside the test, in unittest and in pytest."""


def decorated(context: AbstractContextManager[Any], test: Decorated) -> Decorated:
    """A function that runs inside of ``context``, or a class whose tests do, which enter it anew with each call.
    Raises ``TypeError`` for what can be neither.
    """
    if isinstance(test, type):
        _decorate_class(context, test)
        return cast(Decorated, test)
    if not callable(test):
        raise TypeError(f"flags: expected a function or a class to decorate, got {type(test).__name__} {test!r:.100}")
    return cast(Decorated, _function(context, test))


def _decorate_class(context: AbstractContextManager[Any], owner: type) -> None:
    for name in dir(owner):
        if name.startswith("test") or (name in _SET_UP and name in vars(owner)):
            member = inspect.getattr_static(owner, name)
            if isinstance(member, FunctionType):
                setattr(owner, name, _function(context, member))
            elif isinstance(member, staticmethod):
                setattr(owner, name, staticmethod(_function(context, member.__func__)))


def _function(context: AbstractContextManager[Any], function: Callable[..., Any]) -> Callable[..., Any]:
    if inspect.iscoroutinefunction(function):

        @wraps(function)
        async def call_async(*arguments: Any, **named: Any) -> Any:
            with context:
                return await function(*arguments, **named)

        return call_async
    if inspect.isasyncgenfunction(function):

        @wraps(function)
        async def generate_async(*arguments: Any, **named: Any) -> AsyncGenerator[Any, None]:
            with context:
                generator = function(*arguments, **named)
                try:
                    async for item in generator:
                        yield item
                finally:
                    await generator.aclose()

        return generate_async
    if inspect.isgeneratorfunction(function):

        @wraps(function)
        def generate(*arguments: Any, **named: Any) -> Generator[Any, Any, Any]:
            with context:
                return (yield from function(*arguments, **named))

        return generate

    @wraps(function)
    def call(*arguments: Any, **named: Any) -> Any:
        with context:
            return function(*arguments, **named)

    return call
