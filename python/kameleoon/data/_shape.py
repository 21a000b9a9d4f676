"""A datum as a dict. Imported by those alone who ask for one (``Data.to_dict``)."""

from __future__ import annotations

from enum import Enum
from types import GetSetDescriptorType
from typing import Any

__all__ = ["to_dict"]


def to_dict(datum: Any) -> dict[str, Any]:
    """The public attributes of a datum by name, as ``json`` can write them."""
    found: dict[str, Any] = {}
    for kind in reversed(type(datum).__mro__):
        for name, member in vars(kind).items():
            if isinstance(member, GetSetDescriptorType) and not name.startswith("_") and name != "data_type":
                found[name] = _plain(getattr(datum, name))
    return found


def _plain(value: Any) -> Any:
    if isinstance(value, Enum):
        return value.name
    if isinstance(value, (list, tuple)):
        return [_plain(one) for one in value]
    return to_dict(value) if hasattr(value, "data_type") else value
