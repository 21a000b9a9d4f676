"""What the modules that ``python -m kameleoon types`` writes are made of (docs/types.md)."""

from __future__ import annotations

from typing import Any, ClassVar

from kameleoon.exceptions import KameleoonError
from kameleoon.visitor import Visitor

__all__ = ["TypedFlag", "TypedFlags"]


class TypedFlags:
    """The flags of a data file, for one visitor: the base of a generated ``Flags``.

    >>> TypedFlags(client.visitor("alice")).visitor.code
    'alice'
    """

    def __init__(self, visitor: Visitor) -> None:
        self._visitor = visitor

    @property
    def visitor(self) -> Visitor:
        """Whose they are."""
        return self._visitor


class TypedFlag:
    """A flag with its variations and variables, for one visitor: the base of generated classes. Nothing of it raises
    this package's exceptions: a flag that there is no longer is off, and has its default variation and values as they
    were when the module was written.

    >>> class NewCheckout(TypedFlag):  # as `python -m kameleoon types` writes it
    ...     _key = "new-checkout"
    ...     _default = "off"
    >>> NewCheckout(client.visitor("alice")).is_active()
    True
    """

    _key: ClassVar[str]
    _default: ClassVar[str]

    def __init__(self, visitor: Visitor) -> None:
        self._visitor = visitor

    def is_active(self, *, track: bool = True) -> bool:
        """Whether the flag is on for the visitor, as ``Visitor.is_active`` has it."""
        try:
            return self._visitor.is_active(self._key, track)
        except KameleoonError:
            return False

    def _variation_key(self, track: bool) -> str:
        try:
            return self._visitor.variation(self._key, track).key or self._default
        except KameleoonError:
            return self._default

    def _text(self, variable_key: str, default: str) -> str:
        return self._visitor.text(self._key, variable_key, default)

    def _number(self, variable_key: str, default: float) -> float:
        return self._visitor.number(self._key, variable_key, default)

    def _truth(self, variable_key: str, default: bool) -> bool:
        return self._visitor.flag(self._key, variable_key, default)

    def _json(self, variable_key: str, default: Any) -> Any:
        return self._visitor.json(self._key, variable_key, default)

    def _one_of(self, variable_key: str, default: Any, *types: type) -> Any:
        """A value of several types, as variations of a flag may have under one key."""
        found = self._visitor.json(self._key, variable_key, default)
        return found if type(found) in types else default

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self._visitor!r})"
