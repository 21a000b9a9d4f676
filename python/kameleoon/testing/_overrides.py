"""What a flag can be overridden with: a variation, variables, or nothing at all."""

from __future__ import annotations

import copy
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from typing import Any, Final, Union

from kameleoon.testing._hook import Answer
from kameleoon.testing._known_flags import KnownFlag
from kameleoon.types.variable import Variable
from kameleoon.types.variation import Variation

__all__ = ["FlagValue", "Override", "disabled", "off", "on", "override", "variables", "variation"]


class Override(ABC):
    """What a flag is overridden with; made by ``variation`` and ``variables``, or one of ``on``, ``off``, ``disabled``.

    >>> from kameleoon.testing import flags, variation
    >>> with flags(client, new_checkout=variation("on", color="red")):
    ...     client.get_variation("alice", "new-checkout").variables["color"].value
    'red'
    """

    @abstractmethod
    def fitted(self, flag: KnownFlag) -> Override:
        """The same for a flag of a data file. Raises ``NotInDataFile`` where the flag has no such thing."""

    @abstractmethod
    def answer(self, below: Callable[[], Answer]) -> Answer:
        """What it gives; ``below`` tells what the flag would be without it."""


FlagValue = Union[str, bool, Override]
"""What stands for an override: a variation's key, ``True`` for ``on``, ``False`` for ``off``, or an ``Override``."""


class _Disabled(Override):
    def fitted(self, flag: KnownFlag) -> Override:  # noqa: ARG002  # as every override's
        return self

    def answer(self, below: Callable[[], Answer]) -> Answer:  # noqa: ARG002  # as every override's
        return False

    def __repr__(self) -> str:
        return "disabled"


class _Variables:
    """Values by the names of variables: ``exact`` ones, and ``loose`` ones, whose underscores may stand for hyphens."""

    def __init__(self, exact: Mapping[str, Any] | None, loose: Mapping[str, Any], types: Mapping[str, str]) -> None:
        self._exact = dict(exact or {})
        self._loose = dict(loose)
        self._types = types

    def __bool__(self) -> bool:
        return bool(self._exact or self._loose)

    def fitted(self, flag: KnownFlag, variation_key: str | None) -> _Variables:
        """With the keys and the types of a flag's variables."""
        types = flag.variable_types(variation_key)
        values = {flag.variable_key(name, variation_key, exact=True): value for name, value in self._exact.items()}
        for name, value in self._loose.items():
            values[flag.variable_key(name, variation_key, exact=False)] = value
        return _Variables(values, {}, types)

    def put_in(self, base: Variation) -> Variation:
        """A variation with these variables in place of its own."""
        changed = base.variables
        for key, value in {**self._exact, **self._loose}.items():
            old = changed.get(key)
            kind = self._types.get(key) or (old.type if old is not None else _type_of(value))
            # Each evaluation gives JSON values of its own, as those of a data file do.
            changed[key] = Variable(key, kind, copy.deepcopy(value))
        return Variation(base.key, base.id_, base.experiment_id, changed, base.name)

    def __repr__(self) -> str:
        shown = [repr(self._exact)] if self._exact else []
        return ", ".join([*shown, *(f"{name}={value!r}" for name, value in self._loose.items())])


class _OfVariation(Override):
    def __init__(self, base: Variation, changes: _Variables) -> None:
        self._base = base
        self._changes = changes

    def fitted(self, flag: KnownFlag) -> Override:
        base = flag.variation(self._base.key)
        return _OfVariation(base, self._changes.fitted(flag, base.key))

    def answer(self, below: Callable[[], Answer]) -> Answer:  # noqa: ARG002  # as every override's
        return self._changes.put_in(self._base) if self._changes else self._base

    def __repr__(self) -> str:
        return f"variation({self._base.key!r}{', ' if self._changes else ''}{self._changes!r})"


class _OfVariables(Override):
    def __init__(self, changes: _Variables, *, is_fitted: bool = False) -> None:
        self._changes = changes
        self._is_fitted = is_fitted

    def fitted(self, flag: KnownFlag) -> Override:
        return _OfVariables(self._changes.fitted(flag, None), is_fitted=True)

    def answer(self, below: Callable[[], Answer]) -> Answer:
        base = below()
        if base is False:
            return None  # a disabled flag has no variables; it stays as it is
        if base is None:
            if self._is_fitted:
                return None
            base = Variation("on", None, None, {})
        return self._changes.put_in(base)

    def __repr__(self) -> str:
        return f"variables({self._changes!r})"


def variation(key: str, values: Mapping[str, Any] | None = None, /, **by_name: Any) -> Override:
    """The variation ``key`` of a flag, for ``flags``; with other values of some of its variables, if there are any.

    In ``by_name`` an underscore stands for a hyphen too, where the variable has one; the keys of the mapping ``values``
    are taken as they are. With a data file the variation has its name and variables there, and the ids of the first
    rule that gives it; without one it has this key, these variables and no ids. Raises ``TypeError`` where ``key`` is
    no text.

    >>> from kameleoon.testing import variation
    >>> variation("on", {"max-amount": 9}, color="red")
    variation('on', {'max-amount': 9}, color='red')
    """
    if not isinstance(key, str):
        raise TypeError(f"variation: expected the key of a variation, got {type(key).__name__} {key!r:.100}")
    return _OfVariation(Variation(key, None, None, {}), _Variables(values, by_name, {}))


def variables(values: Mapping[str, Any] | None = None, /, **by_name: Any) -> Override:
    """Other values of some variables, for ``flags``: of the variation that the visitor has anyway. Names are those of
    ``variation``. A flag that is disabled stays so. Without a data file the variation is ``on``.

    >>> from kameleoon.testing import flags, variables
    >>> with flags(client, new_checkout=variables(color="red")):
    ...     [client.get_variation(code, "new-checkout").key for code in ("alice", "carol")]
    ['on', 'off']
    """
    return _OfVariables(_Variables(values, by_name, {}))


on: Final[Override] = variation("on")
"""The variation ``on``."""
off: Final[Override] = variation("off")
"""The variation ``off``: the flag is not active."""
disabled: Final[Override] = _Disabled()
"""The flag is disabled in the environment: ``get_variation`` raises ``FeatureEnvironmentDisabled``."""


def override(name: str, value: FlagValue) -> Override:
    """The override that a value of ``flags`` stands for, under the flag's ``name``. Raises ``TypeError``."""
    if isinstance(value, Override):
        return value
    if isinstance(value, bool):
        return on if value else off
    if isinstance(value, str):
        return variation(value)
    hint = "the key of a variation, True, False, variation(…), variables(…) or disabled"
    raise TypeError(f"flags: {name!r}: expected an override, got {type(value).__name__} {value!r:.100}. hint: {hint}")


def _type_of(value: Any) -> str:
    """The type that a data file gives a variable with such a value."""
    if isinstance(value, bool):
        return "BOOLEAN"
    if isinstance(value, (int, float)):
        return "NUMBER"
    return "STRING" if isinstance(value, str) else "JSON"
