"""The flags that a client's data file has, to look overrides up in them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

from kameleoon import _lifecycle
from kameleoon._mistakes import did_you_mean
from kameleoon.types.feature_flag import FeatureFlag
from kameleoon.types.variation import Variation

if TYPE_CHECKING:
    from kameleoon.kameleoon_client import KameleoonClient

__all__ = ["KnownFlag", "KnownFlags", "NotInDataFile", "known_flags"]

_MOST_SHOWN = 5


class NotInDataFile(LookupError):
    """An override is of a flag, a variation or a variable that the client's data file does not have. It names the
    nearest one that there is.

    No ``KameleoonError``: code under test that catches those must not hide a mistake of the test.

    >>> from kameleoon.testing import NotInDataFile, flags
    >>> try:
    ...     with flags(client, new_chekout="on"):
    ...         pass
    ... except NotInDataFile as error:
    ...     print(str(error).partition("; ")[2])
    did you mean 'new-checkout'?
    """


class KnownFlag:
    """A flag of a data file. Its methods raise ``NotInDataFile``."""

    def __init__(self, key: str, flag: FeatureFlag, owner: str) -> None:
        """``owner``: whose data file it is."""
        self._key = key
        self._flag = flag
        self._owner = owner

    def variation(self, key: str) -> Variation:
        """A variation as the first rule that has it gives it, else as the flag has it."""
        if key not in self._flag.variations:
            raise NotInDataFile(
                f"flag {self._key!r} has no variation {key!r} in {self._owner}" + _nearest(key, self._flag.variations)
            )
        of_rules = (rule.variations[key] for rule in self._flag.rules if key in rule.variations)
        return next(of_rules, self._flag.variations[key])

    def variable_types(self, variation_key: str | None) -> dict[str, str]:
        """The type of each variable: of a variation, or of any (``None``)."""
        return {
            variable.key: variable.type
            for key, variation in self._flag.variations.items()
            if variation_key in (None, key)
            for variable in variation.variables.values()
        }

    def variable_key(self, name: str, variation_key: str | None, *, exact: bool) -> str:
        """The key of a variable by its name, in which underscores may stand for hyphens unless it is ``exact``."""
        keys = self.variable_types(variation_key)
        found = _key_of(name, keys, exact=exact)
        if found is None:
            place = f"flag {self._key!r}" if variation_key is None else f"variation {variation_key!r} of {self._key!r}"
            raise NotInDataFile(f"{place} has no variable {name!r} in {self._owner}" + _nearest(name, keys))
        return found


class KnownFlags:
    """The flags of one data file of a client."""

    def __init__(self, client: KameleoonClient) -> None:
        self._owner = f"the data file of {client!r}"
        self._text = _lifecycle.data_file_of(client)
        self._flags = client.get_data_file().feature_flags

    def __bool__(self) -> bool:
        return bool(self._flags)

    def are_of(self, text: bytes) -> bool:
        """Whether they are those of this data file."""
        return self._text is text

    def flag(self, name: str, *, exact: bool) -> tuple[str, KnownFlag]:
        """A flag's key, and the flag, by a name in which underscores may stand for hyphens unless it is ``exact``.
        Raises ``NotInDataFile``.
        """
        key = _key_of(name, self._flags, exact=exact)
        if key is None:
            raise NotInDataFile(f"there is no flag {name!r} in {self._owner}" + _nearest(name, self._flags))
        return key, KnownFlag(key, self._flags[key], self._owner)


_known: WeakKeyDictionary[KameleoonClient, KnownFlags] = WeakKeyDictionary()  # each use of it is atomic


def known_flags(client: KameleoonClient) -> KnownFlags | None:
    """What the client's data file has; ``None`` where it has none yet, or one without flags."""
    known = _known.get(client)
    if known is None or not known.are_of(_lifecycle.data_file_of(client)):
        known = _known[client] = KnownFlags(client)
    return known or None


def _key_of(name: str, keys: Iterable[str], *, exact: bool) -> str | None:
    """The key that a name stands for, if there is one."""
    if name in keys:
        return name
    return None if exact else next((key for key in keys if key.replace("-", "_") == name), None)


def _nearest(name: str, keys: Iterable[str]) -> str:
    """What to say behind a name that is not there: the nearest one, or some that are."""
    keys = list(keys)
    near = did_you_mean(name, keys) or did_you_mean(name.replace("_", "-"), keys)
    if near:
        return near
    shown = [repr(key) for key in keys[:_MOST_SHOWN]] + (["…"] if len(keys) > _MOST_SHOWN else [])
    return f"; there is {', '.join(shown)}" if shown else "; there is none"
