"""``ClientType``: the class of ``KameleoonClient`` and ``Visitor``: tools see native methods as functions."""

from __future__ import annotations

from abc import ABCMeta
from collections.abc import Callable
from functools import wraps
from importlib import import_module
from types import FunctionType, MappingProxyType, MethodDescriptorType
from typing import Any

__all__ = ["ClientType"]

_IMPORTED_FOR_HINTS = {
    "ClientStats": "kameleoon.types.client_stats",
    "DataFile": "kameleoon.types.data_file",
    "Health": "kameleoon.types.health",
    "Snapshot": "kameleoon.batch.snapshot",
    "Explanation": "kameleoon.types.explanation",
    "Morsel": "http.cookies",
}
"""What annotations of such methods name and importing the package does not import: it stays fast."""
_functions: dict[MethodDescriptorType, Callable[..., Any]] = {}


class ClientType(ABCMeta):
    """A native method that is taken off the *class*, or out of its ``__dict__``, is a function with the method's
    signature: ``unittest.mock.create_autospec`` checks the arguments of functions alone.

    A method that is taken off the class is also one whose hints ``typing.get_type_hints`` can evaluate.

    Calls on a client never come here: Python finds an instance's methods without asking the class of its class.
    An ``ABCMeta``, so that users' classes may derive from a client and from abstract classes.
    """

    def __getattribute__(cls, name: str) -> Any:
        found = super().__getattribute__(name)
        if name == "__dict__":
            return MappingProxyType({**_native_methods(cls), **found})
        if type(found) is FunctionType:
            _import_for_hints(found)
        return _function(found) if type(found) is MethodDescriptorType and not name.startswith("_") else found


def _import_for_hints(function: FunctionType) -> None:
    for name, module in _IMPORTED_FOR_HINTS.items():
        if name not in function.__globals__ and any(name in hint for hint in function.__annotations__.values()):
            function.__globals__[name] = getattr(import_module(module), name)


def _native_methods(cls: type) -> dict[str, Callable[..., Any]]:
    """The native methods that a class inherits from native bases."""
    found = {}
    for base in cls.__bases__:
        if not isinstance(base, ClientType):
            for name, method in vars(base).items():
                if type(method) is MethodDescriptorType and not name.startswith("_"):
                    found[name] = _function(method)
    return found


def _function(method: MethodDescriptorType) -> Callable[..., Any]:
    known = _functions.get(method)
    if known is not None:
        return known

    @wraps(method)
    def function(*arguments: Any, **named: Any) -> Any:
        return method(*arguments, **named)

    function.__annotations__.clear()  # they are not the method's, which has none
    return _functions.setdefault(method, function)
