"""The text of a module with the flags of a data file as types."""

from __future__ import annotations

import json
import keyword
import math
import re
import sys
import unicodedata
from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

from kameleoon._cli.data_file import identified, listed, loaded
from kameleoon.typed_flags import TypedFlag, TypedFlags

__all__ = ["module_of"]

_HEAD = '''\
"""Feature flags as types: ``Flags(client.visitor(code))``. Written by ``python -m kameleoon types``: do not change."""
# fmt: off
# ruff: noqa

from __future__ import annotations

{typing}from kameleoon.typed_flags import {bases}

__all__ = {names}

FlagKey = {flag_key}
"""The keys of all flags."""
'''


class Kind(NamedTuple):
    """A type of variables: as it is written, the accessor's method, and what stands for no value."""

    name: str
    method: str
    nothing: Any


_TRUTH = Kind("bool", "_truth", False)
_NUMBER = Kind("float", "_number", 0.0)
_TEXT = Kind("str", "_text", "")
_JSON = Kind("Any", "_json", None)
_KINDS = {"BOOLEAN": _TRUTH, "NUMBER": _NUMBER, "STRING": _TEXT, "JS": _TEXT, "CSS": _TEXT, "JSON": _JSON}
_TYPING = {"Any": "-> Any:", "Literal": "Literal[", "Union": "-> Union[", "cast": "return cast("}
"""What is imported of ``typing``, and how it is used."""
_WRITTEN = {"property", "bool", "float", "str", "Any", "Union"}
"""What the classes are written with: an attribute of such a name would hide it from those behind."""
_MOST_LEVELS = 50  # of a JSON value that is written as Python, whose parser takes 200
_RUNTIME = {"bool": "bool", "float": "int, float", "str": "str"}


class Names:
    """Names for keys: identifiers, and none twice."""

    def __init__(self, taken: Iterable[str] = ()) -> None:
        self._taken = set(taken)

    def of(self, key: str, wanted: str, otherwise: str) -> str:
        """``wanted`` as far as it can be a name; ``otherwise`` where nothing of it can."""
        name = re.sub(r"\W", "_", unicodedata.normalize("NFKC", wanted)).strip("_") or otherwise
        if not name.isidentifier():
            name = f"{otherwise}_{name}"
        if not name.isidentifier():
            name = f"{otherwise}_{re.sub(r'[^A-Za-z0-9]', '_', ascii(key)).strip('_')}"
        if keyword.iskeyword(name) or name in _WRITTEN:
            name += "_"
        number, unique = 1, name
        while unique in self._taken:
            number += 1
            unique = f"{name}_{number}"
        self._taken.add(unique)
        return unique


def module_of(data_file: bytes) -> str:
    """The module for a data file. Raises ``KameleoonError`` where that cannot be read."""
    found = identified(loaded(data_file), "featureFlags", "featureKey")
    flags = {key: flag for key, flag in found.items() if isinstance(key, str)}
    attributes = Names(dir(TypedFlags))
    named = {key: attributes.of(key, key, "flag") for key in flags}
    # No class has the name of an attribute, which would hide it: the flag `Checkout` is of the class `CheckoutFlag`.
    others = {"Any", "FlagKey", "Flags", "Literal", "TypedFlag", "TypedFlags", "Union", "cast"}
    classes = Names(others.union(named.values()))
    written, accessors, names = [], [], ["FlagKey", "Flags"]
    for key, flag in flags.items():
        words = "".join(word[:1].upper() + word[1:] for word in re.split(r"[\W_]+", key))
        name = classes.of(key, f"{words}Flag" if words in named.values() else words, "Flag")
        variation = classes.of(key, f"{name}Variation", "FlagVariation")
        names += [name, variation]
        written.append("\n".join(_class(name, variation, key, flag)) + "\n")
        accessors.append(_accessor(named[key], name, key))
    typing = [name for name, use in _TYPING.items() if any(use in text for text in [_literal(flags), *written])]
    head = _HEAD.format(
        names=_list(sorted(names)),
        flag_key=_literal(flags),
        typing=f"from typing import {', '.join(typing)}\n\n" if typing else "",
        bases="TypedFlag, TypedFlags" if flags else "TypedFlags",
    )
    all_flags = 'class Flags(TypedFlags):\n    """All flags of the data file, for one visitor."""\n' + "".join(
        accessors
    )
    return "\n\n".join([head, *written, all_flags])  # two blank lines between them


def _class(name: str, variation: str, key: str, flag: dict[str, Any]) -> Iterator[str]:
    variations = identified(flag, "variations", "key")
    default = flag.get("defaultVariationKey")
    default = default if isinstance(default, str) else ""
    keys: list[str] = [each for each in variations if isinstance(each, str)]
    if default and default not in keys:
        keys.append(default)
    yield f"{variation} = {_literal(keys)}"
    yield f'"""The variations of the flag {_words(key)}."""\n\n'
    yield f"class {name}(TypedFlag):"
    yield f'    """The feature flag {_words(key)}."""\n'
    yield f"    _key = {_quoted(key)}"
    yield f"    _default = {_quoted(default)}\n"
    yield f"    def variation(self, *, track: bool = True) -> {variation}:"
    yield '        """The key of the visitor\'s variation."""'
    answer = "self._variation_key(track)"
    yield f"        return cast({variation}, {answer})" if keys else f"        return {answer}"
    attributes = Names({*dir(TypedFlag), "variation", variation})
    for variable, (kinds, value) in _variables(variations.values(), variations.get(default, {})).items():
        yield from _variable(attributes.of(variable, variable, "variable"), variable, kinds, value)


def _variables(variations: Iterable[dict[str, Any]], default: dict[str, Any]) -> dict[str, tuple[list[Kind], Any]]:
    """By key: the types that a variable has in the variations, and its value in the default variation."""
    found: dict[str, tuple[list[Kind], Any]] = {}
    for variation in variations:
        for variable in listed(variation, "variables"):
            if isinstance(variable.get("key"), str):
                kinds, _ = found.setdefault(variable["key"], ([], None))
                kind = _KINDS.get(str(variable.get("type")), _JSON)
                if kind not in kinds:
                    kinds.append(kind)
    for variable in listed(default, "variables"):
        if variable.get("key") in found:
            kinds, _ = found[variable["key"]]
            found[variable["key"]] = (kinds, _value(variable))
    return found


def _value(variable: dict[str, Any]) -> Any:
    value = variable.get("value")
    if variable.get("type") == "JSON" and isinstance(value, str):
        try:
            value = json.loads(value)
        except (ValueError, RecursionError):
            return None
    return None if _is_deep(value) else value


def _is_deep(value: Any, levels: int = _MOST_LEVELS) -> bool:
    inside = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return not levels or any(_is_deep(item, levels - 1) for item in inside)


def _variable(name: str, key: str, kinds: list[Kind], value: Any) -> Iterator[str]:
    if _JSON in kinds:
        kinds = [_JSON]
    hint = kinds[0].name if len(kinds) == 1 else f"Union[{', '.join(kind.name for kind in kinds)}]"
    fitting = next((kind for kind in kinds if _fits(value, kind)), None)
    shown = _shown(value if fitting is not None else kinds[0].nothing)
    yield "\n    @property"
    yield f"    def {name}(self) -> {hint}:"
    yield f'        """The variable {_words(key)}."""'
    if len(kinds) == 1:
        yield f"        return self.{kinds[0].method}({_quoted(key)}, {shown})"
    else:
        types = ", ".join(_RUNTIME[kind.name] for kind in kinds)
        yield f"        return cast({hint}, self._one_of({_quoted(key)}, {shown}, {types}))"


def _fits(value: Any, kind: Kind) -> bool:
    if kind is _NUMBER:
        is_number = isinstance(value, (int, float)) and not isinstance(value, bool)
        return is_number and abs(value) <= sys.float_info.max  # false of NaN, and right for the largest int
    return kind is _JSON or isinstance(value, bool if kind is _TRUTH else str)


def _accessor(attribute: str, name: str, key: str) -> str:
    return (
        f"\n    @property\n    def {attribute}(self) -> {name}:\n"
        f'        """The feature flag {_words(key)}."""\n        return {name}(self.visitor)\n'
    )


def _literal(keys: Iterable[str]) -> str:
    shown = ", ".join(map(_quoted, keys))
    return f"Literal[{shown}]" if shown else "str"


def _list(names: Iterable[str]) -> str:
    return f"[{', '.join(map(_quoted, names))}]"


def _shown(value: Any) -> str:
    """A value as Python writes it. Of JSON there may be infinities, which have no name."""
    if isinstance(value, str):
        return _quoted(value)
    if isinstance(value, float) and not math.isfinite(value):
        return "None"
    if isinstance(value, list):
        return f"[{', '.join(map(_shown, value))}]"
    if isinstance(value, dict):
        return "{" + ", ".join(f"{_quoted(key)}: {_shown(item)}" for key, item in value.items()) + "}"
    return repr(value)


def _quoted(text: str) -> str:
    """A literal in double quotes. What is not printable, and half a character, is escaped."""
    inside = repr(text + '"')[1:-2].replace("\\'", "'")  # by the quote behind it, `repr` takes single ones
    return f'"{inside.replace(chr(34), chr(92) + chr(34))}"'


def _words(key: str) -> str:
    """A key inside a docstring."""
    shown = re.sub(r'[\\"`]|[^ -~\w]', "?", key)
    return f"``{shown}``"
