"""Small immutable-by-convention records, without the import time of ``dataclasses``."""

from __future__ import annotations

from typing import Any, ClassVar


class Record:
    """Compares and shows itself by those of its ``__slots__`` that are public."""

    __slots__: tuple[str, ...] = ()

    def _by_name(self) -> dict[str, Any]:
        """The public fields; records within are dicts too."""
        return {name: _plain(getattr(self, name)) for name in self._names()}

    def _names(self) -> list[str]:
        return [name for name in self.__slots__ if not name.startswith("_")]

    def _values(self) -> tuple[object, ...]:
        return tuple(getattr(self, name) for name in self._names())

    def __eq__(self, other: object) -> bool:
        if type(other) is not type(self):
            return NotImplemented
        return self._values() == other._values()

    __hash__: ClassVar[None] = None  # type: ignore[assignment]  # they hold dicts and lists

    def __repr__(self) -> str:
        fields = ", ".join(f"{name}={value!r}" for name, value in zip(self._names(), self._values()))
        return f"{type(self).__name__}({fields})"


def _plain(value: Any) -> Any:
    if isinstance(value, Record):
        return {name: _plain(getattr(value, name)) for name in value.__slots__ if not name.startswith("_")}
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    return [_plain(item) for item in value] if isinstance(value, list) else value
