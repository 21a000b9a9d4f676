"""``StringUtils``: texts for log lines."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from kameleoon._deprecated import warn_of_module

__all__ = ["StringUtils"]

_SHOWN = 4
"""So many characters of a secret stay, at its end, and so many asterisks stand for what may be before them."""


class StringUtils:
    """Texts for log lines."""

    @staticmethod
    def secret(secret: str) -> str:
        """A secret whose first characters are hidden: at most its last four are left, and none of the first four.

        >>> StringUtils.secret("client-secret")
        '****cret'
        """
        text = str(secret)
        return "*" * min(len(text), _SHOWN) + text[max(len(text) - _SHOWN, _SHOWN) :]

    @staticmethod
    def bool_to_string_lower_case(data: object) -> str:
        """The truth of a value: ``true`` or ``false``."""
        return "true" if data else "false"

    @staticmethod
    def object_to_string(data: Any) -> str:
        """A value as log lines show it: texts in quotes, lists and dicts with what is in them, other things as ``str``
        has them.

        >>> StringUtils.object_to_string({"shares": [0.5, None, True], "key": "on"})
        "{'shares': [0.5,None,true],'key': 'on'}"
        """
        if isinstance(data, str):
            return f"'{data}'"
        if isinstance(data, bool):
            return StringUtils.bool_to_string_lower_case(data)
        shown = StringUtils.object_to_string
        if isinstance(data, Mapping):
            return "{" + ",".join(f"{shown(key)}: {shown(value)}" for key, value in data.items()) + "}"
        if isinstance(data, (list, tuple, set, frozenset)):
            return "[" + ",".join(map(shown, data)) + "]"
        return str(data)


warn_of_module(__name__, "use repr, and hide secrets yourself")
