"""``Rule``: a rule of a feature flag."""

from __future__ import annotations

from kameleoon.types._record import Record
from kameleoon.types.variation import Variation

__all__ = ["Rule"]


class Rule(Record):
    """A rule of a feature flag.

    ``variations``: its variations by key, with their ids; keys that the flag does not have are left out.

    >>> rule = client.get_data_file().feature_flags["new-checkout"].rules[0]
    >>> {key: variation.id_ for key, variation in rule.variations.items()}
    {'off': 12, 'on': 13}
    """

    __slots__ = ("variations",)

    def __init__(self, variations: dict[str, Variation]) -> None:
        self.variations: dict[str, Variation] = variations
